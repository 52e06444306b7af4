import { Counter, Gauge, type Registry } from "prom-client";
import type { SoundCounts } from "./heard-sounds.js";
import type { Pipeline } from "./pipeline.js";

const HELP: Readonly<Record<keyof SoundCounts, string>> = {
  fused: "Sounds that several channels heard and that are one cue.",
  duplicates: "Hearings of a sound that another channel had told, not told again.",
  unsure: "Cues too unsure for what their channel hears (a commentator, an announcer), dropped.",
  faint: "Whistles too faint to be told, kept in case the log expects one.",
  primed: "Faint whistles that were told because the log expected one.",
  replays: "Cues that are an earlier one once more (big screen, programme mix).",
};
const NAMES: Readonly<Record<keyof SoundCounts, string>> = {
  fused: "touchline_cues_fused_total",
  duplicates: "touchline_cues_duplicates_total",
  unsure: "touchline_cues_unsure_total",
  faint: "touchline_cues_faint_total",
  primed: "touchline_cues_primed_total",
  replays: "touchline_cues_replays_total",
};

/** Counts of all sessions since the start of the process, read when they are asked for. */
export class SoundMetrics {
  readonly #pipeline: Pick<Pipeline, "sessions">;

  constructor(registry: Registry, pipeline: Pick<Pipeline, "sessions">) {
    this.#pipeline = pipeline;
    for (const what of Object.keys(NAMES) as (keyof SoundCounts)[]) this.#count(what, registry);
    new Gauge({
      name: "touchline_channel_path_delay_seconds",
      help: "Delay of a channel against the others, measured from the sounds that both heard; only where none is configured.",
      labelNames: ["channel"],
      registers: [registry],
      collect() {
        this.reset();
        for (const { sounds } of pipeline.sessions()) {
          for (const [channel, delay] of sounds.pathDelays) this.set({ channel }, delay.sec);
        }
      },
    });
  }

  /** What a session brings back from before a restart does not count again; what went with a session stays counted. */
  #count(what: keyof SoundCounts, registry: Registry): void {
    const seen = new Map<string, number>();
    const added = (): number => {
      let sum = 0;
      for (const { spec, sounds } of this.#pipeline.sessions()) {
        const now = sounds.counts[what];
        sum += Math.max(0, now - (seen.get(spec.session) ?? 0));
        seen.set(spec.session, now);
      }
      return sum;
    };
    added();
    new Counter({
      name: NAMES[what],
      help: HELP[what],
      registers: [registry],
      collect() {
        this.inc(added());
      },
    });
  }
}
