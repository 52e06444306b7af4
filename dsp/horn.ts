import { powerToDb } from "./bands.js";
import type { Cue } from "./cue.js";
import type { Detector } from "./detector.js";
import type { Floor } from "./floor.js";
import type { Frame, Front } from "./front.js";
import { RateLimit } from "./rate-limit.js";

/** Fundamentals of air horns, buzzers and vuvuzelas. */
const LOW_HZ = 180;
const HIGH_HZ = 750;
const TOP_HZ = 4000;
/** A harmonic stands 10 dB above the floor in time and 4 dB above what lies half-way to the next. */
const NEW_RATIO = 10;
const VALLEY_RATIO = 2.5;
const MOST_HARMONICS = 6;
const FEWEST_HARMONICS = 3;
/** The stack holds this share of the power of 200-4000 Hz. */
const STACK_SHARE = 0.5;
/** The same fundamental (2.5 %) for 0.4 s; it ends after 0.15 s without. */
const SAME_SHARE = 0.025;
const HELD_SEC = 0.4;
const PAUSE_SEC = 0.15;
const LONGEST_SEC = 20;
const TRAIN_GAP_SEC = 1.5;

interface HornState {
  hz: number;
  since: number;
  last: number;
  hits: number;
  peak: number;
  share: number;
  harmonics: number;
  /** Fundamental that has been told; 0: none. */
  isTold: boolean;
  isSilent: boolean;
  lastEnd: number;
  count: number;
  limit: object;
}

/** Horns: stacks of at least three harmonics that come suddenly, stand still and last half a second. */
export class HornDetector implements Detector {
  readonly state: HornState;
  readonly #front: Front;
  readonly #floor: Floor;
  readonly #limit: RateLimit;
  readonly #low: number;
  readonly #high: number;
  readonly #top: number;
  #foundHz = 0;
  #foundPower = 0;
  #foundShare = 0;
  #foundHarmonics = 0;

  constructor(front: Front, floor: Floor) {
    this.#front = front;
    this.#floor = floor;
    this.#limit = new RateLimit(front.sampleRate / front.hopSamples);
    this.#low = Math.max(floor.from + 2, Math.round(LOW_HZ / front.binHz));
    this.#high = Math.round(HIGH_HZ / front.binHz);
    this.#top = Math.min(floor.to, Math.round(TOP_HZ / front.binHz));
    this.state = {
      hz: 0,
      since: 0,
      last: 0,
      hits: 0,
      peak: 0,
      share: 0,
      harmonics: 0,
      isTold: false,
      isSilent: false,
      lastEnd: -1e12,
      count: 0,
      limit: this.#limit.state,
    };
  }

  get suppressed(): number {
    return this.#limit.state.suppressed;
  }

