import type { Frame, Front } from "./front.js";
import { selectAt } from "./order.js";

/** Start lights and pips: 440-1200 Hz, with room on both sides. */
const LOW_HZ = 400;
const HIGH_HZ = 1350;
/** Bins kept beside the band, for peaks and lobes. */
const MARGIN = 3;
/** What is kept: 0.32 s of hops. */
const KEPT = 64;
/** A tone stands still for 80 ms: all but one of its hops within a factor 3 of their mean, the frequency within a quarter of a bin. */
const HELD = 16;
const UNEVEN = 1;
const EVEN_RATIO = 3;
const STILL_BINS = 0.25;
/** It began at most so long before it was found (0.2 s), from a level (median of 0.16 s) at most a quarter of its own. */
const LONGEST_AGE = 40;
const BEFORE_FROM = 6;
const BEFORE = 24;
const RISE_RATIO = 4;
const GLIDE_HOPS = 4;
const GLIDE_RATIO = 2;
/** -6 dB: half of the window is in the tone. */
const EDGE_RATIO = 4;

export interface TonesState {
  /** Ring of rows of bin powers. */
  rows: Float32Array;
  count: number;
}

/** A tone that has just been found. */
export interface FoundTone {
  bin: number;
  /** Power of its lobe, mean square. */
  power: number;
  /** Hops since it began, at its -6 dB. */
  ageHops: number;
  /** Power of the whole band now over what it was before the tone began. */
  lift: number;
}

/** Finds tones of a fixed frequency that begin suddenly. Each bin is compared with itself a little earlier, so that other lines play no part. */
export class Tones {
  readonly state: TonesState;
  readonly found: FoundTone = { bin: 0, power: 0, ageHops: 0, lift: 1 };
  readonly #from: number;
  readonly #width: number;
  readonly #before = new Float32Array(BEFORE);
  readonly #lobes = new Float64Array(KEPT);

