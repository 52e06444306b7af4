import { type CarState, closeLap, type Lap, type Moment } from "./car-state.js";
import { LIFT_THROTTLE } from "./physics.js";
import {
  addTo,
  BOX_SEC,
  between,
  CAUTION_KG,
  COAST_SEC,
  DISTANCE_M,
  emptySums,
  FILLED_KG,
  FILLED_SEC,
  FILLED_VARIANCE,
  FULL_SEC,
  LIFT_EARLIER,
  LIFTS,
  PART_SEC,
  RAW_KG,
  SECONDS,
  type Sums,
} from "./sums.js";

/** Longer than this between two samples is a hole: what was burned in it is guessed. */
export const HOLE_SEC = 1;
/** Standard deviation of what is guessed for a hole: from the car's own laps, from the samples around it, from neither. */
const FILL_SD = { profile: 0.08, ends: 0.3, mean: 0.5 } as const;
/** A hole in which the car can have driven more than this is not filled by its profile. */
const LONG_HOLE_SEC = 120;
const FULL_THROTTLE = 0.9;
const COAST_THROTTLE = 0.05;
/** Slower than this a car does not coast. */
const MOVING_MPS = 5;

export interface IntegrateContext {
  /** Time constant of the manifold, s. */
  readonly emptyingSec: number;
  /** g/s at idle in today's air. */
  readonly idleRate: number;
  /** What the car burned lately, g/s: for holes of which nothing else is known. */
  readonly meanRate: number;
  readonly onLap: (lap: Lap) => void;
  readonly onHole: (seconds: number) => void;
}

const step: Sums = emptySums();

/** Takes the car from its last moment to the next one; laps that end on the way are told. */
export function integrate(state: CarState, next: Moment, context: IntegrateContext): void {
  const { last } = state;
  state.last = next;
  if (last === null) {
    see(state, next);
    return;
  }
  const dt = next.t - last.t;
  if (dt <= 0) return;
  fillStep(state, last, next, dt, context);
  crossLines(state, last, next, dt, context);
  addTo(state.sums, step);
  see(state, next);
  learn(state, last, next, dt);
}

/** Puts what happens between the two moments into `step`. */
function fillStep(state: CarState, last: Moment, next: Moment, dt: number, context: IntegrateContext): void {
  step.fill(0);
  const kg = burned(state, last, next, dt, context);
  step[RAW_KG] = kg;
  step[SECONDS] = dt;
  step[DISTANCE_M] = ((last.speedMps + next.speedMps) / 2) * dt;
  if (next.caution || last.caution) step[CAUTION_KG] = kg;
  if (last.box || next.box) step[BOX_SEC] = dt;
  if (dt > HOLE_SEC) return;
  if (last.throttle > FULL_THROTTLE) step[FULL_SEC] = dt;
  else if (last.throttle > COAST_THROTTLE) step[PART_SEC] = dt;
  else if (last.speedMps > MOVING_MPS) step[COAST_SEC] = dt;
  const isLift = last.throttle > 0.8 && next.throttle < 0.5 && last.lapPct !== null && !next.caution;
  if (!isLift || last.lapPct === null) return;
  const earlier = state.lifts.learn(last.lapPct);
  if (earlier === null) return;
  step[LIFT_EARLIER] = earlier;
  step[LIFTS] = 1;
}

/** kg between two moments. */
function burned(state: CarState, last: Moment, next: Moment, dt: number, context: IntegrateContext): number {
  if (last.box && next.box) return (context.idleRate * dt) / 1000;
  const isKnown = !Number.isNaN(last.rate) && !Number.isNaN(next.rate);
  if (dt <= HOLE_SEC && isKnown) {
    const drop = last.throttle - next.throttle > LIFT_THROTTLE ? Math.max(last.rate - next.rate, 0) : 0;
    return (((last.rate + next.rate) / 2) * dt + drop * context.emptyingSec) / 1000;
  }
  const { rate, sd } = guess(state, last, next, dt, context);
  const kg = (rate * dt) / 1000;
  step[FILLED_KG] = kg;
  step[FILLED_VARIANCE] = (sd * kg) ** 2;
  step[FILLED_SEC] = dt;
  context.onHole(dt);
  return kg;
}

function guess(
  state: CarState,
  last: Moment,
  next: Moment,
  dt: number,
  { meanRate }: IntegrateContext,
): { readonly rate: number; readonly sd: number } {
  const share = lapsBetween(last, next);
  if (share !== null && share > 0 && dt < LONG_HOLE_SEC && !last.box && !next.box && last.lapPct !== null) {
    const profile = last.caution || next.caution ? state.yellow : state.green;
    const rate = profile.meanRate(last.lapPct, share);
    if (rate !== null) return { rate, sd: FILL_SD.profile + 0.3 / (2 + dt) };
  }
  const ends = [last.rate, next.rate].filter((rate) => !Number.isNaN(rate));
  if (ends.length > 0 && dt < 10) return { rate: ends.reduce((a, b) => a + b, 0) / ends.length, sd: FILL_SD.ends };
  return { rate: meanRate, sd: FILL_SD.mean };
}

/** Way between two moments in laps, by position; null where that is not told. */
function lapsBetween(last: Moment, next: Moment): number | null {
  if (last.lapPct === null || next.lapPct === null) return null;
  const laps = linesBetween(last, next);
  return next.lapPct - last.lapPct + laps;
}

/** How many times the line was crossed. The counter decides; without it, the position that begins anew. */
function linesBetween(last: Moment, next: Moment): number {
  if (last.lap !== null && next.lap !== null) return Math.max(0, next.lap - last.lap);
  if (last.lapPct === null || next.lapPct === null) return 0;
  return last.lapPct > 0.7 && next.lapPct < 0.3 ? 1 : 0;
}

function crossLines(state: CarState, last: Moment, next: Moment, dt: number, context: IntegrateContext): void {
  if (last.lap !== null && next.lap !== null && next.lap < last.lap) {
    // The counter went back: where this lap began is not known any more.
    state.lapFrom = null;
    return;
  }
  const lines = linesBetween(last, next);
  if (lines === 0) return;
  // More than a few at once is a counter that was corrected, not laps that were driven.
  if (lines > 1 && dt < 15 * lines) {
    state.lapFrom = null;
    return;
  }
  const before = last.lapPct === null ? 0.5 : 1 - last.lapPct;
  const after = next.lapPct ?? 0.5;
  const way = before + after + lines - 1;
  const first = next.lap === null ? (state.laps.at(-1)?.lap ?? -1) + 1 : next.lap - lines;
  for (let i = 0; i < lines; i++) {
    const share = way > 0 ? (before + i) / way : 0.5;
    const lap = closeLap(state, first + i, last.t + share * dt, between(state.sums, step, share));
    if (lap !== null) context.onLap(lap);
  }
}

function see(state: CarState, { caution, box }: Moment): void {
  if (caution) state.lapSeen.caution = true;
  else state.lapSeen.green = true;
  if (box) state.lapSeen.box = true;
}

function learn(state: CarState, last: Moment, next: Moment, dt: number): void {
  if (dt > HOLE_SEC || next.lapPct === null || next.box || last.box || Number.isNaN(next.rate)) return;
  (next.caution ? state.yellow : state.green).learn(next.lapPct, next.rate, next.speedMps);
}