  step(frame: Frame, tell: (cue: Cue) => void): void {
    if (!frame.valid || !this.#floor.isSettled || frame.hop % 2 === 1) return;
    const at = frame.start + this.#front.size / 2;
    this.#search(frame.power);
    if (this.#foundHz > 0) this.#see(frame, at, tell);
    const { state } = this;
    const rate = this.#front.sampleRate;
    if (state.hz > 0 && (at - state.last > PAUSE_SEC * rate || at - state.since > LONGEST_SEC * rate)) this.#end(tell);
  }

  finish(tell: (cue: Cue) => void): void {
    if (this.state.hz > 0) this.#end(tell);
  }

  #see(frame: Frame, at: number, tell: (cue: Cue) => void): void {
    const { state } = this;
    if (state.hz > 0 && Math.abs(this.#foundHz - state.hz) > SAME_SHARE * state.hz) {
      if (state.isTold) return;
      state.hz = 0;
    }
    if (state.hz === 0) {
      state.hz = this.#foundHz;
      state.since = at;
      state.hits = 0;
      state.peak = 0;
      state.share = 0;
      state.harmonics = 0;
    }
    state.last = at;
    state.hits += 1;
    state.hz += 0.1 * (this.#foundHz - state.hz);
    state.peak = Math.max(state.peak, this.#foundPower);
    state.share += this.#foundShare;
    state.harmonics = Math.max(state.harmonics, this.#foundHarmonics);
    const isHeld = at - state.since >= HELD_SEC * this.#front.sampleRate;
    const expected = (at - state.since) / (2 * this.#front.hopSamples);
    if (state.isTold || !isHeld || state.hits < 0.8 * expected) return;
    const isInTrain = state.since - state.lastEnd < TRAIN_GAP_SEC * this.#front.sampleRate;
    state.isTold = true;
    state.isSilent = !this.#limit.allow(frame.hop);
    state.count = isInTrain ? state.count + 1 : 1;
    if (!state.isSilent) tell(this.#cue(null));
  }

  #end(tell: (cue: Cue) => void): void {
    const { state } = this;
    if (state.isTold) {
      state.lastEnd = state.last;
      if (!state.isSilent) tell(this.#cue(state.last));
    }
    state.hz = 0;
    state.isTold = false;
  }

  /** The fundamental whose harmonics hold most power; candidates are the peaks of its range. */
  #search(power: Float32Array): void {
    const { smooth } = this.#floor;
    this.#foundHz = 0;
    this.#foundPower = 0;
    let total = 1e-13;
    for (let k = this.#low; k < this.#top; k += 1) total += power[k]!;
    for (let k = this.#low; k <= this.#high; k += 1) {
      if (!this.#isNew(k) || smooth[k]! < smooth[k - 1]! || smooth[k]! <= smooth[k + 1]!) continue;
      this.#try(k, total);
    }
    if (this.#foundPower / total < STACK_SHARE) this.#foundHz = 0;
    this.#foundShare = this.#foundPower / total;
  }

  #try(k: number, total: number): void {
    const { smooth } = this.#floor;
    const base = peakOf(smooth, k);
    let sum = 0;
    let count = 0;
    let refined = base;
    for (let h = 1; h <= MOST_HARMONICS; h += 1) {
      const center = Math.round(refined * h);
      if (center + 2 >= this.#top) break;
      let best = center;
      for (let i = center - 1; i <= center + 1; i += 1) if (smooth[i]! > smooth[best]!) best = i;
      const valley = smooth[Math.round(refined * (h + 0.5))]!;
      if (!this.#isNew(best) || smooth[best]! < VALLEY_RATIO * valley) {
        if (h > 2) break;
        continue;
      }
      count += 1;
      sum += 2.4 * smooth[best]!;
      refined = peakOf(smooth, best) / h;
    }
    if (count < FEWEST_HARMONICS || sum <= this.#foundPower || sum > 2 * total) return;
    this.#foundPower = Math.min(sum, total);
    this.#foundHz = refined * this.#front.binHz;
    this.#foundHarmonics = count;
  }

  #isNew(k: number): boolean {
    return this.#floor.smooth[k]! > NEW_RATIO * this.#floor.state.inTime[k]!;
  }

  #cue(end: number | null): Cue {
    const { state } = this;
    const { origin } = this.#front.state;
    return {
      key: `horn-${Math.round(origin + state.since)}`,
      kind: "horn",
      onset: origin + state.since,
      end: end === null ? null : origin + end,
      onsetSdSec: 0.02,
      score: Math.min(0.97, 0.3 + 0.5 * (state.share / state.hits) + 0.04 * state.harmonics),
      count: state.count,
      levelDb: powerToDb(state.peak),
      tonesHz: Array.from({ length: state.harmonics }, (_, i) => Math.round(state.hz * (i + 1))),
      reported: origin + this.#front.heardUpTo,
      isFinal: end !== null,
      flags: [],
    };
  }
}

/** Place of the maximum near bin `k`, by a parabola. */
function peakOf(smooth: Float32Array, k: number): number {
  const before = smooth[k - 1]!;
  const after = smooth[k + 1]!;
  const curve = before - 2 * smooth[k]! + after;
  return k + (curve < 0 ? (0.5 * (before - after)) / curve : 0);
}
