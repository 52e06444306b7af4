import { powerToDb } from "./bands.js";
import { COLUMN_SEC, CROWD_BANDS, type CrowdLevel, HELD_COLUMNS, KEPT_COLUMNS } from "./crowd-level.js";

/** Columns that are fitted: 4.5 s. What is older than 2.8 s is surely before the rise, the newest 0.8 s are surely after it. */
const COLUMNS = 90;
const BEFORE_COLUMNS = 56;
const TOP_COLUMNS = 16;
/** The rise may have begun 0.3-3.6 s ago and lasted so long, in columns of 50 ms. */
const NEAREST = 6;
const FARTHEST = 72;
const LENGTHS = [3, 6, 9, 12, 16, 20, 24, 28, 34];
/** Least scatter of a column before the rise and after it, dB: cheering is less even than murmuring. */
const BEFORE_SD = 0.4;
const AFTER_SD = 1.2;
/** Neighbouring columns say nearly the same: so many of them count as one. */
const ALIKE = 7;
/** Prior deviations: of the level before, dB, and of the height, as a share. */
const LEVEL_SD = 2;
const HEIGHT_SD = 0.3;
/** Prior of the start, columns: what is asked of a roar is known 0.9-2.2 s after it began, by how fast and how far it rises. */
const START = 30;
const START_SD = 9;
/** The mean error over all three shapes, measured on mixes of known onset; and what no fit sees. */
const BIAS_SEC = -0.02;
const OWN_SD_SEC = 0.06;
/** Bands that scatter less count more; no band scatters less than this, dB. */
const BAND_SD = 1;
const LEAST_HEIGHT = 2;

/**
 * How the amplitude of what is added may grow, of 0-1: nobody knows, so all are tried. The third is straight in dB of the whole.
 */
const SHAPES: readonly ((x: number, heightDb: number) => number)[] = [
  (x, heightDb) => dbOf(x, heightDb),
  (x, heightDb) => dbOf(0.5 - 0.5 * Math.cos(Math.PI * x), heightDb),
  (x, heightDb) => x * heightDb,
];

export interface Rise {
  /** Columns before the newest at which the rise began; with a fraction. */
  backColumns: number;
  sdSec: number;
  heightDb: number;
}

/**
 * Where a rise began: the posterior mean over all times, lengths and shapes of a model "level, rise, level" of the columns.
 *
 * 1. Each band's dB, weighted by how much it rose over how much it scattered, gives one track.
 * 2. For each shape, length and start the level before and the height follow by least squares; scatter before and after the rise differs.
 * 3. Their likelihoods, tempered because neighbouring columns are alike, weigh the starts: the mean is told, and the deviation.
 */
export class RiseFit {
  readonly result: Rise = { backColumns: 0, sdSec: 0, heightDb: 0 };
  readonly #track = new Float64Array(COLUMNS);
  readonly #band = new Float64Array(COLUMNS);
  readonly #shape = new Float64Array(COLUMNS);
  readonly #sums = new Float64Array(COLUMNS);
  readonly #squares = new Float64Array(COLUMNS);
  readonly #logs = new Float64Array(SHAPES.length * LENGTHS.length * (FARTHEST - NEAREST + 1));

  /** How many bands rose by at least so many dB: a whistle moves one and spills into the next. */
  bandsRisen(crowd: CrowdLevel, leastDb: number): number {
    const count = Math.min(crowd.state.count, KEPT_COLUMNS);
    let risen = 0;
    for (let b = 0; b < CROWD_BANDS; b += 1) {
      const now = meanPowerDb(crowd, b, 0, HELD_COLUMNS);
      if (now - meanPowerDb(crowd, b, BEFORE_COLUMNS, count) >= leastDb) risen += 1;
    }
    return risen;
  }

