import { amount, below } from "./amounts.js";
import { type CarState, greenLaps, type Lap } from "./car-state.js";
import type { SavingReasons, TrendInsight } from "./outputs.js";
import {
  at,
  CAUTION_KG,
  COAST_SEC,
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

/** Laps that "now" and "normal" are taken over. */
export const RECENT_LAPS = 5;
const NORMAL_LAPS = 30;
const FEWEST_RECENT = 3;
const FEWEST_NORMAL = 5;
/** Burn that differs by more than this from normal is a driver's doing. */
const TREND_SHARE = 0.02;
/** What the physics misses from lap to lap cancels but for so much, as a share of a lap. */
const LAP_SCATTER = 0.009;
/** A difference in what the driver does that is worth naming, as a share of the lap's time. */
const REASON_SHARE = 0.01;

/** The newest green laps and, apart from them, the ones before. */
export interface GreenPace {
  readonly recent: readonly Lap[];
  readonly before: readonly Lap[];
}

export function greenPace(state: CarState): GreenPace {
  const laps = steadyLaps(greenLaps(state, NORMAL_LAPS + RECENT_LAPS));
  return { recent: laps.slice(-RECENT_LAPS), before: laps.slice(0, -RECENT_LAPS) };
}

/** Physics' kg of a lap; null without one. */
export function meanRaw(laps: readonly Lap[]): number | null {
  if (laps.length === 0) return null;
  return laps.reduce((sum, { sums }) => sum + at(sums, RAW_KG), 0) / laps.length;
}

/** Normal: the recent ones belong to it only while there are few others. */
export function normalRaw({ recent, before }: GreenPace): number | null {
  return meanRaw(before.length >= FEWEST_NORMAL ? before : [...before, ...recent]);
}

export function cautionRaw(state: CarState): number | null {
  return meanRaw(state.laps.filter(({ regime }) => regime === "caution").slice(-10));
}

export function trendOf({ recent, before }: GreenPace): TrendInsight {
  const [now, normal] = [meanRaw(recent), meanRaw(before)];
  if (now === null || normal === null || recent.length < FEWEST_RECENT || before.length < FEWEST_NORMAL) {
    return { call: "neutral", ratio: null, laps: recent.length, pSaving: null, pPushing: null };
  }
  const filled =
    Math.sqrt(recent.reduce((sum, { sums }) => sum + at(sums, FILLED_VARIANCE), 0)) / (now * recent.length);
  const sd = Math.hypot(LAP_SCATTER / Math.sqrt(recent.length), LAP_SCATTER / Math.sqrt(before.length), filled);
  const ratio = now / normal;
  const pSaving = below((1 - TREND_SHARE - ratio) / sd);
  const pPushing = below((ratio - 1 - TREND_SHARE) / sd);
  const call = pSaving > 0.5 ? "saving" : pPushing > 0.5 ? "pushing" : "neutral";
  return { call, ratio: amount(ratio, sd), laps: recent.length, pSaving, pPushing };
}

/** What the driver does otherwise than on the normal laps. */
export function reasonsOf({ recent, before }: GreenPace): SavingReasons | null {
  if (recent.length < FEWEST_RECENT || before.length < FEWEST_NORMAL) return null;
  const compare = (place: number) => ({ now: shareOf(recent, place), normal: shareOf(before, place) });
  const [fullThrottle, partThrottle, coasting] = [compare(FULL_SEC), compare(PART_SEC), compare(COAST_SEC)];
  const lifts = sumOf(recent, LIFTS);
  const liftEarlier = lifts > 0 ? sumOf(recent, LIFT_EARLIER) / lifts : null;
  const coastsMore = coasting.now - coasting.normal;
  const partMore = partThrottle.now - partThrottle.normal;
  const lessFull = fullThrottle.normal - fullThrottle.now;
  const main =
    lessFull < REASON_SHARE
      ? "none"
      : coastsMore > partMore
        ? (liftEarlier ?? 0) > 0.002
          ? "lift"
          : "coast"
        : "partThrottle";
  return { laps: recent.length, fullThrottle, partThrottle, coasting, liftEarlier, drafting: null, main };
}

/** Laps with large holes, and ones that took far longer than the others (an incident), say nothing of the pace. */
function steadyLaps(laps: readonly Lap[]): readonly Lap[] {
  const times = laps.map(({ sums }) => at(sums, SECONDS)).sort((a, b) => a - b);
  const usual = times[times.length >> 1] ?? 0;
  return laps.filter(({ sums }) => {
    const seconds = at(sums, SECONDS);
    return seconds < usual * 1.15 && at(sums, FILLED_SEC) < 0.2 * seconds;
  });
}

function sumOf(laps: readonly Lap[], place: number): number {
  return laps.reduce((sum, { sums }) => sum + at(sums, place), 0);
}

function shareOf(laps: readonly Lap[], place: number): number {
  const seconds = sumOf(laps, SECONDS);
  return seconds > 0 ? sumOf(laps, place) / seconds : 0;
}

export function cautionShare(sums: Sums): number {
  const raw = at(sums, RAW_KG);
  return raw > 0 ? at(sums, CAUTION_KG) / raw : 0;
}
