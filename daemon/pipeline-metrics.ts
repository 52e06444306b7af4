import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Clock } from "./clock.js";
import type { Pipeline } from "./pipeline.js";
import type { RecordDraft } from "./records/index.js";

const CUE_KINDS = ["whistle", "roar", "beep", "horn"];
const MOMENT_STATES = ["open", "closed", "retracted"];
const EVENT_STATES = ["provisional", "confirmed", "final", "retracted"];
/** Around the promise of 100 ms for the first revision. */
const DELAY_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
/** A venue scout is 1-3 s late, a stream scout 7-15 s, a wrong clock minutes. */
const SHIFT_BUCKETS = [-60, -15, -5, -3, -2, -1, -0.25, 0.25, 1, 2, 3, 5, 15, 60];

/** Counts what the pipeline makes, after it is committed. */
export class PipelineMetrics {
  readonly #clock: Clock;
  readonly #cues: Counter<"kind">;
  readonly #events: Counter<"state">;
  readonly #moments: Counter<"state">;
  readonly #conflicts: Counter;
  readonly #dropped: Counter<"what">;
  readonly #shift: Histogram;
  readonly #firstRevision: Histogram;

  constructor(registry: Registry, pipeline: Pipeline, clock: Clock) {
    const registers = [registry];
    this.#clock = clock;
    this.#cues = new Counter({
      name: "touchline_cues_total",
      help: "Cues heard, when final.",
      labelNames: ["kind"],
      registers,
    });
    this.#events = new Counter({
      name: "touchline_events_total",
      help: "Revisions of corrected events, by their state.",
      labelNames: ["state"],
      registers,
    });
    this.#moments = new Counter({
      name: "touchline_moments_total",
      help: "Revisions of moments, by their state.",
      labelNames: ["state"],
      registers,
    });
    this.#conflicts = new Counter({
      name: "touchline_align_conflicts_total",
      help: "Events whose stamp and arrival contradict each other (flag conflict), first revision with the flag.",
      registers,
    });
    this.#dropped = new Counter({
      name: "touchline_pipeline_dropped_total",
      help: "What was heard and the box's own records that were dropped because no commit went through for hours.",
      labelNames: ["what"],
      registers,
    });
    for (const what of ["input", "record", "snapshot"]) this.#dropped.inc({ what }, 0);
    this.#shift = new Histogram({
      name: "touchline_align_shift_seconds",
      help: "Corrected minus logged time of final events.",
      buckets: SHIFT_BUCKETS,
      registers,
    });
    this.#firstRevision = new Histogram({
      name: "touchline_event_first_revision_seconds",
      help: "From the arrival of a logged event to the commit of its revision.",
      buckets: DELAY_BUCKETS,
      registers,
    });
    new Gauge({
      name: "touchline_align_loggers_locked",
      help: "Loggers whose clock is known, over all sessions.",
      registers,
      collect() {
        const loggers = pipeline.sessions().flatMap((session) => session.alignment.loggers);
        this.set(loggers.filter((logger) => logger.locked).length);
      },
    });
    for (const kind of CUE_KINDS) this.#cues.inc({ kind }, 0);
    for (const state of EVENT_STATES) this.#events.inc({ state }, 0);
    for (const state of MOMENT_STATES) this.#moments.inc({ state }, 0);
  }

  dropped(what: string): void {
    this.#dropped.inc({ what });
  }

  committed(drafts: readonly RecordDraft[], arrivals: readonly number[]): void {
    const now = this.#clock.wall();
    for (const arrival of arrivals) this.#firstRevision.observe(Math.max(0, (now - arrival) / 1e6));
    for (const draft of drafts) {
      if (draft.kind === "cue" && draft.data.end !== null) this.#cues.inc({ kind: draft.class });
      if (draft.kind === "event") this.#countEvent(draft);
      if (draft.kind === "moment") this.#moments.inc({ state: String(draft.data.state) });
    }
  }

  #countEvent({ data }: RecordDraft): void {
    this.#events.inc({ state: String(data.state) });
    if (data.state === "final" && typeof data.shiftSec === "number") this.#shift.observe(data.shiftSec);
    if (data.revision === 1 && Array.isArray(data.flags) && data.flags.includes("conflict")) this.#conflicts.inc();
  }
}
