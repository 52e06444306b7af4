import { formatRfc3339, type UnixMicros } from "../../sync/index.js";
import type { Clock } from "../clock.js";
import { OK, type Probe, type ProbeResult } from "./health.js";
import { Progress } from "./probes.js";

export type InputState = "connecting" | "up" | "stalled" | "down" | "ended";

/** An input that says it is up delivers blocks 20 times a second or more; ten silent seconds are a stall. */
const STALLED_AFTER_SEC = 10;
/** An input that is down is tried again within a minute and says so; this long without a word, the thread that tries is dead. */
const WORDLESS_AFTER_SEC = 600;

/** What the health record tells of one input. */
export interface InputHealth {
  readonly input: string;
  readonly state: InputState;
  readonly since: string;
  readonly detail: string | null;
  /** When the last block arrived, on the box's clock; `null` before the first. */
  readonly lastBlock: string | null;
  readonly blocks: number;
  readonly invalidSamples: number;
}

interface Watched {
  readonly progress: Progress;
  readonly words: Progress;
  readonly channels: Map<string, { blocks: number; invalidSamples: number }>;
  /** It is over, well or not: nothing more is expected of it. */
  isOver: boolean;
  state: InputState;
  since: UnixMicros;
  detail: string | null;
  lastBlockAt: UnixMicros | null;
}

/**
 * Proof that the audio moves. It is told what the audio thread tells (`onReport`, `onState`, `onEnd`) and asks nobody.
 *
 * Two probes come of it. `audio` (ready): inputs are up and their blocks advance, or have ended as they should. `audio thread` (live): an input that
 * says it is up delivers, one that is down is tried again. A camera feed that is switched off, or a pipe nobody writes to, makes the box unready;
 * restarting it would not help.
 */
export class AudioWatch {
  readonly #clock: Clock;
  readonly #inputs = new Map<string, Watched>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Names an input that is to come up. Reports of inputs nobody named are taken too. */
  expect(input: string): void {
    this.#watched(input);
  }

  /** `blocks` and `invalidSamples` are counts since the channel's start, as in `ChannelReport`. */
  onReport(report: { input: string; channel: string; blocks: number; invalidSamples: number }): void {
    const watched = this.#watched(report.input);
    const before = watched.channels.get(report.channel)?.blocks ?? 0;
    watched.channels.set(report.channel, { blocks: report.blocks, invalidSamples: report.invalidSamples });
    if (report.blocks === before) return;
    watched.progress.moved();
    watched.words.moved();
    watched.lastBlockAt = this.#clock.wall();
    if (watched.state !== "up") this.#enter(watched, "up", null);
  }

  onState(input: string, state: Exclude<InputState, "ended">, detail: string | null): void {
    const watched = this.#watched(input);
    watched.words.moved();
    watched.isOver = false;
    if (watched.state !== state) this.#enter(watched, state, detail);
    watched.detail = detail;
  }

  /** The source is over: all of it was heard, or it failed. One that is not final is tried again, and down until then. */
  onEnd(input: string, error: { readonly message: string } | null, isFinal = true): void {
    const watched = this.#watched(input);
    watched.words.moved();
    watched.isOver = isFinal;
    if (isFinal && error === null) this.#enter(watched, "ended", null);
    else this.#enter(watched, "down", error?.message ?? "the source has ended");
  }

  inputs(): InputHealth[] {
    return [...this.#inputs].map(([input, watched]) => {
      const channels = [...watched.channels.values()];
      return {
        input,
        state: watched.state,
        since: formatRfc3339(watched.since),
        detail: watched.detail,
        lastBlock: watched.lastBlockAt === null ? null : formatRfc3339(watched.lastBlockAt),
        blocks: channels.reduce((sum, channel) => sum + channel.blocks, 0),
        invalidSamples: channels.reduce((sum, channel) => sum + channel.invalidSamples, 0),
      };
    });
  }

  probes(): Probe[] {
    return [
      { part: "audio", needed: "ready", check: () => this.#checkReady() },
      { part: "audio thread", needed: "live", check: () => this.#checkLive() },
    ];
  }

  #checkReady(): ProbeResult {
    if (this.#inputs.size === 0) return { state: "degraded", reason: "no audio input is configured" };
    const missing = [...this.#inputs].flatMap(([input, watched]) => {
      const reason = reasonNotMoving(watched);
      return reason === null ? [] : [`${input} ${reason}`];
    });
    if (missing.length === 0) return OK;
    // One channel of several being away leaves the others at work.
    return { state: missing.length === this.#inputs.size ? "failed" : "degraded", reason: missing.join("; ") };
  }

  #checkLive(): ProbeResult {
    for (const [input, { state, isOver, progress, words }] of this.#inputs) {
      if (state === "up" && progress.idleSec() >= STALLED_AFTER_SEC) {
        return { state: "failed", reason: `${input} says it is up, yet ${seconds(progress)} without a block` };
      }
      if (state === "down" && !isOver && words.idleSec() >= WORDLESS_AFTER_SEC) {
        return { state: "failed", reason: `${input} is down and was not tried again for ${seconds(words)}` };
      }
    }
    return OK;
  }

  #enter(watched: Watched, state: InputState, detail: string | null): void {
    // Coming up starts the wait for blocks anew: the time it was away does not count.
    if (state === "up") watched.progress.moved();
    watched.state = state;
    watched.since = this.#clock.wall();
    watched.detail = detail;
  }

  #watched(input: string): Watched {
    const known = this.#inputs.get(input);
    if (known !== undefined) return known;
    const watched: Watched = {
      progress: new Progress(this.#clock),
      words: new Progress(this.#clock),
      channels: new Map(),
      isOver: false,
      state: "connecting",
      since: this.#clock.wall(),
      detail: null,
      lastBlockAt: null,
    };
    this.#inputs.set(input, watched);
    return watched;
  }
}

function reasonNotMoving({ state, detail, progress }: Watched): string | null {
  if (state === "ended") return null;
  if (state === "up") return progress.idleSec() < STALLED_AFTER_SEC ? null : `sends no blocks for ${seconds(progress)}`;
  return detail === null ? `is ${state}` : `is ${state}: ${detail}`;
}

function seconds(progress: Progress): string {
  return `${Math.floor(progress.idleSec())} s`;
}
