import type { Front } from "./front.js";

/** The tone is measured between 15 and 95 ms after its rough onset; the noise between 110 and 30 ms before it. */
const FROM_SEC = 0.015;
const TO_SEC = 0.095;
const NOISE_FROM_SEC = 0.11;
const NOISE_TO_SEC = 0.03;
/** Window of the noise's measure: errors of the onset are this long times noise over tone. */
const NOISE_WINDOW_SEC = 0.01;
/** Frequencies are refined by at most this much. */
const MOST_OFF_HZ = 12;
/** Loudspeakers fade tones in; what no noise explains. */
const FADE_SEC = 0.0015;
const OWN_SD_SEC = 0.0015;

export interface ToneOnset {
  /** Relative to the stream's start, samples with a fraction. */
  at: number;
  sdSec: number;
  hz: number;
  /** Amplitude, full scale 1. */
  amplitude: number;
  /** Noise near the tone's frequency before it, over its amplitude. */
  noise: number;
}

/**
 * Times the beginning of a steady tone on the kept sound: where the likelihood of "noise until here, this very sine after it" is greatest (white noise).
 * The sine's frequency and phase are those of the sound after the rough onset, so that neighbours in frequency average out.
 */
export class ToneTimer {
  readonly result: ToneOnset = { at: 0, sdSec: 0, hz: 0, amplitude: 0, noise: 0 };
  readonly #front: Front;
  readonly #sound: Float32Array;
  readonly #before: number;
  readonly #sum = { re: 0, im: 0 };

  constructor(front: Front) {
    this.#front = front;
    this.#before = Math.ceil(NOISE_FROM_SEC * front.sampleRate);
    this.#sound = new Float32Array(this.#before + Math.ceil(TO_SEC * front.sampleRate));
  }

  /** `near`: rough onset, to `reachSec`; `hz`: to 10 Hz. False when the sound is not kept or shows no such tone. */
  time(near: number, hz: number, reachSec: number): boolean {
    const front = this.#front;
    const from = Math.round(near) - this.#before;
    const to = from + this.#sound.length;
    if (from < front.oldest || from < front.state.invalidUntil || !front.read(from, to, this.#sound)) return false;
    const rate = front.sampleRate;
    const begin = this.#before + Math.round(FROM_SEC * rate);
    const half = (this.#sound.length - begin) >> 1;
    const exact = hz + this.#offBy(begin, half, hz);
    this.#project(begin, begin + 2 * half, exact);
    const { re, im } = this.#sum;
    const amplitude = (2 * Math.hypot(re, im)) / (2 * half);
    if (!(amplitude > 0)) return false;
    const result = this.result;
    result.hz = exact;
    result.amplitude = amplitude;
    result.noise = this.#noise(exact) / amplitude;
    const step = this.#steepest(exact, Math.atan2(im, re), amplitude, Math.round(reachSec * rate));
    result.at = from + step - FADE_SEC * rate;
    result.sdSec = Math.hypot(OWN_SD_SEC, NOISE_WINDOW_SEC * result.noise);
    return true;
  }

  /** Amplitude of a sine of `hz` between two positions, full scale 1; negative when that sound is not kept (at most 80 ms are taken). */
  amplitudeOf(hz: number, from: number, to: number): number {
    const length = Math.min(Math.round(to) - Math.round(from), this.#sound.length);
    const first = Math.round(from);
    const isKept = first >= this.#front.oldest && first >= this.#front.state.invalidUntil && length > 0;
    if (!isKept || !this.#front.read(first, first + length, this.#sound)) return -1;
    this.#project(0, length, hz);
    return (2 * Math.hypot(this.#sum.re, this.#sum.im)) / length;
  }

  /** How far the tone is from `hz`: its phase's step from one half of the plateau to the other. */
  #offBy(begin: number, half: number, hz: number): number {
    this.#project(begin, begin + half, hz);
    const { re, im } = this.#sum;
    this.#project(begin + half, begin + 2 * half, hz);
    const turn = Math.atan2(this.#sum.im * re - this.#sum.re * im, this.#sum.re * re + this.#sum.im * im);
    const off = (turn * this.#front.sampleRate) / (2 * Math.PI * half);
    return Math.max(-MOST_OFF_HZ, Math.min(MOST_OFF_HZ, off));
  }

  /** Sum of sound times e^(-iwt), t counted from the buffer's start, into `#sum`. */
  #project(from: number, to: number, hz: number): void {
    const w = (2 * Math.PI * hz) / this.#front.sampleRate;
    const c = Math.cos(w);
    const s = Math.sin(w);
    let cosine = Math.cos(w * from);
    let sine = Math.sin(w * from);
    let re = 0;
    let im = 0;
    for (let i = from; i < to; i += 1) {
      const x = this.#sound[i]!;
      re += x * cosine;
      im -= x * sine;
      const next = cosine * c - sine * s;
      sine = sine * c + cosine * s;
      cosine = next;
    }
    this.#sum.re = re;
    this.#sum.im = im;
  }

  /** Amplitude (RMS of windows of 10 ms) at the tone's frequency before it. */
  #noise(hz: number): number {
    const window = Math.round(NOISE_WINDOW_SEC * this.#front.sampleRate);
    const end = this.#before - Math.round(NOISE_TO_SEC * this.#front.sampleRate);
    let sum = 0;
    let count = 0;
    for (let at = 0; at + window <= end; at += window) {
      this.#project(at, at + window, hz);
      sum += (4 * (this.#sum.re ** 2 + this.#sum.im ** 2)) / window ** 2;
      count += 1;
    }
    return Math.sqrt(sum / Math.max(1, count));
  }

  /** Index after which the sum of x s - s^2 / 2 is greatest, s being the sine: the most likely beginning. */
  #steepest(hz: number, phase: number, amplitude: number, reach: number): number {
    const w = (2 * Math.PI * hz) / this.#front.sampleRate;
    const low = Math.max(0, this.#before - reach);
    const high = Math.min(this.#sound.length - 1, this.#before + reach);
    const c = Math.cos(w);
    const s = Math.sin(w);
    let cosine = Math.cos(w * high + phase);
    let sine = Math.sin(w * high + phase);
    let sum = 0;
    let best = 0;
    let at = high;
    for (let i = high - 1; i >= low; i -= 1) {
      const next = cosine * c + sine * s;
      sine = sine * c - cosine * s;
      cosine = next;
      const wave = amplitude * cosine;
      sum += this.#sound[i]! * wave - 0.5 * wave * wave;
      if (sum <= best) continue;
      best = sum;
      at = i;
    }
    return at;
  }
}
