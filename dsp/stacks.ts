import type { Frame, Front } from "./front.js";

/** Fundamentals of horns and buzzers, and up to where their harmonics are looked for. */
const LOW_HZ = 150;
const HIGH_HZ = 700;
const TOP_HZ = 4300;
const MOST_HARMONICS = 6;
export const FEWEST_HARMONICS = 3;
/** Rows of four hops (20 ms). A stack is seen in the mean of 100 ms and compared with 160 ms that lie 140 ms back. */
const HOPS_PER_ROW = 4;
const ROWS = 16;
const RECENT = 5;
const BEFORE_FROM = 7;
const BEFORE = 8;
/**
 * A harmonic is a peak 2.5 dB above what was there before and 2 dB above what lies half-way to the next; the three lowest must be there, and all together
 * must stand 6 dB above what was there before in the mean.
 */
const NEW_RATIO = 1.8;
const VALLEY_RATIO = 1.6;
const NEW_DECADES = 0.6;
const HIGH_RATIO = 2.5;
/** Harmonics lie within so many bins of their place. */
const OFF_BINS = 0.6;
const NOTHING = 1e-14;

export interface StacksState {
  /** Ring of rows of bin powers, and the row that is being summed. */
  rows: Float32Array;
  sums: Float64Array;
  hops: number;
  count: number;
}

/** A stack of harmonics. Powers as mean square of a bin's lobe. */
export interface Stack {
  hz: number;
  harmonics: number;
  power: number;
}

/** Finds harmonics of one fundamental that were not there before. */
export class Stacks {
  readonly state: StacksState;
  readonly found: Stack = { hz: 0, harmonics: 0, power: 0 };
  readonly #binHz: number;
  readonly #width: number;
  readonly #recent: Float32Array;
  readonly #before: Float32Array;
  /** Arguments and results with a fraction, bins: as fields they are not allocated. */
  #place = 0.5;
  #peak = 0.5;

