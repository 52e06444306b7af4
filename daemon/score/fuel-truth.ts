import { type CarColumns, type RacePaths, readTable, readTelemetryColumns } from "../fuel-files/index.js";

/** What a car truly burned, kg since the start, at any time. */
export type TrueBurn = (t: number) => number;

export interface FuelTruth {
  readonly burned: ReadonlyMap<string, TrueBurn>;
  /** Fills as they truly were: when, kg. */
  readonly fills: ReadonlyMap<string, readonly (readonly [t: number, kg: number])[]>;
}

/** @throws TouchlineError FILE_UNREADABLE, FUEL_BAD_FILE */
export async function readFuelTruth({ truth, truthPits }: RacePaths): Promise<FuelTruth | null> {
  if (truth === null) return null;
  const cars = await readTelemetryColumns(truth);
  const fills = new Map<string, (readonly [number, number])[]>();
  for (const row of truthPits === null ? [] : readTable(truthPits, ["car", "t_out", "fill_kg_true"])) {
    const car = row.text("car");
    fills.set(car, [...(fills.get(car) ?? []), [row.number("t_out"), row.number("fill_kg_true")]]);
  }
  return { burned: new Map(cars.map((car) => [car.car, interpolated(car)])), fills };
}

function interpolated({ columns, count }: CarColumns): TrueBurn {
  const { t, trueKg } = columns;
  return (at) => {
    let low = 0;
    let high = count - 1;
    if (at <= (t[low] as number)) return trueKg[low] as number;
    if (at >= (t[high] as number)) return trueKg[high] as number;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((t[middle] as number) <= at) low = middle;
      else high = middle;
    }
    const share = (at - (t[low] as number)) / ((t[high] as number) - (t[low] as number));
    return (trueKg[low] as number) + share * ((trueKg[high] as number) - (trueKg[low] as number));
  };
}
