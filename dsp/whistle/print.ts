import type { Front } from "../front.js";

/** A print is the blast from 10 ms before its onset on, moved down to 0 Hz and thinned out to about this many complex samples a second. */
const PRINT_RATE_HZ = 2600;
const BEFORE_SEC = 0.01;
/** What the front still holds of a blast when its print is taken. */
export const PRINT_SEC = 0.36;
/** The centre lies on this grid, so that two hearings of one blast have the same or neighbouring ones. */
const GRID_HZ = 200;
/** Length of the Hann low-pass in thinned samples: first null at half the thinned rate. */
const TAPS = 4;
const LARGEST = 127;

/** One blast's waveform, in text, because a snapshot holds dozens of them: 8 bit, real and imaginary part in turn. */
export interface Print {
  centreHz: number;
  /** base64 */
  text: string;
}

/** Takes prints of what the front holds. */
export class Printer {
  readonly #front: Front;
  readonly #thin: number;
  readonly #sound: Float32Array;
  readonly #lowPass: Float32Array;
  #turnCos = 1;
  #turnSin = 0;

  constructor(front: Front) {
    this.#front = front;
    this.#thin = Math.max(1, Math.round(front.sampleRate / PRINT_RATE_HZ));
    const taps = TAPS * this.#thin;
    this.#lowPass = Float32Array.from(
      { length: taps },
      (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / taps),
    );
    this.#sound = new Float32Array(Math.ceil((BEFORE_SEC + PRINT_SEC) * front.sampleRate) + taps);
  }

  /** Samples of a print a second. */
  get rateHz(): number {
    return this.#front.sampleRate / this.#thin;
  }

  /** The sound from `onset` up to `end` at most, both relative to the stream's start; `null` when it is not held any more. */
  take(onset: number, end: number, hz: number): Print | null {
    const { sampleRate, state } = this.#front;
    const from = Math.max(this.#front.oldest, Math.round(onset - BEFORE_SEC * sampleRate));
    const to = Math.min(state.taken, Math.round(Math.min(end, onset + PRINT_SEC * sampleRate)));
    const length = Math.floor((to - from - this.#lowPass.length) / this.#thin);
    const isLate = from - onset > 0.1 * sampleRate;
    if (isLate || length < 2 || !this.#front.read(from, to, this.#sound)) return null;
    const centreHz = GRID_HZ * Math.round(hz / GRID_HZ);
    const step = (2 * Math.PI * centreHz) / sampleRate;
    this.#turnCos = Math.cos(step);
    this.#turnSin = Math.sin(step);
    return { centreHz, text: toText(this.#thinned(length, step)) };
  }

  /** Moves the sound down by `step` radians a sample and keeps every `thin`-th of what is left below half the thinned rate. */
  #thinned(length: number, step: number): Float32Array {
    const taps = this.#lowPass.length;
    const thinned = new Float32Array(2 * length);
    for (let i = 0; i < length; i += 1) {
      const from = i * this.#thin;
      // The phase is taken anew for each thinned sample; within one it is turned on from sample to sample.
      let cos = Math.cos(step * from);
      let sin = Math.sin(step * from);
      let re = 0;
      let im = 0;
      for (let k = 0; k < taps; k += 1) {
        const x = this.#sound[from + k]! * this.#lowPass[k]!;
        re += x * cos;
        im -= x * sin;
        const turned = cos * this.#turnCos - sin * this.#turnSin;
        sin = sin * this.#turnCos + cos * this.#turnSin;
        cos = turned;
      }
      thinned[2 * i] = re;
      thinned[2 * i + 1] = im;
    }
    return thinned;
  }
}

function toText(values: Float32Array): string {
  let peak = 1e-20;
  for (const value of values) if (Math.abs(value) > peak) peak = Math.abs(value);
  const bytes = new Int8Array(values.length);
  for (let i = 0; i < values.length; i += 1) bytes[i] = Math.round((LARGEST * values[i]!) / peak);
  return Buffer.from(bytes.buffer).toString("base64");
}

function fromText(text: string): Int8Array {
  const bytes = Buffer.from(text, "base64");
  return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length - (bytes.length % 2));
}

/** Where a blast sounds steadily: not its attack, not its end. */
const STEADY_FROM_SEC = 0.06;
const STEADY_UNTIL_SEC = 0.03;
const LEAST_STEADY_SEC = 0.08;

/** Standard deviation over mean of the steady part's envelope; `null` where too little is steady. A pea's trill and close tones that beat make it rough. */
export function roughness(print: Print, rateHz: number): number | null {
  const values = fromText(print.text);
  const from = Math.round(STEADY_FROM_SEC * rateHz);
  const to = values.length / 2 - Math.round(STEADY_UNTIL_SEC * rateHz);
  if (to - from < LEAST_STEADY_SEC * rateHz) return null;
  let sum = 0;
  let squares = 0;
  for (let i = 2 * from; i < 2 * to; i += 2) {
    const power = values[i]! * values[i]! + values[i + 1]! * values[i + 1]!;
    sum += Math.sqrt(power);
    squares += power;
  }
  const mean = sum / (to - from);
  return mean > 0 ? Math.sqrt(Math.max(0, squares / (to - from) - mean * mean)) / mean : null;
}

/** Two hearings of one blast are timed to 40 ms of each other at worst. */
const MOST_SHIFT_SEC = 0.04;
/** Centres further apart than this share too little of the spectrum. */
const MOST_APART_HZ = 600;
/** A first look at every fourth sample: what is less alike there is not the same sound, and most are not. */
const GLANCE_STRIDE = 4;
const GLANCE_COHERENCE = 0.4;
/** Less sound in common than this is no evidence. */
const LEAST_SEC = 0.12;

/**
 * Coherence of two prints, 0..1: the largest magnitude of their normalised cross-correlation over shifts of up to 40 ms. The same sound keeps its
 * phases through gain, filters and noise; two blasts of one whistle and one referee do not share theirs.
 */
export function coherence(a: Print, b: Print, rateHz: number): number {
  if (Math.abs(a.centreHz - b.centreHz) > MOST_APART_HZ) return 0;
  const x = fromText(a.text);
  const y = turned(fromText(b.text), (2 * Math.PI * (b.centreHz - a.centreHz)) / rateHz);
  const glance = bestOf(x, y, rateHz, GLANCE_STRIDE);
  return glance < GLANCE_COHERENCE ? glance : bestOf(x, y, rateHz, 1);
}

function bestOf(x: Int8Array, y: Float32Array, rateHz: number, stride: number): number {
  const shifts = Math.round(MOST_SHIFT_SEC * rateHz);
  const least = LEAST_SEC * rateHz;
  let best = 0;
  for (let shift = -shifts; shift <= shifts; shift += 1) {
    const from = Math.max(0, -shift);
    const to = Math.min(x.length / 2, y.length / 2 - shift);
    if (to - from >= least) best = Math.max(best, coherenceAt(x, y, shift, from, to, stride));
  }
  return best;
}

function coherenceAt(x: Int8Array, y: Float32Array, shift: number, from: number, to: number, stride: number): number {
  let re = 0;
  let im = 0;
  let powerX = 1e-9;
  let powerY = 1e-9;
  for (let i = 2 * from, j = 2 * (from + shift); i < 2 * to; i += 2 * stride, j += 2 * stride) {
    const xr = x[i]!;
    const xi = x[i + 1]!;
    const yr = y[j]!;
    const yi = y[j + 1]!;
    re += xr * yr + xi * yi;
    im += xi * yr - xr * yi;
    powerX += xr * xr + xi * xi;
    powerY += yr * yr + yi * yi;
  }
  return Math.sqrt((re * re + im * im) / (powerX * powerY));
}

/** Moves the spectrum by `step` radians a sample. */
function turned(values: Int8Array, step: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let i = 0; i < values.length; i += 2) {
    const cos = Math.cos((step * i) / 2);
    const sin = Math.sin((step * i) / 2);
    out[i] = values[i]! * cos - values[i + 1]! * sin;
    out[i + 1] = values[i]! * sin + values[i + 1]! * cos;
  }
  return out;
}
