import type { MonoMicros, SampleClock, UnixMicros } from "../../../sync/index.js";
import { MICROS_PER_SECOND } from "../../../sync/index.js";

const BUCKET_MICROS = 5 * MICROS_PER_SECOND;
/** One minute: at 50 ppm a source's clock moves 3 ms in it. */
const BUCKETS = 12;
/** Delay that stays above the believed one by this much for a whole bucket is no jitter: sound was lost on the way. */
const LOST_MICROS = 50_000;
const WALL_STEP_MICROS = 50_000;
const WALL_FOLLOW = 0.05;

/**
 * Unix time of a live source's samples. Blocks arrive late, never early: of all that arrived within the last minute, the one that
 * came soonest after its last sample shows where the sample clock stands (minimum-delay filter). The rate is the nominal one; drift is
 * followed by the moving minimum. What all blocks share (encoder, network, console) cannot be seen: that is the path delay.
 */
export class LiveClock {
  readonly #rateHz: number;
  /** Smallest arrival minus sample time, on the monotonic clock, one per bucket, newest last. */
  #minima: number[] = [];
  #bucketEndsAt = Number.NEGATIVE_INFINITY;
  /** Unix minus monotonic time. */
  #wallOffset = Number.NaN;
  #lastSample = 0;
  #zeroMono = Number.NaN;

  constructor(rateHz: number) {
    this.#rateHz = rateHz;
  }

  get isSet(): boolean {
    return !Number.isNaN(this.#zeroMono);
  }

  /** `sampleEnd`: the sample after the newest one that has arrived. */
  observe(sampleEnd: number, mono: MonoMicros, wall: UnixMicros): void {
    this.#followWall(wall - mono);
    this.#lastSample = sampleEnd;
    const zero = mono - (sampleEnd / this.#rateHz) * MICROS_PER_SECOND;
    if (mono >= this.#bucketEndsAt) this.#openBucket(mono);
    const newest = this.#minima.length - 1;
    this.#minima[newest] = Math.min(this.#minima[newest] as number, zero);
    this.#zeroMono = Math.min(...this.#minima);
  }

  /** After an interruption: the delay may be another one, the numbering goes on. */
  forgetDelays(): void {
    this.#minima = [];
    this.#bucketEndsAt = Number.NEGATIVE_INFINITY;
  }

  /** Takes the mapping of an earlier run up. */
  resume(clock: SampleClock, mono: MonoMicros, wall: UnixMicros): void {
    this.#wallOffset = wall - mono;
    this.#zeroMono = clock.anchorTime - this.#wallOffset - (clock.anchorSample / this.#rateHz) * MICROS_PER_SECOND;
    this.#lastSample = clock.anchorSample;
  }

  /** The sample that is being played at this moment, by the mapping so far. */
  sampleAt(mono: MonoMicros): number {
    return ((mono - this.#zeroMono) / MICROS_PER_SECOND) * this.#rateHz;
  }

  /** Anchored at the newest sample, so that the nominal rate's error does not add up. */
  clock(): SampleClock {
    const sinceZero = (this.#lastSample / this.#rateHz) * MICROS_PER_SECOND;
    const anchorTime = Math.round(this.#zeroMono + sinceZero + this.#wallOffset) as UnixMicros;
    return { anchorSample: this.#lastSample, anchorTime, rateHz: this.#rateHz };
  }

  #openBucket(mono: number): void {
    const closed = this.#minima.at(-1);
    if (closed !== undefined && closed > Math.min(...this.#minima) + LOST_MICROS) this.#minima = [closed];
    this.#minima.push(Number.POSITIVE_INFINITY);
    if (this.#minima.length > BUCKETS) this.#minima.shift();
    this.#bucketEndsAt = mono + BUCKET_MICROS;
  }

  /** The wall clock has milliseconds and is slewed by NTP: followed smoothly, but a step is a step. */
  #followWall(offset: number): void {
    const change = offset - this.#wallOffset;
    if (Number.isNaN(change) || Math.abs(change) > WALL_STEP_MICROS) this.#wallOffset = offset;
    else this.#wallOffset += change * WALL_FOLLOW;
  }
}
