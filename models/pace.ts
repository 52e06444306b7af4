import { amount, below } from "./amounts.js";
import { type CarState, greenLaps, type Lap } from "./car-state.js";
import type { SavingReasons, TrendInsight } from "./outputs.js";
import {
  addTo,
  at,
  CAUTION_KG,
  COAST_SEC,
  emptySums,
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
const CAUTION_LAPS = 5;
/** A tank is forecast over more laps than a trend (five are at the mercy of one in traffic), of which the newest five count three times. */
export const CURRENT_LAPS = 10;
const SCATTER_LAPS = 20;
const USUAL_SCATTER = 0.04;
const LEAST_SCATTER = 0.01;
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

/** By the list of laps, which is a new one with every lap: windows in between ask for the same. */
const paces = new WeakMap<readonly Lap[], Pace>();

export function paceOf(state: CarState): Pace {
  const known = paces.get(state.laps);
  if (known !== undefined) return known;
  const laps = steadyLaps(greenLaps(state, NORMAL_LAPS + RECENT_LAPS));
  const green = { recent: laps.slice(-RECENT_LAPS), before: laps.slice(0, -RECENT_LAPS) };
  const cautions = state.laps.filter(({ regime }) => regime === "caution").slice(-CAUTION_LAPS);
  const made: Pace = {
    ...green,
    cautions,
    recentSums: sumOfLaps(green.recent),
    cautionSums: sumOfLaps(cautions),
    currentRaw: currentRaw(greenLaps(state, CURRENT_LAPS).filter(isSeen)),
    normalRaw: normalRaw(green),
    cautionRaw: meanRaw(cautions),
    usualRaw: meanRaw(state.laps.slice(-RECENT_LAPS)),
    lapSec: laps.length === 0 ? null : sumOf(laps.slice(-CURRENT_LAPS), SECONDS) / Math.min(laps.length, CURRENT_LAPS),
    scatter: scatterOf(laps.slice(-SCATTER_LAPS)),
    trend: trendOf(green),
    reasons: reasonsOf(green),
  };
  paces.set(state.laps, made);
  return made;
}

/** Pace comes in phases (traffic, a draft, a plan), so that laps do not average out. */
function scatterOf(laps: readonly Lap[]): number {
  const mean = meanRaw(laps);
  if (mean === null || laps.length < FEWEST_NORMAL) return USUAL_SCATTER;
  const squares = laps.reduce((sum, { sums }) => sum + (at(sums, RAW_KG) / mean - 1) ** 2, 0);
  return Math.max(LEAST_SCATTER, Math.sqrt(squares / (laps.length - 1)));
}

function sumOfLaps(laps: readonly Lap[]): Sums {
  const sum = emptySums();
  for (const lap of laps) addTo(sum, lap.sums);
  return sum;
}

/** What windows ask of the laps so far; physics' kg, s. */
export interface Pace extends GreenPace {
  readonly cautions: readonly Lap[];
  readonly recentSums: Sums;
  readonly cautionSums: Sums;
  readonly currentRaw: number | null;
  readonly normalRaw: number | null;
  readonly cautionRaw: number | null;
  readonly usualRaw: number | null;
  readonly lapSec: number | null;
  /** How far the next laps' mean may be from the last ones', as a share: by how much the last ones differ among themselves. */
  readonly scatter: number;
  readonly trend: TrendInsight;
  readonly reasons: SavingReasons | null;
}

/** Physics' kg of a lap; null without one. */
export function meanRaw(laps: readonly Lap[]): number | null {
  if (laps.length === 0) return null;
  return laps.reduce((sum, { sums }) => sum + at(sums, RAW_KG), 0) / laps.length;
}

/**
 * Slow laps count: traffic, a tow and a plan to save last for several laps, and the tank feels them. Half of the weight is on the newest
 * five, for what has just changed; half on all ten, for what comes back.
 */
function currentRaw(laps: readonly Lap[]): number | null {
  const [newest, all] = [meanRaw(laps.slice(-RECENT_LAPS)), meanRaw(laps)];
  return newest === null || all === null ? null : (newest + all) / 2;
}

/** Normal: the recent ones belong to it only while there are few others. */
function normalRaw({ recent, before }: GreenPace): number | null {
  return meanRaw(before.length >= FEWEST_NORMAL ? before : [...before, ...recent]);
}

function trendOf({ recent, before }: GreenPace): TrendInsight {
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
function reasonsOf({ recent, before }: GreenPace): SavingReasons | null {
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
  return laps.filter((lap) => at(lap.sums, SECONDS) < usual * 1.15 && isSeen(lap));
}

/** Whether what the lap burned was seen, and not filled in. */
function isSeen({ sums }: Lap): boolean {
  return at(sums, FILLED_SEC) < 0.2 * at(sums, SECONDS);
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
