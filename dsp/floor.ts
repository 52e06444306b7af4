import type { Frame } from "./front.js";

/** Range of bins that is smoothed and followed, Hz: the whistle's band and, below it, where voices have their fundamentals. */
const LOW_HZ = 100;
const HIGH_HZ = 5200;
/** Below this the spectrum of a crowd falls too steeply for a local median. */
const MEDIAN_FROM_HZ = 400;
const MEDIAN_HALF_WIDTH_HZ = 600;
/**
 * The floor in time rises 4 dB/s and sinks 12 dB/s (per hop of 5 ms): it rests at the quantile 4 / (4 + 12) of the level, a tone of 5 s becomes floor,
 * a blast of 1 s does not. Far below the floor it sinks 60 dB/s, so that a channel that was turned down is heard again at once.
 */
const RISE = 10 ** (0.02 / 10);
const SINK = 10 ** (-0.06 / 10);
const FALL = 10 ** (-0.3 / 10);
const FAR_BELOW = 0.05;
/** From the quantile of one bin's smoothed power to its mean, and from the median over frequency to the mean: measured on white noise. */
const QUANTILE_TO_MEAN = 1.7;
const MEDIAN_TO_MEAN = 1.15;
/** The floor begins as the mean of the first 100 ms; what stands out of its neighbours there is no floor, so that a tone that is there from the first sample on is heard. */
const SETTLE_HOPS = 20;
/** 16 dB over the neighbours' median: single bins of noise never are, near whistles are. */
const TONE_RATIO = 40;
/** Power that counts as nothing, so that ratios stay finite in digital silence. */
const NOTHING = 1e-14;
const MEDIAN_STEP = 4;

interface FloorState {
  inTime: Float32Array;
  hops: number;
}

/** What a tone must stand out of: per bin the larger of a slow floor in time and the median of its neighbours in frequency. */
export class Floor {
  readonly state: FloorState;
  /** First and one past the last bin of the arrays below (all are indexed by the spectrum's bin). */
  readonly from: number;
  readonly to: number;
  /** Power smoothed over three bins. */
  readonly smooth: Float32Array;
  /** Expected power without a tone. */
  readonly level: Float32Array;
  /** Of the newest hop, from the median of the neighbours alone; kept up to date while the floor settles. */
  readonly #local: Float32Array;
  readonly #medianFrom: number;
  readonly #half: number;
  /** The bins whose median was taken last, sorted: `#count` of them, from bin `#first` up to but not including `#next`, every second one. */
  readonly #sorted = new Float32Array(64);
  #count = 0;
  #first = -1;
  #next = 0;

  constructor(binHz: number, bins: number) {
    this.from = Math.max(2, Math.round(LOW_HZ / binHz));
    this.to = Math.min(bins - 1, Math.round(HIGH_HZ / binHz));
    this.smooth = new Float32Array(bins);
    this.level = new Float32Array(bins).fill(NOTHING);
    this.#local = new Float32Array(bins);
    this.#medianFrom = Math.round(MEDIAN_FROM_HZ / binHz);
    this.#half = Math.min(Math.round(MEDIAN_HALF_WIDTH_HZ / binHz), 60);
    this.state = { inTime: new Float32Array(bins).fill(NOTHING), hops: 0 };
  }

  step(frame: Frame): void {
    const { power } = frame;
    const { smooth } = this;
    for (let k = this.from; k < this.to; k += 1) {
      smooth[k] = 0.25 * power[k - 1]! + 0.5 * power[k]! + 0.25 * power[k + 1]! + NOTHING;
    }
    this.#level();
    this.#follow();
  }

  #level(): void {
    const { level, from, to } = this;
    const { inTime } = this.state;
    for (let k = from; k < to; k += 1) level[k] = inTime[k]! * QUANTILE_TO_MEAN;
    this.#first = -1;
    const isYoung = this.state.hops < SETTLE_HOPS;
    for (let k = this.#medianFrom; k < to; k += MEDIAN_STEP) {
      const local = this.#median(k) * MEDIAN_TO_MEAN;
      const end = Math.min(k + MEDIAN_STEP, to);
      for (let i = k; i < end; i += 1) if (local > level[i]!) level[i] = local;
      if (isYoung) this.#local.fill(local, k, end);
    }
  }

  /** Median of every second smoothed bin around `k`: neighbours share half of their energy anyway. Most of the sorted bins stay from one `k` to the next. */
  #median(k: number): number {
    const first = Math.max(this.from, k - this.#half);
    const last = Math.min(this.to - 1, k + this.#half);
    if (this.#first < 0 || ((first - this.#first) & 1) === 1) {
      this.#count = 0;
      this.#first = first;
      this.#next = first;
    }
    for (; this.#first < first && this.#next <= last; this.#first += 2, this.#next += 2)
      this.#replace(this.#first, this.#next);
    for (; this.#first < first; this.#first += 2) this.#remove(this.#first);
    for (; this.#next <= last; this.#next += 2) this.#insert(this.#next);
    return this.#sorted[this.#count >> 1]!;
  }

  /** Bins, not their powers, are handed over in these three: a number that is no integer would be allocated. */
  #insert(bin: number): void {
    const sorted = this.#sorted;
    const value = this.smooth[bin]!;
    let at = this.#count;
    while (at > 0 && sorted[at - 1]! > value) {
      sorted[at] = sorted[at - 1]!;
      at -= 1;
    }
    sorted[at] = value;
    this.#count += 1;
  }

  #remove(bin: number): void {
    const sorted = this.#sorted;
    const value = this.smooth[bin]!;
    let at = 0;
    while (sorted[at]! < value) at += 1;
    this.#count -= 1;
    for (; at < this.#count; at += 1) sorted[at] = sorted[at + 1]!;
  }

  /** Takes one bin's value out and another one's in. */
  #replace(oldBin: number, bin: number): void {
    const sorted = this.#sorted;
    const old = this.smooth[oldBin]!;
    const value = this.smooth[bin]!;
    const last = this.#count - 1;
    let at = 0;
    while (sorted[at]! < old) at += 1;
    for (; at < last && sorted[at + 1]! < value; at += 1) sorted[at] = sorted[at + 1]!;
    for (; at > 0 && sorted[at - 1]! > value; at -= 1) sorted[at] = sorted[at - 1]!;
    sorted[at] = value;
  }

  #follow(): void {
    const { state, smooth } = this;
    const { inTime } = state;
    if (state.hops < SETTLE_HOPS) {
      const weight = 1 / (state.hops + 1);
      for (let k = this.from; k < this.to; k += 1) {
        const isTone = k >= this.#medianFrom && smooth[k]! > TONE_RATIO * this.#local[k]!;
        inTime[k] = inTime[k]! + weight * ((isTone ? this.#local[k]! : smooth[k]!) - inTime[k]!);
      }
      state.hops += 1;
      return;
    }
    for (let k = this.from; k < this.to; k += 1) {
      const now = smooth[k]!;
      const floor = inTime[k]!;
      inTime[k] = floor * (now > floor ? RISE : now < floor * FAR_BELOW ? FALL : SINK);
    }
  }
}
