import type { SampleBlock } from "./cue.js";
import type { RealTransform, Transforms } from "./transform.js";
import { transformSize } from "./transform.js";

/** Window 21.3 ms: resolves tones 90 Hz apart, short enough to follow the attack of a whistle. Hop 5 ms: ten hops are one 20 Hz column. */
const WINDOW_SEC = 0.0213;
const HOPS_PER_SEC = 200;
/** Bins above this frequency are not kept: no detector looks there. */
const TOP_HZ = 8200;
/** Raw sound kept behind the newest sample for timing onsets; whistles are told at the latest 0.25 s after their onset. */
const KEEP_SEC = 0.45;
/** Room for new sound before the kept is moved to the front: small, because a snapshot holds it all, and moving 86 kB 20 times a second costs nothing. */
const ROOM_SEC = 0.05;
/** A longer gap is jumped over, not walked through hop by hop. */
const WALKED_GAP_SEC = 1;
/** After a longer gap the numbering begins anew: positions stay small enough to count single samples. */
const LONGEST_GAP_SEC = 7 * 86_400;
/** Indices are whole numbers that a double holds exactly, with room to add. */
const LAST_INDEX = 2 ** 51;
/** Beyond this a number is no sound, whatever the scale (32-bit integers sold as floats). Its power still fits a float. */
const LARGEST_SAMPLE = 3e9;

/** One hop of the analysis. The object and its arrays are reused: read, do not keep. */
export interface Frame {
  /** Mean square per bin (1 = full-scale square), bins 0 .. `bins` - 1. Meaningless when not `valid`. */
  readonly power: Float32Array;
  /** Position of the hop since the start of the stream, in hops. */
  hop: number;
  /** First sample of the window, relative to the stream's start. */
  start: number;
  /** False when any sample of the window was lost or not a number. */
  valid: boolean;
  /** One past the newest sample that was lost or not a number, relative to the stream's start. */
  invalidUntil: number;
}

/** Plain data, for the snapshot. */
interface FrontState {
  hasBegun: boolean;
  /** Stream's index of the first sample ever pushed. All other positions are relative to it. */
  origin: number;
  /** Samples taken so far. */
  taken: number;
  /** Position of `samples[0]`. */
  base: number;
  nextStart: number;
  hop: number;
  invalidUntil: number;
  invalidSamples: number;
  samples: Float32Array;
  intervalSum: number;
  intervalSquares: number;
  intervalPeak: number;
  intervalCount: number;
}

/**
 * From blocks to frames: keeps the newest sound, cuts it into windows on a fixed grid that starts at the first sample, transforms each window once.
 * The grid does not depend on how the stream is cut into blocks.
 */
export class Front {
  readonly sampleRate: number;
  readonly size: number;
  readonly hopSamples: number;
  readonly binHz: number;
  readonly bins: number;
  readonly frame: Frame;
  readonly state: FrontState;
  readonly #transform: RealTransform;
  readonly #window: Float32Array;
  readonly #keep: number;

  constructor(sampleRate: number, transforms: Transforms) {
    this.sampleRate = sampleRate;
    this.size = transformSize(WINDOW_SEC * sampleRate);
    this.hopSamples = Math.max(1, Math.round(sampleRate / HOPS_PER_SEC));
    this.binHz = sampleRate / this.size;
    this.bins = Math.min(this.size / 2, Math.floor(TOP_HZ / this.binHz) + 1);
    this.#transform = transforms.get(this.size);
    this.#window = hannWindow(this.size);
    this.#keep = Math.max(Math.ceil(KEEP_SEC * sampleRate), 2 * this.size);
    this.frame = { power: new Float32Array(this.bins), hop: 0, start: 0, valid: false, invalidUntil: 0 };
    this.state = emptyState(this.#keep + Math.max(this.size, Math.ceil(ROOM_SEC * sampleRate)));
  }

  /**
   * Takes a block and calls `onFrame` for each window it completes. Jumps of `firstSample` are lost sound; samples that were heard
   * already are passed over; a jump back of more
   * than a second, or ahead of more than a week, begins the stream's numbering anew at the same position.
   */
  push(block: SampleBlock, onFrame: (frame: Frame) => void): void {
    const state = this.state;
    const isPossible = Math.abs(block.firstSample) < LAST_INDEX;
    const first = isPossible ? Math.round(block.firstSample) : state.origin + state.taken;
    if (!state.hasBegun) {
      state.hasBegun = true;
      state.origin = first;
    }
    let gap = first - (state.origin + state.taken);
    if (gap < -this.sampleRate * WALKED_GAP_SEC || gap > this.sampleRate * LONGEST_GAP_SEC) {
      state.origin = first - state.taken;
      gap = 0;
      state.invalidUntil = state.taken;
    }
    if (gap > 0) this.#lose(gap, onFrame);
    this.#take(block, gap < 0 ? -gap : 0, first - state.origin, onFrame);
  }

  /** The kept sound from position `from` up to `to` (exclusive) into `into`; false when it is no longer (or not yet) there. */
  read(from: number, to: number, into: Float32Array): boolean {
    const { base, taken, samples } = this.state;
    if (from < base || to > taken) return false;
    for (let i = from, j = 0; i < to; i += 1, j += 1) into[j] = samples[i - base]!;
    return true;
  }

  /** One past the newest sample that the last frame held: what a causal listener could know. */
  get heardUpTo(): number {
    return this.state.nextStart - this.hopSamples + this.size;
  }

  /** Oldest position to `read` from: older sound may be there or not, depending on how the stream was cut into blocks. */
  get oldest(): number {
    return Math.max(this.state.base, this.state.taken - this.#keep);
  }

  #lose(gap: number, onFrame: (frame: Frame) => void): void {
    const state = this.state;
    const walked = Math.ceil(this.sampleRate * WALKED_GAP_SEC);
    state.invalidSamples += gap;
    if (gap > 2 * walked) {
      this.#walk(walked, onFrame);
      const hops = Math.floor((gap - 2 * walked) / this.hopSamples);
      const jumped = hops * this.hopSamples;
      state.taken += jumped;
      state.base += jumped;
      state.nextStart += jumped;
      state.hop += hops;
      this.#walk(gap - walked - jumped, onFrame);
      return;
    }
    this.#walk(gap, onFrame);
  }

  #walk(count: number, onFrame: (frame: Frame) => void): void {
    const state = this.state;
    for (let left = count; left > 0; ) {
      const step = Math.min(left, this.#untilFrame());
      this.#makeRoom(step);
      state.samples.fill(0, state.taken - state.base, state.taken - state.base + step);
      state.taken += step;
      state.invalidUntil = state.taken;
      left -= step;
      this.#emit(onFrame);
    }
  }

  #take(block: SampleBlock, skip: number, position: number, onFrame: (frame: Frame) => void): void {
    const state = this.state;
    const { samples, invalid } = block;
    for (let i = skip; i < samples.length; ) {
      const step = Math.min(samples.length - i, this.#untilFrame());
      this.#makeRoom(step);
      this.#copy(samples, i, step);
      for (let k = 0; k < invalid.length; k += 1) {
        const range = invalid[k]!;
        this.#mask(range.from - state.origin, range.to - state.origin, position + i, step);
      }
      i += step;
      this.#emit(onFrame);
    }
  }

  #copy(samples: Float32Array, from: number, count: number): void {
    const state = this.state;
    const kept = state.samples;
    let at = state.taken - state.base;
    let sum = state.intervalSum;
    let squares = state.intervalSquares;
    let peak = state.intervalPeak;
    for (let i = from; i < from + count; i += 1) {
      const x = samples[i]!;
      if (x <= LARGEST_SAMPLE && x >= -LARGEST_SAMPLE) {
        kept[at] = x;
        sum += x;
        squares += x * x;
        if (x > peak) peak = x;
        else if (-x > peak) peak = -x;
      } else {
        kept[at] = 0;
        state.invalidUntil = at + state.base + 1;
        state.invalidSamples += 1;
      }
      at += 1;
    }
    state.intervalSum = sum;
    state.intervalSquares = squares;
    state.intervalPeak = peak;
    state.intervalCount += count;
    state.taken += count;
  }