  constructor(front: Front) {
    this.#binHz = front.binHz;
    this.#width = Math.min(front.bins, Math.round(TOP_HZ / front.binHz));
    this.#recent = new Float32Array(this.#width);
    this.#before = new Float32Array(this.#width);
    this.state = {
      rows: new Float32Array(ROWS * this.#width),
      sums: new Float64Array(this.#width),
      hops: 0,
      count: 0,
    };
  }

  /** Takes a hop in; true when it completed a row. */
  add(frame: Frame): boolean {
    const { state } = this;
    for (let k = 0; k < this.#width; k += 1) state.sums[k] = state.sums[k]! + frame.power[k]!;
    state.hops += 1;
    if (state.hops < HOPS_PER_ROW) return false;
    const at = (state.count % ROWS) * this.#width;
    for (let k = 0; k < this.#width; k += 1) state.rows[at + k] = state.sums[k]! / HOPS_PER_ROW;
    state.sums.fill(0);
    state.hops = 0;
    state.count += 1;
    return true;
  }

  /** What was lost makes the rows before it worthless. */
  forget(): void {
    this.state.count = 0;
    this.state.hops = 0;
    this.state.sums.fill(0);
  }

  /** The strongest new stack of the last 100 ms; false when there is none. */
  find(): boolean {
    const { found } = this;
    found.power = 0;
    if (this.state.count < BEFORE_FROM + BEFORE) return false;
    this.#mean(0, RECENT, this.#recent);
    this.#mean(BEFORE_FROM, BEFORE, this.#before);
    const low = Math.max(2, Math.round(LOW_HZ / this.#binHz));
    const high = Math.round(HIGH_HZ / this.#binHz);
    for (let k = low; k <= high; k += 1) if (this.#isNewPeak(k)) this.#try(k);
    return found.power > 0;
  }

  /** Power of the lines of a stack in the newest `rows` rows; `hzNow` then holds its fundamental as they show it. */
  measure(stack: Stack, rows: number): number {
    this.#mean(0, rows, this.#recent);
    let power = 0;
    let weights = 0;
    let sum = 0;
    for (let h = 1; h <= stack.harmonics; h += 1) {
      this.#place = (stack.hz * h) / this.#binHz;
      const line = this.#lineAtPlace();
      if (line < 0) continue;
      const own = this.#recent[line]!;
      power += own;
      // A line's place is as sure as its number is high.
      const weight = own * h * h;
      weights += weight;
      sum += (weight * this.#peak * this.#binHz) / h;
    }
    this.hzNow = weights > 0 ? sum / weights : 0;
    return power;
  }

  hzNow = 0;

  /** Power of a stack's lines `back` rows ago. */
  powerAt(stack: Stack, back: number): number {
    const { rows, count } = this.state;
    const at = ((count - 1 - back) % ROWS) * this.#width;
    let power = 0;
    for (let h = 1; h <= stack.harmonics; h += 1) {
      const k = Math.round((stack.hz * h) / this.#binHz);
      if (k < this.#width) power += rows[at + k]!;
    }
    return power;
  }

  /** How many of the harmonics from the seventh to the fourteenth stand out in the last 100 ms: reeds and lips have them. */
  highHarmonics(stack: Stack): number {
    this.#mean(0, RECENT, this.#recent);
    let count = 0;
    for (let h = MOST_HARMONICS + 1; h <= 2 * MOST_HARMONICS + 2; h += 1) {
      this.#place = (stack.hz * h) / this.#binHz;
      const k = this.#lineAtPlace();
      if (k > 0 && this.#recent[k]! > HIGH_RATIO * this.#valley(Math.round((stack.hz * (h + 0.5)) / this.#binHz)))
        count += 1;
    }
    return count;
  }

  #mean(from: number, rows: number, into: Float32Array): void {
    const all = this.state.rows;
    const width = this.#width;
    const newest = this.state.count - 1 - from;
    for (let k = 0; k < width; k += 1) {
      let sum = 0;
      for (let back = 0; back < rows; back += 1)
        sum = Math.fround(sum + all[((newest - back) % ROWS) * width + k]! / rows);
      into[k] = sum;
    }
  }

  #isNewPeak(k: number): boolean {
    const now = this.#recent[k]!;
    if (now < this.#recent[k - 1]! || now <= this.#recent[k + 1]!) return false;
    return now > NEW_RATIO * this.#before[k]! + NOTHING;
  }

  #try(k: number): void {
    this.#seekPeak(k);
    let hz = this.#peak;
    let power = 0;
    let harmonics = 0;
    let decades = 0;
    for (let h = 1; h <= MOST_HARMONICS; h += 1) {
      this.#place = hz * h;
      const line = this.#lineAtPlace();
      if (line < 0 || !this.#isNewPeak(line)) break;
      if (this.#recent[line]! < VALLEY_RATIO * this.#valley(Math.round(hz * (h + 0.5)))) break;
      power += this.#recent[line]!;
      harmonics = h;
      decades += Math.log10(this.#recent[line]! / (this.#before[line]! + NOTHING));
      hz = this.#peak / h;
    }
    if (harmonics < FEWEST_HARMONICS || decades < NEW_DECADES * harmonics || power <= this.found.power) return;
    this.found.hz = hz * this.#binHz;
    this.found.harmonics = harmonics;
    this.found.power = power;
  }

  /** The bin of the peak within reach of `#place`, -1 where there is none; `#peak` is then where exactly it is. */
  #lineAtPlace(): number {
    const place = this.#place;
    const k = Math.round(place);
    for (let turn = 0; turn < 3; turn += 1) {
      const bin = turn === 2 ? k + 1 : k - turn;
      if (bin < 1 || bin + 1 >= this.#width) continue;
      const now = this.#recent[bin]!;
      const isPeak = now >= this.#recent[bin - 1]! && now > this.#recent[bin + 1]!;
      if (!isPeak) continue;
      this.#seekPeak(bin);
      if (Math.abs(this.#peak - place) < OFF_BINS + 0.01 * place) return bin;
    }
    return -1;
  }

  #valley(bin: number): number {
    return this.#recent[Math.min(this.#width - 1, bin)]! + NOTHING;
  }

  /** Place of the maximum near bin `k`, by a parabola, into `#peak`. */
  #seekPeak(k: number): void {
    const before = this.#recent[k - 1]!;
    const after = this.#recent[k + 1]!;
    const curve = before - 2 * this.#recent[k]! + after;
    if (curve < 0) this.#peak = k + (0.5 * (before - after)) / curve;
    else this.#peak = k;
  }
}
