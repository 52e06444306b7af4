import type {
  Amount,
  FuelCounters,
  FuelOutput,
  LapOutput,
  Ranking,
  StintOutput,
  WindowOutput,
} from "../../models/index.js";

interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  readonly align: readonly ("left" | "right")[];
}

interface CarSummary {
  window: WindowOutput | null;
  laps: number;
  greenLaps: number;
  readonly stints: StintOutput[];
}

/** Why samples were not used, in words. */
const DROPPED: readonly [keyof FuelCounters, string][] = [
  ["invalid", "samples or marks held no possible number"],
  ["throttlePercent", "samples had a throttle beyond 1: if the feed sends per cent, divide by 100"],
  ["late", "samples came more than 5 s after later ones of their car"],
  ["duplicates", "samples repeat a time or come from where their car cannot be: two cars with one number?"],
  ["unknownCars", "samples are of cars beyond the bound"],
  ["clockJumps", "times a car's clock jumped"],
  ["stuckSensors", "times the revolutions stood still on a car that did not"],
  ["gated", "fills lie too far from what the car can have burned; they were not used"],
  ["marksUnused", "pit or fill lines could not be used"],
];

/** What a race comes to, for people. */
export class FuelSummary {
  private readonly cars = new Map<string, CarSummary>();

  readonly take = (output: FuelOutput): undefined => {
    const car = this.carOf(output.car);
    if (output.kind === "window") car.window = output;
    else if (output.kind === "stint") car.stints.push(output);
    else if (output.kind === "lap") countLap(car, output);
    return undefined;
  };

  /** Says on stderr what was left out. */
  warn(counters: FuelCounters): void {
    for (const [counter, words] of DROPPED) {
      if (counters[counter] > 0) process.stderr.write(`Warning: ${counters[counter]} ${words}\n`);
    }
  }

  tables({ cars }: Ranking): Table[] {
    const ranked = [...cars.map(({ car }) => car), ...this.cars.keys()];
    const order = [...new Set(ranked)].filter((car) => this.cars.has(car));
    return [
      {
        title: "Cars, the thriftiest first (kg and mpg with their standard deviations)",
        head: ["car", "laps", "fuel kg", "green lap kg", "mpg", "L/100 km", "P(next is worse)", "laps a tank", "trend"],
        align: ["left", "right", "right", "right", "right", "right", "right", "right", "left"],
        rows: order.map((car) => {
          const { window, laps } = this.carOf(car);
          const rank = cars.find((one) => one.car === car);
          const mpg = rank?.mpg ?? null;
          return [
            car,
            laps,
            show(window?.fuelKgTotal ?? null, 1),
            show(window?.fuelKgGreenLap?.perLap ?? null, 3),
            show(mpg, 2),
            show(window?.litresPer100Km ?? null, 1),
            rank?.pBeforeNext == null ? "" : `${Math.round(100 * rank.pBeforeNext)} %`,
            rank?.lapsPerTankToNext == null ? "" : `+${rank.lapsPerTankToNext.toFixed(1)}`,
            window?.trend.call ?? "",
          ];
        }),
      },
      {
        title: "Stints: kg burned from pit-out to pit-in",
        head: ["car", "stints"],
        align: ["left", "left"],
        rows: order.map((car) => [
          car,
          this.carOf(car)
            .stints.map(({ fuelKg }) => fuelKg.toFixed(1))
            .join("  "),
        ]),
      },
    ];
  }

  private carOf(car: string): CarSummary {
    const known = this.cars.get(car);
    if (known !== undefined) return known;
    const made: CarSummary = { window: null, laps: 0, greenLaps: 0, stints: [] };
    this.cars.set(car, made);
    return made;
  }
}

function countLap(car: CarSummary, { regime }: LapOutput): void {
  car.laps += 1;
  if (regime === "green") car.greenLaps += 1;
}

function show(amount: Amount | null, digits: number): string {
  return amount === null ? "" : `${amount.mean.toFixed(digits)} ±${amount.sd.toFixed(digits)}`;
}