  /** On the newest columns of `crowd`; false when there are too few. */
  fit(crowd: CrowdLevel): boolean {
    const count = Math.min(COLUMNS, crowd.state.count, KEPT_COLUMNS);
    if (count < BEFORE_COLUMNS + 10) return false;
    this.#makeTrack(crowd, count);
    const before = meanOf(this.#track, BEFORE_COLUMNS, count);
    const heightDb = Math.max(LEAST_HEIGHT, meanOf(this.#track, 0, TOP_COLUMNS) - before);
    const beforeSd = Math.max(BEFORE_SD, deviationOf(this.#track, BEFORE_COLUMNS, count));
    this.#weigh(count, before, heightDb, beforeSd, Math.max(beforeSd, AFTER_SD));
    this.#conclude(heightDb);
    return true;
  }

  /** Index 0 is the newest column. */
  #makeTrack(crowd: CrowdLevel, count: number): void {
    const band = this.#band;
    this.#track.fill(0);
    let weights = 0;
    for (let pass = 0; pass < 2 && weights === 0; pass += 1) {
      for (let b = 0; b < CROWD_BANDS; b += 1) {
        for (let back = 0; back < count; back += 1) band[back] = powerToDb(crowd.powerAt(back, b));
        const rise = meanOf(band, 0, TOP_COLUMNS) - meanOf(band, BEFORE_COLUMNS, count);
        const scatter = deviationOf(band, BEFORE_COLUMNS, count);
        // Where no band rose, all count alike.
        const weight = pass === 0 ? Math.max(0, rise) / (scatter * scatter + BAND_SD * BAND_SD) : 1;
        weights += weight;
        for (let back = 0; back < count; back += 1) this.#track[back] = this.#track[back]! + weight * band[back]!;
      }
    }
    for (let back = 0; back < count; back += 1) this.#track[back] = this.#track[back]! / weights;
  }

  #weigh(count: number, before: number, heightDb: number, beforeSd: number, afterSd: number): void {
    this.#sumUp(count, before);
    let at = 0;
    for (const shapeOf of SHAPES) {
      for (const length of LENGTHS) {
        for (let i = 0; i < COLUMNS; i += 1) {
          // The model of a column is that of its middle.
          this.#shape[i] = shapeOf(Math.min(1, (i + 0.5) / length), heightDb);
        }
        for (let start = NEAREST; start <= FARTHEST; start += 1) {
          const prior = -0.5 * ((start - START) / START_SD) ** 2;
          this.#logs[at] = prior + this.#likelihood(start, count, before, 1 / beforeSd ** 2, 1 / afterSd ** 2);
          at += 1;
        }
      }
    }
  }

  /** Log of the likelihood that the rise began `start` columns before the end of the newest one, level and height being the best. */
  #likelihood(start: number, count: number, before: number, weightBefore: number, weightAfter: number): number {
    const track = this.#track;
    const shape = this.#shape;
    const quiet = count - start;
    const priorHeight = 1 / HEIGHT_SD ** 2;
    let sum = 0;
    let squares = 0;
    let model = 0;
    let modelSquares = 0;
    let product = 0;
    for (let back = 0; back < start; back += 1) {
      const value = track[back]! - before;
      const expected = shape[start - 1 - back]!;
      sum += value;
      squares += value * value;
      model += expected;
      modelSquares += expected * expected;
      product += expected * value;
    }
    // Weighted least squares of value = level + height * expected, with priors: level 0, height 1.
    const a = 1 / LEVEL_SD ** 2 + weightBefore * quiet + weightAfter * start;
    const b = weightAfter * model;
    const c = priorHeight + weightAfter * modelSquares;
    const p = weightBefore * this.#sums[start]! + weightAfter * sum;
    const q = priorHeight + weightAfter * product;
    const det = a * c - b * b;
    const fit =
      priorHeight +
      weightBefore * this.#squares[start]! +
      weightAfter * squares -
      (p * (p * c - q * b) + q * (q * a - p * b)) / det;
    const factors = quiet * Math.log(weightBefore) + start * Math.log(weightAfter);
    return (0.5 * (factors - fit)) / ALIKE;
  }

  /** Sums of what lies before each start, and of its squares, relative to the level before. */
  #sumUp(count: number, before: number): void {
    let sum = 0;
    let squares = 0;
    for (let back = count - 1; back >= 0; back -= 1) {
      const value = this.#track[back]! - before;
      sum += value;
      squares += value * value;
      this.#sums[back] = sum;
      this.#squares[back] = squares;
    }
  }

  #conclude(heightDb: number): void {
    const logs = this.#logs;
    let top = Number.NEGATIVE_INFINITY;
    for (const log of logs) if (log > top) top = log;
    const starts = FARTHEST - NEAREST + 1;
    let sum = 0;
    let mean = 0;
    let squares = 0;
    for (let i = 0; i < logs.length; i += 1) {
      const weight = Math.exp(logs[i]! - top);
      const start = NEAREST + (i % starts);
      sum += weight;
      mean += weight * start;
      squares += weight * start * start;
    }
    mean /= sum;
    const variance = Math.max(0, squares / sum - mean * mean);
    this.result.backColumns = mean + BIAS_SEC / COLUMN_SEC;
    this.result.sdSec = Math.hypot(OWN_SD_SEC, COLUMN_SEC * Math.sqrt(variance));
    this.result.heightDb = heightDb;
  }
}

/** Height in dB of the whole when what is added has this share of its amplitude. */
function dbOf(share: number, heightDb: number): number {
  return 10 * Math.log10(1 + (10 ** (heightDb / 10) - 1) * share * share);
}

function meanPowerDb(crowd: CrowdLevel, band: number, from: number, to: number): number {
  let sum = 0;
  for (let back = from; back < to; back += 1) sum += powerToDb(crowd.powerAt(back, band));
  return sum / Math.max(1, to - from);
}

function meanOf(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i += 1) sum += values[i]!;
  return sum / (to - from);
}

function deviationOf(values: Float64Array, from: number, to: number): number {
  const mean = meanOf(values, from, to);
  let squares = 0;
  for (let i = from; i < to; i += 1) squares += (values[i]! - mean) ** 2;
  return Math.sqrt(squares / (to - from));
}