  #mask(from: number, to: number, position: number, count: number): void {
    const lo = Math.max(from, position);
    const hi = Math.min(to, position + count);
    if (!(hi > lo)) return;
    const state = this.state;
    state.samples.fill(0, Math.floor(lo) - state.base, Math.ceil(hi) - state.base);
    state.invalidUntil = Math.max(state.invalidUntil, Math.ceil(hi));
    state.invalidSamples += Math.ceil(hi) - Math.floor(lo);
  }

  #untilFrame(): number {
    return this.state.nextStart + this.size - this.state.taken;
  }

  #makeRoom(count: number): void {
    const state = this.state;
    if (state.taken - state.base + count <= state.samples.length) return;
    const drop = state.taken - state.base - this.#keep;
    state.samples.copyWithin(0, drop, state.taken - state.base);
    state.base += drop;
  }

  #emit(onFrame: (frame: Frame) => void): void {
    const state = this.state;
    if (state.taken < state.nextStart + this.size) return;
    const frame = this.frame;
    frame.start = state.nextStart;
    frame.hop = state.hop;
    frame.invalidUntil = state.invalidUntil;
    frame.valid = state.invalidUntil <= frame.start;
    if (frame.valid) this.#analyse(frame.start - state.base);
    state.nextStart += this.hopSamples;
    state.hop += 1;
    onFrame(frame);
  }

  #analyse(from: number): void {
    const input = this.#transform.input();
    const { samples } = this.state;
    const window = this.#window;
    // Sizes are multiples of 32.
    for (let i = 0, j = from; i < input.length; i += 4, j += 4) {
      input[i] = samples[j]! * window[i]!;
      input[i + 1] = samples[j + 1]! * window[i + 1]!;
      input[i + 2] = samples[j + 2]! * window[i + 2]!;
      input[i + 3] = samples[j + 3]! * window[i + 3]!;
    }
    const spectrum = this.#transform.run();
    const { power } = this.frame;
    power[0] = 0.5 * spectrum[0]! * spectrum[0]!;
    for (let k = 1; k < power.length; k += 1) {
      const re = spectrum[2 * k]!;
      const im = spectrum[2 * k + 1]!;
      power[k] = re * re + im * im;
    }
  }
}

/** Hann, scaled so that the powers of all bins sum to the mean square of the windowed sound (Parseval). */
export function hannWindow(size: number): Float32Array {
  let squares = 0;
  const shape = Float64Array.from({ length: size }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size));
  for (const value of shape) squares += value * value;
  const scale = Math.sqrt(2 / (size * squares));
  return Float32Array.from(shape, (value) => value * scale);
}

function emptyState(length: number): FrontState {
  return {
    hasBegun: false,
    origin: 0,
    taken: 0,
    base: 0,
    nextStart: 0,
    hop: 0,
    invalidUntil: 0,
    invalidSamples: 0,
    samples: new Float32Array(length),
    intervalSum: 0,
    intervalSquares: 0,
    intervalPeak: 0,
    intervalCount: 0,
  };
}
