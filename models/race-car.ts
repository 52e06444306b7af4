import type { Stop } from "./car-state.js";
import { CarStream, type RunWindow, type StreamSettings } from "./car-stream.js";
import type { FuelCounters } from "./fuel-counters.js";
import { Packer, Unpacker } from "./pack.js";
import { emptySums } from "./sums.js";
import { startOfTank, type TankBook } from "./tank.js";
import type { FillMark, RunOutMark, TotalMark } from "./telemetry.js";

/** What measures a burn and waits for its stretch to be worked through. */
export type Measurement = FillMark | RunOutMark | TotalMark;

const WAITING_KEPT = 16;
/** A fill belongs to the stop that ended so near to it, s. */
const SAME_STOP_SEC = 20;
const LONGEST_STOP_SEC = 1800;

/** One car of the race: its stream, its tank, what waits to be worked in. */
export class RaceCar {
  readonly stream: CarStream;
  tank: TankBook;
  maker: string | null = null;
  capacity: { readonly kg: number; readonly sdKg: number } | null = null;
  waiting: Measurement[] = [];
  /** Observations of the whole race when this car's last insight was made. */
  calibration = 0;
  /** Laps told, for telling a revision from a repetition. */
  told: [lap: number, kg: number][] = [];

  constructor(
    readonly car: string,
    settings: StreamSettings & { readonly startsFull: boolean },
    run: RunWindow,
    counters: FuelCounters,
  ) {
    this.stream = new CarStream(settings, run, counters);
    this.tank = startOfTank(settings.startsFull, emptySums());
  }

  wait(measurement: Measurement): void {
    this.waiting = [...this.waiting.slice(-(WAITING_KEPT - 1)), measurement];
  }

  /** The stop that a fill belongs to; null while it is not known. */
  stopOf(at: number): Stop | null {
    const { stops } = this.stream.state;
    for (let i = stops.length - 1; i >= 0; i--) {
      const stop = stops[i];
      if (stop === undefined) continue;
      const isIts =
        stop.tOut === null ? stop.tIn < at && at - stop.tIn < LONGEST_STOP_SEC : isBetween(at, stop.tIn, stop.tOut);
      if (isIts) return stop;
    }
    return null;
  }

  store(): StoredCar {
    const { car, maker, capacity, waiting, calibration, told, tank } = this;
    const packer = new Packer();
    this.stream.store(packer);
    packer.column(tank.from ?? []);
    packer.column(told.flat());
    packer.column(tank.own.flatMap(({ stint, kg, sdKg }) => [stint, kg, sdKg]));
    const { fromFill, addedKg, addedVariance, timedKg, ownBeforeKg } = tank;
    const book = { fromFill, addedKg, addedVariance, timedKg, ownBeforeKg };
    return { car, maker, capacity, waiting, calibration, book, numbers: packer.done() };
  }

  /** @throws RangeError or TypeError on a stored car of another form: the caller refuses the snapshot */
  restore({ maker, capacity, waiting, calibration, book, numbers }: StoredCar): void {
    const unpacker = new Unpacker(numbers);
    this.stream.restore(unpacker, this.car);
    const from = unpacker.column();
    const told = unpacker.column();
    const own = unpacker.column();
    this.maker = maker;
    this.capacity = capacity;
    this.waiting = [...waiting];
    this.calibration = calibration;
    this.told = rowsOf(told, 2).map(([lap = 0, kg = 0]) => [lap, kg]);
    this.tank = {
      ...book,
      from: from.length === 0 ? null : from,
      own: rowsOf(own, 3).map(([stint = 0, kg = 0, sdKg = 0]) => ({ stint, kg, sdKg })),
    };
  }
}

export interface StoredCar {
  readonly car: string;
  readonly maker: string | null;
  readonly capacity: RaceCar["capacity"];
  readonly waiting: readonly Measurement[];
  readonly calibration: number;
  readonly book: Omit<TankBook, "from" | "own">;
  /** Stream, tank and laps told, packed. */
  readonly numbers: string;
}

function rowsOf(values: Float64Array, width: number): number[][] {
  return Array.from({ length: values.length / width }, (_, i) => [...values.slice(i * width, (i + 1) * width)]);
}

function isBetween(at: number, tIn: number, tOut: number): boolean {
  return at > tIn && at <= tOut + SAME_STOP_SEC;
}
