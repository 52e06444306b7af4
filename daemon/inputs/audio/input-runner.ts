import type { Clock } from "../../clock.js";
import { messageOf, TouchlineError } from "../../errors.js";
import type { AudioInputHandlers, AudioInputSpec, AudioInputState, AudioSource } from "../audio-input.js";
import type { ChannelListener, FeederSnapshot } from "./channel-feeder.js";
import type { ChannelLane } from "./channel-lane.js";
import { isStreamUrl, withoutCredentials } from "./ffmpeg-source.js";
import { type ListenerSnapshot, makeLanes, restoreLanes } from "./lane-factory.js";
import type { FrameBlock, SampleSource, SourceWarning } from "./sample-source.js";
import { FileTimeline, LiveTimeline, type Timeline } from "./timeline.js";

export interface RunnerParts {
  readonly clock: Clock;
  /** Resolves after the time, or at once when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Lets messages and sockets have their turn. */
  readonly giveWay: () => Promise<void>;
  readonly open: (source: AudioSource, signal: AbortSignal) => Promise<SampleSource>;
  readonly createListener: (options: { readonly sampleRate: number }) => Promise<ChannelListener>;
  readonly handlers: AudioInputHandlers;
  /** By channel, of an earlier run. */
  readonly snapshots: ReadonlyMap<string, ListenerSnapshot>;
  /** `fast` sources: the sample up to which may be heard before the first grant. */
  readonly granted: number;
  /** `fast` sources: how far the sound may be ahead of the acknowledged reports, seconds. */
  readonly maxAheadSec: number;
}

interface Failure {
  readonly code: string;
  readonly message: string;
}

const STALLED_MICROS = 5_000_000;
/** A stream that gave nothing for this long is opened anew. */
const DEAD_MICROS = 15_000_000;
const WATCH_MS = 500;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;
/** A connection that held this long was a good one: the next failure is tried again soon. */
const GOOD_MICROS = 60_000_000;
/** Timers overflow at 24 days; a start may be configured months ahead. */
const LONGEST_SLEEP_MS = 60_000;
/** Longest work without giving way. */
const TURN_MICROS = 10_000;

/** Plays one input: opens it, hears it, tells what was heard, opens it again where it is live. */
export class InputRunner {
  readonly #spec: AudioInputSpec;
  readonly #parts: RunnerParts;
  readonly #isReopened: boolean;
  readonly #isLive: boolean;
  #lanes: ChannelLane[] = [];
  #timeline: Timeline | null = null;
  #state: AudioInputState | null = null;
  #source: SampleSource | null = null;
  /** Ends the attempt under way: the opening, and every wait for sound. */
  #attempt = new AbortController();
  /** What was granted to channels by name, also before the source has told which it has. */
  readonly #grants = new Map<string | null, number>();
  /** When the wait for sound began; `null` while nothing is waited for. */
  #waitingSince: number | null = null;
  #turnBegan = 0;
  #warned = 0;

  constructor(spec: AudioInputSpec, parts: RunnerParts) {
    this.#spec = spec;
    this.#parts = parts;
    this.#grants.set(null, parts.granted);
    const { source } = spec;
    const isStream = source.type === "ffmpeg" && isStreamUrl(source.url);
    this.#isReopened = isStream || (source.type === "pcm" && source.from !== "stdin");
    this.#isLive = this.#isReopened || source.type === "pcm";
  }

  get lanes(): readonly ChannelLane[] {
    return this.#lanes;
  }

  /** `null`: every channel, also those that the source turns out to have. */
  grant(channel: string | null, upToSample: number): void {
    // A name that no channel has takes no more room than the configuration has inputs.
    if (channel === null) this.#grants.clear();
    if (channel === null || this.#isOurs(channel)) this.#grants.set(channel, upToSample);
    for (const lane of this.#lanes) {
      if (channel === null || lane.feeder.channel === channel) lane.gate.grant(upToSample);
    }
  }

  #isOurs(channel: string): boolean {
    const { name } = this.#spec;
    return channel === name || (channel.startsWith(`${name}.`) && /^\d{1,3}$/.test(channel.slice(name.length + 1)));
  }

