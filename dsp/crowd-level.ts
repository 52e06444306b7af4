import { powersToDb } from "./bands.js";
import type { Frame, Front } from "./front.js";
import { selectAt } from "./order.js";

/** Levels are means of the dB of eight bands of 300-4000 Hz: a whistle or a horn moves one of them, a crowd all. */
export const CROWD_BANDS = 8;
const LOW_HZ = 300;
const HIGH_HZ = 4000;
const HOPS_PER_COLUMN = 10;
export const COLUMN_SEC = 0.05;
/** Columns whose bands are kept: what an onset is fitted to. */
export const KEPT_COLUMNS = 120;
/** A column's level is that of the last 0.2 s, its `held` level the mean of 1.2 s of those. */
const SMOOTHED = 4;
export const HELD_COLUMNS = 24;
/** The baseline is the median of the last 20 s; the level that the crowd reaches of its own is the 95 % quantile of what was held in the last 30 s. */
const BASELINE_COLUMNS = 400;
const REACHED_SHARE = 0.95;
/** Both are taken four times a second; what was held within the last 2 s does not count as reached. */
const EVERY = 5;
const REACHED_SAMPLES = 120;
const REACHED_SKIPPED = 8;

export interface CrowdState {
  sums: Float64Array;
  hops: number;
  count: number;
  /** Rings. Power per band and column, first sample of each of those columns (relative to the stream's start), levels in dB. */
  powers: Float32Array;
  starts: Float64Array;
  levels: Float32Array;
  held: Float32Array;
  heldCount: number;
  levelDb: number;
  heldDb: number;
  baselineDb: number;
  reachedDb: number;
}

/** The level of the crowd at 20 Hz, and what it was lately. */
export class CrowdLevel {
  readonly state: CrowdState = {
    sums: new Float64Array(CROWD_BANDS),
    hops: 0,
    count: 0,
    powers: new Float32Array(KEPT_COLUMNS * CROWD_BANDS),
    starts: new Float64Array(KEPT_COLUMNS),
    levels: new Float32Array(BASELINE_COLUMNS),
    held: new Float32Array(REACHED_SAMPLES),
    heldCount: 0,
    levelDb: 0,
    heldDb: 0,
    baselineDb: 0,
    reachedDb: 0,
  };
  readonly columnSamples: number;
  readonly #front: Front;
  readonly #edges: Float64Array;
  readonly #sorted = new Float32Array(BASELINE_COLUMNS);
  readonly #bands = new Float64Array(CROWD_BANDS);

  constructor(front: Front) {
    this.#front = front;
    this.columnSamples = HOPS_PER_COLUMN * front.hopSamples;
    this.#edges = Float64Array.from({ length: CROWD_BANDS + 1 }, (_, i) =>
      Math.round((LOW_HZ * (HIGH_HZ / LOW_HZ) ** (i / CROWD_BANDS)) / front.binHz),
    );
  }

  /** Adds a frame; true when it completed a column that holds sound. */
  add(frame: Frame): boolean {
    const { state } = this;
    if (frame.valid) this.#sum(frame.power);
    if ((frame.hop + 1) % HOPS_PER_COLUMN !== 0) return false;
    const hasSound = state.hops > 0;
    if (hasSound) this.#column(frame);
    state.sums.fill(0);
    state.hops = 0;
    return hasSound;
  }

  /** Level `back` columns ago, dB; up to 20 s. */
  levelAt(back: number): number {
    return this.state.levels[(this.state.count - 1 - back) % BASELINE_COLUMNS]!;
  }

  /** Power of a band `back` columns ago; up to `KEPT_COLUMNS`. */
  powerAt(back: number, band: number): number {
    return this.state.powers[((this.state.count - 1 - back) % KEPT_COLUMNS) * CROWD_BANDS + band]!;
  }

  /** First sample of the column `back` columns ago, relative to the stream's start; up to `KEPT_COLUMNS`. */
  startAt(back: number): number {
    return this.state.starts[(this.state.count - 1 - back) % KEPT_COLUMNS]!;
  }

  #sum(power: Float32Array): void {
    const { sums } = this.state;
    for (let band = 0; band < CROWD_BANDS; band += 1) {
      const to = Math.min(this.#edges[band + 1]!, power.length);
      let sum = 0;
      for (let k = this.#edges[band]!; k < to; k += 1) sum += power[k]!;
      sums[band] = sums[band]! + sum;
    }
    this.state.hops += 1;
  }

  #column(frame: Frame): void {
    const { state } = this;
    const at = state.count % KEPT_COLUMNS;
    for (let band = 0; band < CROWD_BANDS; band += 1) {
      state.powers[at * CROWD_BANDS + band] = state.sums[band]! / state.hops;
    }
    state.starts[at] = frame.start + this.#front.size / 2 - (HOPS_PER_COLUMN - 0.5) * this.#front.hopSamples;
    state.count += 1;
    state.levelDb = this.#smoothed();
    state.levels[(state.count - 1) % BASELINE_COLUMNS] = state.levelDb;
    state.heldDb = this.#heldDb();
    if (state.count % EVERY !== 1) return;
    this.#follow();
  }

  #smoothed(): number {
    const columns = Math.min(SMOOTHED, this.state.count);
    const { powers, count } = this.state;
    const bands = this.#bands.fill(0);
    for (let back = 0; back < columns; back += 1) {
      const at = ((count - 1 - back) % KEPT_COLUMNS) * CROWD_BANDS;
      for (let band = 0; band < CROWD_BANDS; band += 1) bands[band] = bands[band]! + powers[at + band]!;
    }
    powersToDb(bands, columns, bands);
    let level = 0;
    for (let band = 0; band < CROWD_BANDS; band += 1) level += bands[band]!;
    return level / CROWD_BANDS;
  }

  #heldDb(): number {
    const columns = Math.min(HELD_COLUMNS, this.state.count);
    let sum = 0;
    for (let back = 0; back < columns; back += 1) sum += this.levelAt(back);
    return sum / columns;
  }

  #follow(): void {
    const { state } = this;
    state.baselineDb = this.#quantile(state.levels, state.count, 0, 0.5);
    state.held[state.heldCount % REACHED_SAMPLES] = state.heldDb;
    state.heldCount += 1;
    state.reachedDb = this.#quantile(state.held, state.heldCount, REACHED_SKIPPED, REACHED_SHARE);
  }

  /** Of a ring that `count` values were written to, the newest `skipped` left out. */
  #quantile(ring: Float32Array, count: number, skipped: number, share: number): number {
    const length = Math.max(1, Math.min(count, ring.length) - skipped);
    const newest = count - 1 - Math.min(skipped, count - 1);
    for (let i = 0; i < length; i += 1) this.#sorted[i] = ring[(newest - i) % ring.length]!;
    const rank = Math.min(length - 1, Math.floor(share * length));
    selectAt(this.#sorted, length, rank);
    return this.#sorted[rank]!;
  }
}
