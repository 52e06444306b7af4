import { Counter, Gauge, type Registry } from "prom-client";
import { REFUSALS, type SampleGate, SIGNALS } from "./inputs/index.js";

/** What the metrics read of an input. */
export interface TelemetrySource {
  readonly input: string;
  readonly gate: SampleGate;
  /** Samples that wait for a commit. */
  readonly waiting: () => number;
}

const DROPS = ["backlog", "store", "message"] as const;

/** What comes in as telemetry, and what becomes of it before it is durable. */
export class TelemetryMetrics {
  readonly #sources: TelemetrySource[] = [];
  readonly #dropped: Counter<"input" | "reason">;
  readonly #lastSample: Gauge<"input">;
  readonly #read: (() => void)[] = [];

  constructor(registry: Registry) {
    const registers = [registry];
    const collect = () => this.#collect();
    const samples = new Counter({
      name: "touchline_telemetry_samples_total",
      help: "Telemetry samples that arrived.",
      labelNames: ["input"],
      registers,
      collect,
    });
    const refused = new Counter({
      name: "touchline_telemetry_refused_total",
      help: "Samples and payloads that were refused, by reason.",
      labelNames: ["input", "reason"],
      registers,
    });
    const values = new Counter({
      name: "touchline_telemetry_values_total",
      help: "Values of signals that were kept, and that adaptive sampling dropped.",
      labelNames: ["input", "signal", "result"],
      registers,
    });
    const cars = new Gauge({
      name: "touchline_telemetry_cars",
      help: "Cars that an input has spoken of lately.",
      labelNames: ["input"],
      registers,
    });
    const waiting = new Gauge({
      name: "touchline_telemetry_waiting_samples",
      help: "Samples that wait for a commit: how far the store is behind.",
      labelNames: ["input"],
      registers,
    });
    this.#dropped = new Counter({
      name: "touchline_telemetry_dropped_total",
      help: "Samples lost: no room for them (backlog), not stored (store), or whole messages when too many came at once (message).",
      labelNames: ["input", "reason"],
      registers,
    });
    this.#lastSample = new Gauge({
      name: "touchline_telemetry_last_sample_timestamp_seconds",
      help: "When the last sample of the input arrived.",
      labelNames: ["input"],
      registers,
    });
    this.#read.push(() => {
      // The sources count by themselves, on the hot path: what they say is taken over as it stands.
      for (const counter of [samples, refused, values]) counter.reset();
      for (const { input, gate, waiting: waits } of this.#sources) {
        const counts = gate.counts();
        samples.inc({ input }, counts.offered);
        for (const reason of REFUSALS) refused.inc({ input, reason }, counts.refused[reason]);
        for (const signal of SIGNALS) {
          values.inc({ input, signal, result: "kept" }, counts.values[signal].kept);
          values.inc({ input, signal, result: "dropped" }, counts.values[signal].dropped);
        }
        cars.set({ input }, counts.cars);
        waiting.set({ input }, waits());
      }
    });
  }

  add(source: TelemetrySource): void {
    this.#sources.push(source);
    for (const reason of DROPS) this.#dropped.inc({ input: source.input, reason }, 0);
    this.#lastSample.set({ input: source.input }, 0);
  }

  dropped(input: string, reason: (typeof DROPS)[number], count: number): void {
    this.#dropped.inc({ input, reason }, count);
  }

  /** `nowSec`: Unix seconds. */
  arrived(input: string, nowSec: number): void {
    this.#lastSample.set({ input }, nowSec);
  }

  #collect(): void {
    for (const read of this.#read) read();
  }
}
