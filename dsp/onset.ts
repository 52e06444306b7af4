import { type Front, hannWindow } from "./front.js";
import { selectAt } from "./order.js";
import { type RealTransform, type Transforms, transformSize } from "./transform.js";

/** Fine envelope: windows of 10.7 ms every 1.33 ms. */
const WINDOW_SEC = 0.0107;
const STEP_SEC = 0.00133;
const BEFORE_SEC = 0.14;
const AFTER_SEC = 0.13;
/** The onset is where the envelope comes to stay above its plateau - 12 dB and the noise + 8 dB. */
const UNDER_PLATEAU = 10 ** -1.2;
const OVER_NOISE = 10 ** 0.8;
const HIGHEST_SHARE = 0.35;
/** -3 dB: the plateau is reached. */
const STRONG = 0.5;
const LONGEST_DIP = 9;
const MOST_HIDDEN = 18;
const STEPS = Math.ceil((BEFORE_SEC + AFTER_SEC) / STEP_SEC) + 4;

export interface Onset {
  /** Relative to the stream's start, in samples with a fraction. */
  at: number;
  sdSec: number;
  /** Plateau over the noise before, power ratio. */
  rise: number;
  /** From the onset to 3 dB below the plateau. */
  attackSec: number;
}

/** Times onsets on the kept sound. Called once or twice per candidate, not per hop. */
export class OnsetFinder {
  readonly result: Onset = { at: 0, sdSec: 0, rise: 1, attackSec: 0 };
  readonly #front: Front;
  readonly #transform: RealTransform;
  readonly #window: Float32Array;
  readonly #sound: Float32Array;
  readonly #step: number;
  readonly #belowHz: number;
  readonly #aboveHz: number;
  readonly #envelope = new Float64Array(STEPS);
  readonly #sorted = new Float64Array(STEPS);

  /** `belowHz`, `aboveHz`: how far from the tone its attack may lie. */
  constructor(front: Front, transforms: Transforms, belowHz: number, aboveHz: number) {
    this.#belowHz = belowHz;
    this.#aboveHz = aboveHz;
    this.#front = front;
    this.#transform = transforms.get(transformSize(WINDOW_SEC * front.sampleRate));
    this.#window = hannWindow(this.#transform.size);
    this.#sound = new Float32Array(this.#transform.size);
    this.#step = Math.max(1, Math.round(STEP_SEC * front.sampleRate));
  }

  /** `near`: a rough onset; `hz`: the tone. False when too little of the sound is kept to tell; else `result` holds it. */
  find(near: number, hz: number): boolean {
    const { front, size } = { front: this.#front, size: this.#transform.size };
    const { taken, invalidUntil } = front.state;
    const from = Math.max(front.oldest, invalidUntil, Math.round(near - BEFORE_SEC * front.sampleRate) - (size >> 1));
    const to = Math.min(taken, Math.round(near + AFTER_SEC * front.sampleRate) + (size >> 1));
    const count = Math.min(STEPS, Math.floor((to - from - size) / this.#step) + 1);
    if (count < 30) return false;
    this.#measure(from, count, hz);
    this.#decide(from, count, near);
    return true;
  }

  #measure(from: number, count: number, hz: number): void {
    const binHz = this.#front.sampleRate / this.#transform.size;
    const low = Math.max(1, Math.round((hz - this.#belowHz) / binHz));
    const high = Math.min(this.#transform.size / 2 - 1, Math.round((hz + this.#aboveHz) / binHz));
    for (let i = 0; i < count; i += 1) {
      this.#front.read(from + i * this.#step, from + i * this.#step + this.#transform.size, this.#sound);
      const input = this.#transform.input();
      for (let j = 0; j < input.length; j += 1) input[j] = this.#sound[j]! * this.#window[j]!;
      const spectrum = this.#transform.run();
      let best = 1e-16;
      for (let k = low; k <= high; k += 1) {
        const power = spectrum[2 * k]! * spectrum[2 * k]! + spectrum[2 * k + 1]! * spectrum[2 * k + 1]!;
        if (power > best) best = power;
      }
      this.#envelope[i] = best;
    }
  }

  #decide(from: number, count: number, near: number): void {
    const rate = this.#front.sampleRate;
    const half = this.#transform.size / 2;
    const indexOf = (position: number): number => Math.round((position - from - half) / this.#step);
    const top = Math.min(count - 1, Math.max(8, indexOf(near + 0.03 * rate)));
    const plateau = this.#quantile(Math.max(0, indexOf(near)), count, 0.8);
    const quiet = Math.max(6, Math.min(top - 4, indexOf(near - 0.03 * rate)));
    const noise = this.#quantile(0, quiet, 0.5);
    const threshold = Math.min(Math.max(plateau * UNDER_PLATEAU, noise * OVER_NOISE), plateau * HIGHEST_SHARE);
    let at = top;
    while (at < count - 1 && this.#envelope[at]! < threshold) at += 1;
    const first = this.#firstAbove(at, threshold);
    let strong = first;
    while (strong < count - 1 && this.#envelope[strong]! < plateau * STRONG) strong += 1;
    const before = first > 0 ? this.#envelope[first - 1]! : threshold;
    const here = this.#envelope[first]!;
    const part = here > before ? Math.min(1, Math.max(0, (here - threshold) / (here - before))) : 0;
    const hidden = this.#hiddenSteps(strong - first, threshold / plateau);
    this.result.at = from + half + (first - part - hidden) * this.#step;
    this.result.rise = plateau / noise;
    this.result.attackSec = (strong - first + hidden) * STEP_SEC;
    this.result.sdSec = this.#deviation(first, hidden, plateau / noise);
  }

  /** Back from `at` to where the envelope came to stay above the threshold; dips of the pea's trill do not count. */
  #firstAbove(at: number, threshold: number): number {
    let below = 0;
    let first = at;
    for (let i = at; i >= 0 && below <= LONGEST_DIP; i -= 1) {
      if (this.#envelope[i]! >= threshold) {
        first = i;
        below = 0;
      } else below += 1;
    }
    return first;
  }

  /** Steps of the attack that the noise hides: the ramp that was seen (threshold to -3 dB) carried on down to -12 dB. */
  #hiddenSteps(seen: number, share: number): number {
    if (share <= UNDER_PLATEAU * 1.01 || share >= STRONG) return 0;
    const ramp = seen / Math.log(STRONG / share);
    return Math.min(MOST_HIDDEN, ramp * Math.log(share / UNDER_PLATEAU));
  }

  #deviation(first: number, hidden: number, rise: number): number {
    if (first === 0) return 0.05;
    return 0.005 + 0.25 * hidden * STEP_SEC + (rise < 30 ? 0.006 : 0) + (rise < 8 ? 0.02 : 0);
  }

  #quantile(from: number, to: number, share: number): number {
    const length = Math.max(1, to - from);
    for (let i = 0; i < length; i += 1) this.#sorted[i] = this.#envelope[from + i]!;
    const rank = Math.min(length - 1, Math.floor(share * length));
    selectAt(this.#sorted, length, rank);
    return this.#sorted[rank]!;
  }
}
