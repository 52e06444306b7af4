import {
  addSeconds,
  MICROS_PER_SECOND,
  type MonoMicros,
  type SampleClock,
  secondsBetween,
  timeOfSample,
  type UnixMicros,
} from "../../../sync/index.js";
import type { Clock } from "../../clock.js";
import type { FeederSnapshot } from "./channel-feeder.js";
import { LiveClock } from "./live-clock.js";
import type { SampleSource } from "./sample-source.js";

/** Where on the channel's stream, and when, the sound of a source lies. */
export interface Timeline {
  /** Frames per block: what is heard at once. */
  readonly blockFrames: number;
  /** Called when a source was opened; returns the frame of the source to go on at. */
  begin(source: SampleSource, saved: FeederSnapshot | null): number;
  /** How long to wait before the block that ends with `sampleEnd` may be heard, milliseconds; 0 or less: not at all. */
  waitMs(sampleEnd: number): number;
  /** A block has arrived: the position of its first sample in the channel's stream. */
  place(firstFrame: number, frames: number): number;
  /** False while the mapping may still move by seconds: cues are held back meanwhile. */
  isSettled(): boolean;
  clock(): SampleClock;
}

/** Short enough to tell a cue within 50 ms of its sound, long enough to cost nothing. */
const LIVE_BLOCK_SEC = 0.02;
const FAST_BLOCK_SEC = 0.1;
/** A server hands out seconds of old sound at once when it is connected to; only when that is through, the newest sample is new. */
const SETTLE_MICROS = 500_000;

/** A file: frame n is sample n of the stream, for ever. */
export class FileTimeline implements Timeline {
  readonly blockFrames: number;
  readonly #time: Clock;
  readonly #isRealtime: boolean;
  readonly #rateHz: number;
  readonly #given: UnixMicros | null;
  #start: UnixMicros | null;
  #zeroMono = 0;

  /** @param startTime as configured; `null`: `fast` the source's own, else when it was first played */
  constructor(time: Clock, rateHz: number, startTime: UnixMicros | null, pace: "realtime" | "fast") {
    this.#time = time;
    this.#rateHz = rateHz;
    this.#given = startTime;
    this.#start = startTime;
    this.#isRealtime = pace === "realtime";
    this.blockFrames = Math.round(rateHz * (this.#isRealtime ? LIVE_BLOCK_SEC : FAST_BLOCK_SEC));
  }

  begin(source: SampleSource, saved: FeederSnapshot | null): number {
    const now = this.#time.wall();
    // Played at its own speed a file stands for a live source: what it says of the day it was recorded is not when it sounds.
    const ownStart = this.#isRealtime ? null : source.startTime;
    this.#start ??= ownStart ?? startOf(saved) ?? now;
    if (!this.#isRealtime) return saved?.heardUpTo ?? 0;
    const liveSince = this.#given ?? startOf(saved);
    if (liveSince === null) return this.#playFrom(saved?.heardUpTo ?? 0);
    // Played by the wall clock: what lies in the past was missed, as it would have been live.
    const elapsedSec = secondsBetween(liveSince, now);
    this.#zeroMono = this.#time.mono() - elapsedSec * MICROS_PER_SECOND;
    return Math.max(0, Math.floor(elapsedSec * this.#rateHz));
  }

  waitMs(sampleEnd: number): number {
    if (!this.#isRealtime) return 0;
    const due = this.#zeroMono + (sampleEnd / this.#rateHz) * MICROS_PER_SECOND;
    return (due - this.#time.mono()) / 1000;
  }

  place(firstFrame: number): number {
    return firstFrame;
  }

  isSettled(): boolean {
    return true;
  }

  clock(): SampleClock {
    return { anchorSample: 0, anchorTime: this.#start ?? this.#time.wall(), rateHz: this.#rateHz };
  }

  #playFrom(sample: number): number {
    this.#zeroMono = this.#time.mono() - (sample / this.#rateHz) * MICROS_PER_SECOND;
    return sample;
  }
}

/** A live source: samples are placed by their arrival, the numbering goes on over interruptions and restarts. */
export class LiveTimeline implements Timeline {
  readonly blockFrames: number;
  readonly #time: Clock;
  readonly #clock: LiveClock;
  #base: number | null = null;
  #next: number;
  #beganAt = 0;

  /** @param firstSample the numbering begins here */
  constructor(time: Clock, rateHz: number, firstSample: number) {
    this.#time = time;
    this.#clock = new LiveClock(rateHz);
    this.#next = firstSample;
    this.blockFrames = Math.round(rateHz * LIVE_BLOCK_SEC);
  }

  begin(_source: SampleSource, saved: FeederSnapshot | null): number {
    if (saved !== null && !this.#clock.isSet) {
      this.#clock.resume(saved.clock, this.#time.mono(), this.#time.wall());
      this.#next = Math.max(this.#next, saved.heardUpTo);
    }
    this.#clock.forgetDelays();
    this.#base = null;
    return 0;
  }

  waitMs(): number {
    return 0;
  }

  place(firstFrame: number, frames: number): number {
    const mono = this.#time.mono();
    if (this.#base === null) this.#base = this.#baseFor(firstFrame, frames, mono);
    const first = this.#base + firstFrame;
    this.#next = first + frames;
    this.#clock.observe(this.#next, mono, this.#time.wall());
    return first;
  }

  isSettled(): boolean {
    return this.#time.mono() - this.#beganAt >= SETTLE_MICROS;
  }

  clock(): SampleClock {
    return this.#clock.clock();
  }

  /** After an interruption the numbering jumps ahead by the time that is missing. */
  #baseFor(firstFrame: number, frames: number, mono: MonoMicros): number {
    this.#beganAt = mono;
    const byTime = this.#clock.isSet ? Math.round(this.#clock.sampleAt(mono)) - frames : this.#next;
    return Math.max(this.#next, byTime) - firstFrame;
  }
}

function startOf(saved: FeederSnapshot | null): UnixMicros | null {
  return saved === null ? null : timeOfSample(saved.clock, 0);
}

/** Unix time of the first sample of a recording whose newest sample's time is known. */
export function timeOfFirst(clock: SampleClock, firstSample: number): UnixMicros {
  return addSeconds(clock.anchorTime, (firstSample - clock.anchorSample) / clock.rateHz);
}