  /** Resolves when the input has ended for good, or was stopped and all it had heard is reported. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const onStop = (): void => this.#interrupt();
    signal.addEventListener("abort", onStop);
    const watching = new AbortController();
    const watch = this.#watch(watching.signal);
    try {
      await this.#playForever(signal);
      if (signal.aborted) await this.#stop();
    } finally {
      signal.removeEventListener("abort", onStop);
      watching.abort();
      await watch;
    }
  }

  async #playForever(signal: AbortSignal): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    while (!signal.aborted) {
      const began = this.#parts.clock.mono();
      const failure = await this.#playOnce(signal);
      if (signal.aborted) return;
      if (!this.#isReopened) return this.#end(failure);
      if (this.#parts.clock.mono() - began > GOOD_MICROS) retryMs = FIRST_RETRY_MS;
      this.#reportRest();
      this.#tellState("down", failure?.message ?? "the source has ended");
      this.#parts.handlers.onEnd(this.#spec.name, failure, false);
      await this.#parts.sleep(retryMs, signal);
      // A FIFO whose writer has closed it in order waits for the next one by itself.
      const isOrderly = failure === null && this.#spec.source.type === "pcm";
      retryMs = isOrderly ? FIRST_RETRY_MS : Math.min(retryMs * 2, LAST_RETRY_MS);
    }
  }

  async #playOnce(signal: AbortSignal): Promise<Failure | null> {
    this.#attempt = new AbortController();
    this.#warned = 0;
    try {
      this.#tellState("connecting", this.#describe());
      this.#source = await this.#waitFor(() => this.#parts.open(this.#spec.source, this.#attempt.signal));
      await this.#play(this.#source, signal);
      return null;
    } catch (error) {
      return { code: error instanceof TouchlineError ? error.code : "AUD_FAILED", message: messageOf(error) };
    } finally {
      await this.#source?.close().catch(() => undefined); // It is gone either way; what is lost shows in `invalidSamples`.
      this.#source = null;
    }
  }

  async #play(source: SampleSource, signal: AbortSignal): Promise<void> {
    const { timeline, saved } = await this.#prepare(source);
    const goOnAt = timeline.begin(source, saved);
    if (goOnAt > 0) await source.skipTo(goOnAt);
    let end = goOnAt;
    for (;;) {
      const frames = await this.#waitTurn(timeline, end, signal);
      if (signal.aborted) return;
      const block = await this.#waitFor(() => source.read(frames));
      this.#passWarnings(source);
      if (block === null) return;
      end = block.firstFrame + block.frames;
      await this.#hear(block, timeline);
    }
  }

  async #waitFor<T>(act: () => Promise<T>): Promise<T> {
    this.#waitingSince = this.#parts.clock.mono();
    try {
      return await act();
    } finally {
      this.#waitingSince = null;
    }
  }

  /** Waits until sound may be heard, and tells how many frames of it. */
  async #waitTurn(timeline: Timeline, from: number, signal: AbortSignal): Promise<number> {
    for (;;) {
      const waitMs = timeline.waitMs(from + timeline.blockFrames);
      if (waitMs <= 0 || signal.aborted) break;
      await this.#parts.sleep(Math.min(waitMs, LONGEST_SLEEP_MS), signal);
    }
    let frames = timeline.blockFrames;
    for (const { feeder, gate } of this.#lanes) {
      while (!signal.aborted && Math.floor(gate.limit) <= feeder.heardUpTo) await gate.changed();
      frames = Math.min(frames, Math.floor(gate.limit) - feeder.heardUpTo);
    }
    return Math.max(1, frames);
  }

  async #hear(block: FrameBlock, timeline: Timeline): Promise<void> {
    const first = timeline.place(block.firstFrame, block.frames);
    const shift = first - block.firstFrame;
    const clock = timeline.clock();
    this.#tellState("up", null);
    for (const lane of this.#lanes) {
      const samples = block.channels[lane.index];
      if (samples === undefined) continue;
      const invalid = (block.invalid[lane.index] ?? []).map(({ from, to }) => ({ from: from + shift, to: to + shift }));
      await lane.push(first, samples, invalid, clock);
    }
    const now = this.#parts.clock.mono();
    if (timeline.isSettled()) for (const lane of this.#lanes) lane.reportIfDue(clock, now);
    if (now - this.#turnBegan > TURN_MICROS) await this.#giveWay();
  }

  async #giveWay(): Promise<void> {
    await this.#parts.giveWay();
    this.#turnBegan = this.#parts.clock.mono();
  }

  /** The lanes there are go on while the source has the same form; else that stream is over and another begins. */
  async #prepare(source: SampleSource): Promise<{ timeline: Timeline; saved: FeederSnapshot | null }> {
    const { sampleRate, channels } = source.format;
    const { channel, startTime, pace } = this.#spec;
    const isSame = this.#lanes.length === (channel === null ? channels : 1);
    if (this.#timeline !== null && isSame && this.#lanes[0]?.feeder.sampleRate === sampleRate) {
      return { timeline: this.#timeline, saved: null };
    }
    const { clock, createListener, handlers, maxAheadSec } = this.#parts;
    const warn = (warning: SourceWarning): void => handlers.onWarning?.(this.#spec.name, warning);
    const firstSample = Math.max(0, ...this.#lanes.map((lane) => lane.feeder.heardUpTo));
    await this.#finishLanes();
    this.#lanes = await makeLanes(this.#spec, source, !this.#isLive && pace === "fast", {
      createListener,
      grantedTo: (channel) => this.#grants.get(channel) ?? this.#grants.get(null) ?? 0,
      maxAheadSec,
      emit: (report) => handlers.onReport(report),
      warn,
    });
    this.#timeline = this.#isLive
      ? new LiveTimeline(clock, sampleRate, firstSample)
      : new FileTimeline(clock, sampleRate, startTime, pace);
    const isFresh = firstSample === 0;
    const saved = isFresh ? restoreLanes(this.#lanes, this.#parts.snapshots, this.#isLive, warn) : null;
    return { timeline: this.#timeline, saved };
  }

  #passWarnings(source: SampleSource): void {
    for (; this.#warned < source.warnings.length; this.#warned++) {
      const warning = source.warnings[this.#warned];
      if (warning !== undefined) this.#parts.handlers.onWarning?.(this.#spec.name, warning);
    }
  }

  async #end(failure: Failure | null): Promise<void> {
    await this.#finishLanes();
    this.#tellState("down", failure?.message ?? "the source has ended");
    this.#parts.handlers.onEnd(this.#spec.name, failure, true);
  }

  /** The stream is over: what still sounds is told as final. */
  async #finishLanes(): Promise<void> {
    for (const lane of this.#lanes) {
      lane.feeder.finish();
      await this.#closeLane(lane);
    }
  }

  /** Stopped in the middle: the snapshot holds what still sounds, so that a restart goes on with it. */
  async #stop(): Promise<void> {
    for (const lane of this.#lanes) await this.#closeLane(lane);
    this.#tellState("down", "stopped");
  }

  async #closeLane(lane: ChannelLane): Promise<void> {
    if (this.#timeline !== null && lane.feeder.hasHeard) {
      lane.report(this.#timeline.clock(), this.#parts.clock.mono(), true);
    }
    await lane.recorder?.close();
  }

  /** The connection is gone, the next may be long in coming: what was heard and not yet told is told now. */
  #reportRest(): void {
    for (const lane of this.#lanes) {
      if (this.#timeline !== null && lane.hasUnreported) {
        lane.report(this.#timeline.clock(), this.#parts.clock.mono(), false);
      }
    }
  }

  #interrupt(): void {
    this.#attempt.abort();
    for (const lane of this.#lanes) lane.gate.release();
    void this.#source?.close().catch(() => undefined); // A pending read ends by it; `#playOnce` closes it once more.
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { source } = this.#spec;
    while (!signal.aborted) {
      await this.#parts.sleep(WATCH_MS, signal);
      const since = this.#waitingSince;
      if (since === null || signal.aborted) continue;
      const silentMicros = this.#parts.clock.mono() - since;
      if (silentMicros > STALLED_MICROS && this.#state === "up") this.#tellState("stalled", "no sound for 5 s");
      if (silentMicros > DEAD_MICROS && source.type === "ffmpeg" && this.#isReopened) this.#interrupt();
    }
  }

  #tellState(state: AudioInputState, detail: string | null): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#parts.handlers.onState(this.#spec.name, state, detail);
  }

  #describe(): string {
    const { source } = this.#spec;
    if (source.type === "wav") return source.path;
    if (source.type === "ffmpeg") return withoutCredentials(source.url);
    return source.from === "stdin" ? "standard input" : `waiting for a writer to ${source.from.fifo}`;
  }
}
