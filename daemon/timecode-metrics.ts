import { Counter, Gauge, type Registry } from "prom-client";
import type { Pipeline } from "./pipeline.js";
import type { RecordDraft } from "./records/index.js";

/** How the clocks of video feeds stand to UTC. */
export class TimecodeMetrics {
  readonly #segments: Counter<"feed" | "form">;
  /** Segment told last, by session and generator. */
  readonly #known = new Map<string, number>();

  constructor(registry: Registry, pipeline: Pipeline) {
    const registers = [registry];
    const labelNames = ["feed", "form"] as const;
    this.#segments = new Counter({
      name: "touchline_timecode_segments_total",
      help: "Segments of a feed's clock that began with a jump.",
      labelNames,
      registers,
    });
    const gauge = (name: string, help: string, of: "offsetSec" | "driftPpm") =>
      new Gauge({
        name,
        help,
        labelNames,
        registers,
        collect() {
          this.reset();
          const running = pipeline.sessions().filter(({ state }) => state === "running");
          for (const report of running.flatMap(({ generators }) => generators)) {
            this.set({ feed: report.feed, form: report.form }, report[of]);
          }
        },
      });
    gauge("touchline_timecode_offset_seconds", "What a feed's clock shows minus UTC, as told last.", "offsetSec");
    gauge("touchline_timecode_drift_ppm", "Drift of a feed's clock, as told last.", "driftPpm");
  }

  committed(drafts: readonly RecordDraft[]): void {
    for (const { kind, session, data } of drafts) {
      if (kind === "timecode") this.#count(session, data as unknown as Told);
      // The next session begins anew, and nothing is kept of one that is over.
      if (kind === "session" && data.state === "ended") this.#forget(session);
    }
  }

  /** The counter is there from the first report on, so that the first jump is seen as an increase. */
  #count(session: string, { generator, feed, form, segment }: Told): void {
    const key = `${session}\n${generator}`;
    const before = this.#known.get(key) ?? segment.number;
    this.#known.set(key, Math.max(before, segment.number));
    this.#segments.inc({ feed, form }, Math.max(0, segment.number - before));
  }

  #forget(session: string): void {
    for (const key of this.#known.keys()) if (key.startsWith(`${session}\n`)) this.#known.delete(key);
  }
}

interface Told {
  readonly generator: string;
  readonly feed: string;
  readonly form: string;
  readonly segment: { readonly number: number };
}
