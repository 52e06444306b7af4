import type { Ridge } from "../ridge.js";

/** What is judged of a ridge. Names and order are those of the table of weights. */
export const FEATURES = [
  "inBand",
  "share",
  "top",
  "logRatio",
  "logRatioHigh",
  "rise",
  "riseHigh",
  "lowTone",
  "lowRecent",
  "spread",
  "moveLow",
  "moveHigh",
  "trend",
  "wobble",
  "wobbleLow",
  "hitRatio",
  "levelSpread",
  "octave",
  "purity",
  "high",
  "low",
  "age",
  "busy",
  "neighbours",
  "short",
  "glide",
  "flicker",
  "levelTrend",
  "under",
  "attack",
  "chirps",
] as const;

/** Measured once per judgement; all are ratios or times, so the gain of the channel has no part in them. */
export interface Shape {
  /** Hops from first to newest sight. */
  age: number;
  kHz: number;
  hitRatio: number;
  inBand: number;
  lowTone: number;
  /** Standard deviation of the bin. */
  spread: number;
  /** Regression slope of the bin after the attack, bins per hop, and what remains around it. */
  trend: number;
  wobble: number;
}

/** A tone of a stream's first 40 ms had nothing to rise from: it is taken to rise by what whistles do in the median, decades over `rise`. */
const FIRST_HOPS = 8;
const USUAL_RISE = 2.1;

export const RISE_AT = FEATURES.indexOf("rise");
/** Highest value that the two features of the rise may take: an upper bound of the score before the onset is timed. */
export const RISE_CAP = { rise: 0.8, riseHigh: 1.7 } as const;

export function shapeOf(ridge: Ridge, binHz: number, into: Shape): void {
  const n = ridge.hits;
  into.age = ridge.lastHop - ridge.startHop;
  into.kHz = ((ridge.sumBin / n) * binHz) / 1000;
  into.hitRatio = n / (into.age + 1);
  into.inBand = ridge.sumInBand / n;
  into.lowTone = ridge.sumLowTone / n;
  into.spread = deviation(ridge.sumBin / n, ridge.sumBinSquares / n);
  into.trend = 0;
  into.wobble = 0;
  const late = ridge.lateHits;
  if (late < 4) return;
  const meanTime = ridge.lateTime / late;
  const meanBin = ridge.lateBin / late;
  const varTime = ridge.lateTimeSquares / late - meanTime * meanTime;
  const varBin = ridge.lateBinSquares / late - meanBin * meanBin;
  const product = ridge.lateProduct / late - meanTime * meanBin;
  into.trend = varTime > 0 ? product / varTime : 0;
  into.wobble = Math.sqrt(Math.max(0, varBin - into.trend * product));
}

/**
 * No whistle that was seen lies outside of these: 90 ms or more, 1.87-4.4 kHz, most of its band's energy, no glide faster than 3 Hz/ms, no voice below.
 * They keep the judgement inside the range its weights were fitted on.
 */
export function isPossible(shape: Shape): boolean {
  return (
    shape.age >= 17 &&
    shape.kHz > 1.87 &&
    shape.kHz < 4.4 &&
    shape.inBand > 0.4 &&
    shape.hitRatio > 0.45 &&
    shape.lowTone < 0.5 &&
    shape.spread < 4.5 &&
    Math.abs(shape.trend) < 0.3 &&
    shape.wobble < 3
  );
}

/** How far the frequency moves on without coming back, bins: 0.2 for a whistle's jitter, 1 and more for a chirp. */
export function glideOf(ridge: Ridge): number {
  return ridge.lateHits > 0 ? ridge.sumGlide / ridge.lateHits : 0;
}

/**
 * Fills `into` in the order of `FEATURES`. `busy`: earlier tones of like level within 4 s; `chirps`: gliding ones within 15 s;
 * `hasEnded`: the ridge is over.
 */
export function fillFeatures(
  ridge: Ridge,
  shape: Shape,
  busy: number,
  chirps: number,
  hasEnded: boolean,
  into: Float64Array,
): void {
  const n = ridge.hits;
  const logRatio = ridge.sumLogRatio / n;
  const move = ridge.sumMove / n;
  const rise = ridge.startHop < FIRST_HOPS ? Math.max(USUAL_RISE, ridge.rise) : ridge.rise;
  const values = into;
  values[0] = logit(shape.inBand);
  values[1] = logit(ridge.sumShare / n);
  values[2] = logit(ridge.sumTop / n);
  values[3] = clip(logRatio, 0.7, 1.2);
  values[4] = clip(logRatio - 1.2, 0, 1.3);
  values[5] = clip(rise, 0, RISE_CAP.rise);
  values[6] = clip(rise - 0.8, 0, RISE_CAP.riseHigh);
  values[7] = clip(shape.lowTone, -2.5, 0.5);
  values[8] = clip(ridge.sumLowRecent / n, 0, 1.5);
  values[9] = clip(shape.spread - 2, 0, 3);
  values[10] = clip(move, 0, 0.4);
  values[11] = clip(move - 0.5, 0, 0.5);
  values[12] = clip(Math.abs(shape.trend) - 0.08, 0, 0.42);
  values[13] = clip(shape.wobble - 1.2, 0, 2.8);
  values[14] = clip(shape.wobble, 0, 0.6);
  values[15] = shape.hitRatio;
  values[16] = clip(deviation(ridge.sumLevel / n, ridge.sumLevelSquares / n) - 0.4, 0, 0.8);
  values[17] = clip(ridge.sumOctave / n, 0.3, 1.3);
  values[18] = ridge.sumPurity / n;
  values[19] = clip(shape.kHz - 3.9, 0, 1);
  values[20] = clip(2.15 - shape.kHz, 0, 1);
  values[21] = Math.log(clip(shape.age, 12, 80) / 33);
  values[22] = Math.min(busy, 6);
  values[23] = clip(ridge.sumNeighbours / n, 0, 2);
  values[24] = hasEnded ? clip(33 - shape.age, 0, 33) / 20 : 0;
  values[25] = clip(glideOf(ridge), 0, 3);
  values[26] = clip(ridge.sumFlicker / n, 0, 0.5);
  values[27] = clip(levelTrend(ridge), -0.03, 0.03) * 100;
  values[28] = clip(ridge.sumUnder / n, 0.2, 1.5);
  values[29] = clip(ridge.attackSec * 20, 0, 2);
  values[30] = Math.log1p(clip(chirps, 0, 20));
}

/** Regression slope of the level on time, decades of power a hop. */
function levelTrend(ridge: Ridge): number {
  const n = ridge.hits;
  const age = ridge.sumAge / n;
  const spread = ridge.sumAgeSquares / n - age * age;
  return spread > 0 ? (ridge.sumAgeLevel / n - (age * ridge.sumLevel) / n) / spread : 0;
}

function logit(share: number): number {
  const p = clip(share, 0.05, 0.97);
  return Math.log(p / (1 - p));
}

function clip(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}

function deviation(mean: number, meanSquare: number): number {
  return Math.sqrt(Math.max(0, meanSquare - mean * mean));
}
