import { Counter, Gauge, type Registry } from "prom-client";
import type { LinkState } from "./output.js";

const STATES: readonly LinkState[] = ["connecting", "up", "stalled", "down"];
const MICROS_PER_SECOND = 1_000_000;

/** Metrics all outputs share, told apart by the label `output`. One set per registry. */
export class OutputMetrics {
  readonly sent: Counter<"output" | "lane">;
  readonly sentBytes: Counter<"output" | "lane">;
  readonly capped: Counter<"output" | "lane">;
  readonly acknowledged: Counter<"output" | "lane">;
  readonly errors: Counter<"output" | "reason">;
  readonly reconciles: Counter<"output">;
  readonly wentBack: Counter<"output">;
  readonly foreign: Counter<"output">;
  readonly lost: Counter<"output">;
  readonly tombstones: Counter<"output">;
  readonly superseded: Counter<"output">;
  readonly refilled: Counter<"output">;
  readonly requests: Counter<"output" | "status">;
  readonly circuitOpen: Gauge<"output">;
  readonly differences: Gauge<"output">;
  readonly #state: Gauge<"output" | "state">;
  readonly #lastAcknowledged: Gauge<"output">;

  constructor(registry: Registry) {
    const counter = <L extends string>(name: string, help: string, labelNames: L[]): Counter<L> =>
      new Counter({ name: `touchline_output_${name}`, help, labelNames, registers: [registry] });
    const gauge = <L extends string>(name: string, help: string, labelNames: L[]): Gauge<L> =>
      new Gauge({ name: `touchline_output_${name}`, help, labelNames, registers: [registry] });
    this.sent = counter("sent_total", "Records sent, repeats included.", ["output", "lane"]);
    this.sentBytes = counter("sent_bytes_total", "Bytes sent, headers and repeats included.", ["output", "lane"]);
    this.capped = counter("capped_seconds_total", "Seconds a lane with records to send waited for maxRate.", [
      "output",
      "lane",
    ]);
    this.acknowledged = counter("acknowledged_total", "Records acknowledged.", ["output", "lane"]);
    this.errors = counter("errors_total", "Failures of an output.", ["output", "reason"]);
    this.reconciles = counter("reconciles_total", "Times an output asked its destination what it holds.", ["output"]);
    this.wentBack = counter("went_back_total", "Times a destination had lost what it had acknowledged.", ["output"]);
    this.foreign = counter("foreign_messages_total", "Messages in our streams that we did not send.", ["output"]);
    this.lost = counter("lost_total", "Records a destination lost and we keep no more.", ["output"]);
    this.tombstones = counter("tombstones_total", "Records sent as a tombstone because they cannot be sent.", [
      "output",
    ]);
    this.superseded = counter("superseded_total", "Records sent as a mark of the later one that supersedes them.", [
      "output",
    ]);
    this.refilled = counter("refilled_total", "Records sent late into a hole of a stream.", ["output"]);
    this.requests = counter("requests_total", "Requests of a webhook, by the answer.", ["output", "status"]);
    this.circuitOpen = gauge("circuit_open", "1 while a webhook asks with one request at a time.", ["output"]);
    this.differences = gauge("stream_differences", "Settings of the streams that differ from ours.", ["output"]);
    this.#state = gauge("state", "1 for the state the output is in.", ["output", "state"]);
    this.#lastAcknowledged = gauge("last_acknowledged_timestamp_seconds", "When a record was last acknowledged.", [
      "output",
    ]);
  }

  startAtZero(output: string, reasons: readonly string[]): void {
    for (const reason of reasons) this.errors.inc({ output, reason }, 0);
    for (const lane of ["live", "analysis"]) {
      this.sent.inc({ output, lane }, 0);
      this.sentBytes.inc({ output, lane }, 0);
      this.capped.inc({ output, lane }, 0);
      this.acknowledged.inc({ output, lane }, 0);
    }
    const { reconciles, wentBack, foreign, lost, tombstones, superseded, refilled } = this;
    for (const counter of [reconciles, wentBack, foreign, lost, tombstones, superseded, refilled])
      counter.inc({ output }, 0);
  }

  setState(output: string, state: LinkState): void {
    for (const candidate of STATES) this.#state.set({ output, state: candidate }, candidate === state ? 1 : 0);
  }

  setLastAcknowledged(output: string, atMicros: number): void {
    this.#lastAcknowledged.set({ output }, atMicros / MICROS_PER_SECOND);
  }
}

const OF_REGISTRY = new WeakMap<Registry, OutputMetrics>();

export function outputMetrics(registry: Registry): OutputMetrics {
  const known = OF_REGISTRY.get(registry);
  if (known !== undefined) return known;
  const made = new OutputMetrics(registry);
  OF_REGISTRY.set(registry, made);
  return made;
}
