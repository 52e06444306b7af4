/** Everything that was dropped, refused, repaired or guessed; each begins at 0. */
export interface FuelCounters {
  /** Samples taken, of all cars. */
  samples: number;
  /** More than the allowed lateness behind their car: not used. */
  late: number;
  /** Windows that late samples or marks changed. */
  revised: number;
  /** No number where one must be, or one that cannot be. */
  invalid: number;
  /** Throttle beyond 1: the feed sends per cent. Set the mapping's unit. */
  throttlePercent: number;
  /** Samples of cars beyond the bound. */
  unknownCars: number;
  /** Second sample of one time, or from a place the car cannot be: two cars with one number. */
  duplicates: number;
  clockJumps: number;
  lapsBack: number;
  stuckSensors: number;
  /** Times an engine was off while its car rolled. */
  engineOff: number;
  holes: number;
  filledSec: number;
  /** Fills outside the gate. */
  gated: number;
  /** Marks that could not be used: a fill without its stop, an unknown car. */
  marksUnused: number;
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
