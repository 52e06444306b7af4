import { powerToDb } from "./bands.js";
import { COLUMN_SEC, CROWD_BANDS, type CrowdLevel, HELD_COLUMNS, KEPT_COLUMNS } from "./crowd-level.js";

/** Columns that are fitted: 4.5 s. What is older than 2.8 s is surely before the rise, the newest 0.8 s are surely after it. */
const COLUMNS = 90;
const BEFORE_COLUMNS = 56;
const TOP_COLUMNS = 16;
/** The rise may have begun 0.3-3.2 s ago and lasted so long, in columns of 50 ms. */
const NEAREST = 6;
const FARTHEST = 64;
const LENGTHS = [12, 16, 20, 24, 28];
/**
 * A crowd swells and sinks by itself within a second: noise of first order, each column this much like the one before it (0.8 s to a third),
 * and at least this deviation, dB. Taking columns for independent makes the first swell before a rise its beginning.
 */
const ALIKE = 0.94;
const LEAST_SD = 1.1;
/** Prior deviations: of the level before, dB, and of the height, as a share. */
const LEVEL_SD = 2;
const HEIGHT_SD = 0.2;
/** Prior of the start, columns: what is asked of a roar is known 0.9-2.2 s after it began, by how fast and how far it rises. */
const START = 30;
const START_SD = 8;
/** The mean error over all three shapes, measured on mixes of known onset; and what no fit sees. */
const BIAS_SEC = -0.034;
const OWN_SD_SEC = 0.1;
/** Bands that scatter less count more; no band scatters less than this, dB. */
const BAND_SD = 2;
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
 * 2. For each shape, length and start the level before and the height follow by least squares, of differences that leave noise of first order white.
 * 3. Their likelihoods weigh the starts: the mean is told, and the deviation.
 */
export class RiseFit {
  readonly result: Rise = { backColumns: 0, sdSec: 0, heightDb: 0 };
  readonly #track = new Float64Array(COLUMNS);
  readonly #band = new Float64Array(COLUMNS);
  readonly #shape = new Float64Array(COLUMNS);
  readonly #white = new Float64Array(COLUMNS);
  #sum = 0;
  #squares = 0;
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

  /** On the newest columns of `crowd`; false when there are too few. The rise began `nearest` columns ago or before. */
  fit(crowd: CrowdLevel, nearest = NEAREST): boolean {
    const count = Math.min(COLUMNS, crowd.state.count, KEPT_COLUMNS);
    if (count < BEFORE_COLUMNS + 10) return false;
    this.#makeTrack(crowd, count);
    const before = meanOf(this.#track, BEFORE_COLUMNS, count);
    const heightDb = Math.max(LEAST_HEIGHT, meanOf(this.#track, 0, TOP_COLUMNS) - before);
    const sd = Math.max(LEAST_SD, deviationOf(this.#track, BEFORE_COLUMNS, count));
    this.#whiten(count, before, sd);
    this.#weigh(count, heightDb, sd, Math.min(nearest, FARTHEST));
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

  /** The track less the level before and what the column before it foretells, in deviations. */
  #whiten(count: number, before: number, sd: number): void {
    const track = this.#track;
    const unit = 1 / (sd * Math.sqrt(1 - ALIKE * ALIKE));
    let sum = 0;
    let squares = 0;
    for (let back = count - 1; back >= 0; back -= 1) {
      const isFirst = back === count - 1;
      const value = track[back]! - before;
      const white = isFirst ? value / sd : (value - ALIKE * (track[back + 1]! - before)) * unit;
      this.#white[back] = white;
      sum += white * (isFirst ? 1 / sd : (1 - ALIKE) * unit);
      squares += white * white;
    }
    this.#sum = sum;
    this.#squares = squares;
  }

  #weigh(count: number, heightDb: number, sd: number, nearest: number): void {
    const unit = 1 / (sd * Math.sqrt(1 - ALIKE * ALIKE));
    let at = 0;
    for (const shapeOf of SHAPES) {
      for (const length of LENGTHS) {
        let last = 0;
        for (let i = 0; i < COLUMNS; i += 1) {
          // The model of a column is that of its middle.
          const value = shapeOf(Math.min(1, (i + 0.5) / length), heightDb);
          this.#shape[i] = (value - ALIKE * last) * unit;
          last = value;
        }
        for (let start = NEAREST; start <= FARTHEST; start += 1) {
          const prior = -0.5 * ((start - START) / START_SD) ** 2;
          const isPossible = start >= nearest && start < count - 1;
          this.#logs[at] = isPossible ? prior + this.#likelihood(start, count, sd, unit) : Number.NEGATIVE_INFINITY;
          at += 1;
        }
      }
    }
  }

  /** Log of the likelihood that the rise began `start` columns before the end of the newest one, level and height being the best. */
  #likelihood(start: number, count: number, sd: number, unit: number): number {
    const white = this.#white;
    const shape = this.#shape;
    const constant = (1 - ALIKE) * unit;
    const priorHeight = 1 / HEIGHT_SD ** 2;
    let model = 0;
    let modelSquares = 0;
    let product = 0;
    for (let back = 0; back < start; back += 1) {
      const expected = shape[start - 1 - back]!;
      model += expected;
      modelSquares += expected * expected;
      product += expected * white[back]!;
    }
    // Least squares of value = level + height * expected, with priors: level 0, height 1.
    const a = 1 / LEVEL_SD ** 2 + 1 / sd ** 2 + (count - 1) * constant * constant;
    const b = constant * model;
    const c = priorHeight + modelSquares;
    const p = this.#sum;
    const q = priorHeight + product;
    const gained = (p * (p * c - q * b) + q * (q * a - p * b)) / (a * c - b * b);
    return 0.5 * (gained - priorHeight - this.#squares);
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