  constructor(front: Front) {
    this.#from = Math.max(0, Math.round(LOW_HZ / front.binHz) - MARGIN);
    const to = Math.min(front.bins, Math.round(HIGH_HZ / front.binHz) + MARGIN + 1);
    this.#width = to - this.#from;
    this.state = { rows: new Float32Array(KEPT * this.#width), count: 0 };
  }

  /** Takes a hop in. */
  add(frame: Frame): void {
    const { state } = this;
    const at = (state.count % KEPT) * this.#width;
    for (let i = 0; i < this.#width; i += 1) state.rows[at + i] = frame.power[this.#from + i]!;
    state.count += 1;
  }

  /** What was lost makes the hops before it worthless. */
  forget(): void {
    this.state.count = 0;
  }

  get firstBin(): number {
    return this.#from + MARGIN;
  }

  get lastBin(): number {
    return this.#from + this.#width - 1 - MARGIN;
  }

  /** Whether a tone that began within the last 0.2 s stands at the bin; `found` then tells of it. */
  find(bin: number): boolean {
    const i = bin - this.#from;
    if (this.state.count < HELD + BEFORE_FROM + BEFORE || !this.#isPeak(i)) return false;
    if (!this.#isStill(i)) return false;
    const age = this.#age(i);
    if (age > LONGEST_AGE || !this.#isRise(i, age) || this.#isGlide(i, age)) return false;
    const early = this.#place(i, HELD >> 1, HELD);
    const late = this.#place(i, 0, HELD >> 1);
    if (Math.abs(early - late) > STILL_BINS) return false;
    this.found.bin = this.#from + i + (early + late) / 2;
    this.found.ageHops = age;
    this.found.lift = this.#lift(age);
    return true;
  }

  /** Power of the three bins around `bin`, `back` hops ago. */
  lobe(bin: number, back: number): number {
    return this.#lobe(bin - this.#from, back);
  }

  #lobe(i: number, back: number): number {
    const { rows, count } = this.state;
    const at = ((count - 1 - back) % KEPT) * this.#width + i;
    return rows[at - 1]! + rows[at]! + rows[at + 1]!;
  }

  #isPeak(i: number): boolean {
    const { rows, count } = this.state;
    const at = ((count - 1) % KEPT) * this.#width + i;
    return rows[at]! > rows[at - 1]! && rows[at]! >= rows[at + 1]!;
  }

  /** Lobes around `i` from `from` to `to` hops ago, into `#lobes`. */
  #gather(i: number, from: number, to: number): void {
    const { rows, count } = this.state;
    const width = this.#width;
    for (let back = from; back < to; back += 1) {
      const at = ((count - 1 - back) % KEPT) * width + i;
      this.#lobes[back] = rows[at - 1]! + rows[at]! + rows[at + 1]!;
    }
  }

  /** Whether all but one of the newest lobes are near their mean, which is the tone's power. The numbers go by arrays and fields: as arguments they would be allocated. */
  #isStill(i: number): boolean {
    const lobes = this.#lobes;
    this.#gather(i, 0, HELD);
    let sum = 0;
    for (let back = 0; back < HELD; back += 1) sum += lobes[back]!;
    const power = sum / HELD;
    this.found.power = power;
    let uneven = 0;
    for (let back = 0; back < HELD && uneven <= UNEVEN; back += 1) {
      const now = lobes[back]!;
      if (now * EVEN_RATIO < power || now > power * EVEN_RATIO) uneven += 1;
    }
    return power > 0 && uneven <= UNEVEN;
  }

  /** Hops since the lobe was last below -6 dB; one more than the longest when it never was. */
  #age(i: number): number {
    const { power } = this.found;
    const most = Math.min(LONGEST_AGE + 1, this.state.count);
    this.#gather(i, HELD, most);
    for (let back = HELD - 2; back < most; back += 1) if (this.#lobes[back]! * EDGE_RATIO < power) return back;
    return LONGEST_AGE + 1;
  }

  /** Whether it is far above the median of what was there before it began. */
  #isRise(i: number, age: number): boolean {
    const from = Math.min(age + BEFORE_FROM, this.state.count - BEFORE, KEPT - BEFORE);
    this.#gather(i, from, from + BEFORE);
    for (let j = 0; j < BEFORE; j += 1) this.#before[j] = this.#lobes[from + j]!;
    selectAt(this.#before, BEFORE, BEFORE >> 1);
    return this.found.power >= RISE_RATIO * this.#before[BEFORE >> 1]!;
  }

  /** Whether it came from next door: half of its power was two bins away within the 20 ms before it. */
  #isGlide(i: number, age: number): boolean {
    const { power } = this.found;
    for (let back = age + 1; back <= age + GLIDE_HOPS && back < this.state.count; back += 1) {
      if (this.#lobe(Math.max(1, i - 2), back) * GLIDE_RATIO > power) return true;
      if (this.#lobe(Math.min(this.#width - 2, i + 2), back) * GLIDE_RATIO > power) return true;
    }
    return false;
  }

  #lift(age: number): number {
    const from = Math.min(age + 2, KEPT - BEFORE, this.state.count - BEFORE);
    return this.#bandPower(0, HELD) / Math.max(1e-14, this.#bandPower(from, from + BEFORE));
  }

  #bandPower(from: number, to: number): number {
    const { rows, count } = this.state;
    let sum = 0;
    for (let back = from; back < to; back += 1) {
      const at = ((count - 1 - back) % KEPT) * this.#width;
      for (let i = 0; i < this.#width; i += 1) sum += rows[at + i]!;
    }
    return sum / (to - from);
  }

  /** Offset of the peak from bin `i`, by a parabola through the mean powers of some hops. */
  #place(i: number, from: number, to: number): number {
    const { rows, count } = this.state;
    let before = 0;
    let now = 0;
    let after = 0;
    for (let back = from; back < to; back += 1) {
      const at = ((count - 1 - back) % KEPT) * this.#width + i;
      before += rows[at - 1]!;
      now += rows[at]!;
      after += rows[at + 1]!;
    }
    const curve = before - 2 * now + after;
    return curve < 0 ? (0.5 * (before - after)) / curve : 0;
  }
}
