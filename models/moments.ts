import { type CarState, type Moment, NEVER } from "./car-state.js";
import type { FuelCounters } from "./fuel-counters.js";
import type { BurnModel } from "./physics.js";
import type { TelemetrySample } from "./telemetry.js";

/** A value that is missing in a sample is held for so long, s. */
const HOLD_SEC = 2;
/** Revolutions that stand still for so long while the speed changes are a sensor that is stuck, s. */
const STUCK_SEC = 20;
const STUCK_SPEED_RANGE_MPS = 12;
const ENGINE_OFF_RPM = 150;
const MOVING_MPS = 3;
const STANDING_MPS = 3;

export interface Surroundings {
  readonly airC: number;
  readonly pressurePa: number;
  readonly isCaution: boolean;
}

/** What a sample says once what it lacks is held from before. NaN rate: nothing to go by. */
export function momentOf(
  state: CarState,
  sample: TelemetrySample,
  around: Surroundings,
  model: BurnModel,
  counters: FuelCounters,
): Moment {
  const { t } = sample;
  const { last, held } = state;
  if (sample.rpm !== undefined) {
    held.rpm = sample.rpm;
    held.rpmAt = t;
  }
  if (sample.throttle !== undefined) {
    held.throttle = sample.throttle > 1 ? 1 : sample.throttle < 0 ? 0 : sample.throttle;
    held.throttleAt = t;
  }
  if (sample.airC !== undefined) held.airC = sample.airC;
  const speed = sample.speedMps === undefined ? (last?.speedMps ?? 0) : Math.max(sample.speedMps, 0);
  const isPit = sample.pit === true || (typeof sample.pit === "number" && sample.pit > 0);
  // Only what stands is in its box: a pit flag that feeds show along the whole lane is not enough.
  const box = (isPit || state.inBox) && speed < STANDING_MPS;
  return {
    t,
    rate: rateOf(state, t, speed, box, around, model, counters),
    throttle: held.throttle,
    speedMps: speed,
    lap: sample.lap ?? last?.lap ?? null,
    lapPct: sample.lapPct ?? null,
    caution: sample.flag === undefined ? around.isCaution : sample.flag !== 0,
    box,
  };
}

function rateOf(
  state: CarState,
  t: number,
  speed: number,
  box: boolean,
  around: Surroundings,
  model: BurnModel,
  counters: FuelCounters,
): number {
  const { held } = state;
  const airC = held.airC === NEVER ? around.airC : held.airC;
  const air = model.airFactor(airC, around.pressurePa, speed);
  if (box) return model.idleRate() * air;
  if (!(t - held.rpmAt <= HOLD_SEC)) return Number.NaN;
  if (held.rpm < ENGINE_OFF_RPM) {
    if (speed > MOVING_MPS && (state.last?.rate ?? 0) !== 0) counters.engineOff += 1;
    return 0;
  }
  if (!(t - held.throttleAt <= HOLD_SEC)) return Number.NaN;
  if (isStuck(state, t, held.rpm, speed, counters)) return Number.NaN;
  return model.rate(held.rpm, held.throttle) * air;
}

/** A car held flat out keeps its throttle, but never its revolutions to the last digit while its speed changes. */
function isStuck({ still }: CarState, t: number, rpm: number, speed: number, counters: FuelCounters): boolean {
  if (rpm !== still.rpm) {
    still.rpm = rpm;
    still.isTold = false;
    still.since = t;
    still.slowest = speed;
    still.fastest = speed;
    return false;
  }
  if (speed < still.slowest) still.slowest = speed;
  if (speed > still.fastest) still.fastest = speed;
  const isNow = t - still.since >= STUCK_SEC && still.fastest - still.slowest > STUCK_SPEED_RANGE_MPS;
  if (isNow && !still.isTold) {
    counters.stuckSensors += 1;
    still.isTold = true;
  }
  return isNow;
}
