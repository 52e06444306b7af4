import type { FuelOutput, Ranking } from "./outputs.js";
import type { CarProfile } from "./profile.js";
import type { RaceMark, TelemetrySample } from "./telemetry.js";

export interface FuelRaceOptions {
  /** Length of the tumbling windows, s. */
  readonly windowSec: number;
  /** How long after its end a window fires, by its own car's newest sample, s. */
  readonly fireDelaySec: number;
  /** Samples that come at most so late revise their window; later ones are counted and not used, s. */
  readonly latenessSec: number;
  /** Cars beyond so many are refused and counted. */
  readonly maxCars: number;
  /** Length of a lap, m; found from the samples where null. */
  readonly lapLengthM: number | null;
  /** Every car starts with a full tank. */
  readonly startsFull: boolean;
}

/** Everything that was dropped, refused, repaired or guessed; each begins at 0. */
export interface FuelCounters {
  samples: number;
  late: number;
  revised: number;
  invalid: number;
  throttlePercent: number;
  unknownCars: number;
  duplicates: number;
  clockJumps: number;
  lapsBack: number;
  stuckSensors: number;
  engineOff: number;
  holes: number;
  filledSec: number;
  gated: number;
  marksUnused: number;
}

/** State of a race that can be stored and taken up again. */
export interface FuelSnapshot {
  readonly version: 1;
  readonly state: unknown;
}

/**
 * The burn of every car of one race. Per-car event time: a car's window fires when that car's newest sample is `fireDelaySec` past the
 * window's end, or when `advance` says that the telemetry clock is. Never throws on bad data: it is counted.
 */
export class FuelRace {
  readonly counters: Readonly<FuelCounters>;

  constructor(
    readonly profile: CarProfile,
    _options: Partial<FuelRaceOptions> = {},
  ) {
    this.counters = emptyCounters();
  }

  /** Takes a sample of any car, in any order across cars; gives what it made ready. */
  push(_sample: TelemetrySample): FuelOutput[] {
    return [];
  }

  /** Takes what happened at `mark.at`. */
  mark(_mark: RaceMark): FuelOutput[] {
    return [];
  }

  /** The telemetry clock has come to `t`: fires the windows of silent cars too. `Infinity` ends the race. */
  advance(_t: number): FuelOutput[] {
    return [];
  }

  /** Cars by consumption, over their last green laps. */
  ranking(): Ranking {
    return { t: 0, cars: [] };
  }

  snapshot(): FuelSnapshot {
    return { version: 1, state: null };
  }

  /** False (and unchanged) when the snapshot is of another version or damaged. */
  restore(_snapshot: FuelSnapshot): boolean {
    return false;
  }
}

export function emptyCounters(): FuelCounters {
  return {
    samples: 0,
    late: 0,
    revised: 0,
    invalid: 0,
    throttlePercent: 0,
    unknownCars: 0,
    duplicates: 0,
    clockJumps: 0,
    lapsBack: 0,
    stuckSensors: 0,
    engineOff: 0,
    holes: 0,
    filledSec: 0,
    gated: 0,
    marksUnused: 0,
  };
}
