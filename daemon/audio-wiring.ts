import { Counter, Gauge, type Registry } from "prom-client";
import type { AudioInputConfig } from "../config/index.js";
import { parseRfc3339 } from "../sync/index.js";
import type { AudioInputSpec, AudioSource, ChannelReport } from "./inputs/index.js";

/** One input of the configuration as the audio thread takes it. */
export function toAudioSpec(input: AudioInputConfig, recordTo: string | null): AudioInputSpec {
  return {
    name: input.name,
    role: input.role,
    source: toSource(input),
    channel: input.channel,
    pathDelayMs: input.pathDelayMs,
    position: input.position,
    startTime: input.startTime === null ? null : parseRfc3339(input.startTime),
    pace: input.pace,
    recordTo,
  };
}

function toSource(input: AudioInputConfig): AudioSource {
  if (input.file !== null) return { type: "wav", path: input.file };
  if (input.url !== null) return { type: "ffmpeg", url: input.url };
  const { format, sampleRate, channels } = input;
  const from = input.fifo === null ? ("stdin" as const) : { fifo: input.fifo };
  return { type: "pcm", from, format, sampleRate, channels };
}

const NOTHING = { blocks: 0, invalidSamples: 0, levels: 0, cues: 0, heldBack: 0 };

/** What the audio thread says of itself, as metrics. */
export class AudioMetrics {
  readonly #blocks: Counter<"channel">;
  readonly #invalid: Counter<"channel">;
  readonly #shed: Counter<"channel" | "what">;
  readonly #heldBack: Counter<"channel">;
  readonly #lastBlock: Gauge<"channel">;
  readonly #up: Gauge<"input">;
  readonly #seen = new Map<string, typeof NOTHING>();

  constructor(registry: Registry, inputs: readonly string[]) {
    const registers = [registry];
    this.#blocks = new Counter({
      name: "touchline_audio_blocks_total",
      help: "Blocks of sound that were heard.",
      labelNames: ["channel"],
      registers,
    });
    this.#invalid = new Counter({
      name: "touchline_audio_invalid_samples_total",
      help: "Samples that held no sound: lost, late, skipped, not a number.",
      labelNames: ["channel"],
      registers,
    });
    this.#shed = new Counter({
      name: "touchline_audio_shed_total",
      help: "Levels and cues the audio thread dropped because the main thread did not take them.",
      labelNames: ["channel", "what"],
      registers,
    });
    this.#heldBack = new Counter({
      name: "touchline_audio_held_back_cues_total",
      help: "Cues the listener held back because too many came at once: 10, then one a second of each kind.",
      labelNames: ["channel"],
      registers,
    });
    this.#lastBlock = new Gauge({
      name: "touchline_audio_last_block_timestamp_seconds",
      help: "When the last block of the channel was heard.",
      labelNames: ["channel"],
      registers,
    });
    this.#up = new Gauge({
      name: "touchline_audio_up",
      help: "1 while the input delivers sound, or has ended as it should.",
      labelNames: ["input"],
      registers,
    });
    for (const input of inputs) this.#up.set({ input }, 0);
  }

  /** `nowSec`: Unix seconds. */
  report(report: ChannelReport, nowSec: number): void {
    const { channel, input } = report;
    const now = {
      blocks: report.blocks,
      invalidSamples: report.invalidSamples,
      levels: report.shedLevels ?? 0,
      cues: report.shedCues ?? 0,
      heldBack: report.heldBackCues ?? 0,
    };
    const before = this.#seen.get(channel) ?? NOTHING;
    // A live source that is opened anew counts from the start again.
    const since = (name: keyof typeof now) => (now[name] >= before[name] ? now[name] - before[name] : now[name]);
    this.#blocks.inc({ channel }, since("blocks"));
    this.#invalid.inc({ channel }, since("invalidSamples"));
    this.#shed.inc({ channel, what: "level" }, since("levels"));
    this.#shed.inc({ channel, what: "cue" }, since("cues"));
    this.#heldBack.inc({ channel }, since("heldBack"));
    this.#seen.set(channel, now);
    this.#lastBlock.set({ channel }, nowSec);
    this.#up.set({ input }, 1);
  }

  state(input: string, isUp: boolean): void {
    this.#up.set({ input }, isUp ? 1 : 0);
  }
}
