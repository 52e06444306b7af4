import type { UnixMicros } from "../../sync/index.js";
import type { Clock } from "../clock.js";
import type { Lane } from "../records/index.js";
import type { LinkState, OutputStatus } from "./output.js";
import type { OutputMetrics } from "./output-metrics.js";

/** What an output needs to tell people: a few fields and a fixed sentence. */
export interface OutputLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface HealthParts {
  readonly name: string;
  readonly type: string;
  readonly clock: Clock;
  readonly metrics: OutputMetrics;
  readonly log: OutputLog;
  /** How long `connecting` is believed. */
  readonly believedForMs: number;
}

/** The state of one output, for status, metrics and log. An output's parts (lanes) each have a fault or none. */
export class OutputHealth {
  readonly #parts: HealthParts;
  readonly #faults = new Map<string, string>();
  readonly #backlog = new Map<Lane, number>();
  #state: LinkState = "connecting";
  #since: UnixMicros;
  #detail: string | null = "not started";
  #lastAcknowledgedAt: UnixMicros | null = null;

  constructor(parts: HealthParts) {
    this.#parts = parts;
    this.#since = parts.clock.wall();
    parts.metrics.setState(parts.name, this.#state);
  }

  status(): OutputStatus {
    this.#age();
    return {
      name: this.#parts.name,
      type: this.#parts.type,
      state: this.#state,
      since: this.#since,
      detail: this.#detail,
      lastAcknowledgedAt: this.#lastAcknowledgedAt,
      backlog: [...this.#backlog.values()].reduce((sum, n) => sum + n, 0),
    };
  }

  setBacklog(lane: Lane, records: number): void {
    this.#backlog.set(lane, records);
  }

  acknowledged(lane: Lane, records: number): void {
    const at = this.#parts.clock.wall();
    this.#lastAcknowledgedAt = at;
    this.#parts.metrics.acknowledged.inc({ output: this.#parts.name, lane }, records);
    this.#parts.metrics.setLastAcknowledged(this.#parts.name, at);
  }

  /** Something keeps this part from sending. Told to the log when it is news. */
  fault(part: string, reason: string, detail: string): void {
    this.#parts.metrics.errors.inc({ output: this.#parts.name, reason });
    const isNews = this.#faults.get(part) !== detail;
    this.#faults.set(part, detail);
    if (isNews) this.#parts.log.warn({ output: this.#parts.name, part, reason, detail }, "output cannot send");
    if (this.#state === "up") this.#set("connecting", detail);
    else if (this.#state !== "down") this.#set(this.#state, detail);
    this.#age();
  }

  /** This part sends again. The output is up when all its parts are. */
  sound(part: string): void {
    if (this.#state === "down") return;
    this.#faults.delete(part);
    const [other] = this.#faults.values();
    if (other === undefined) this.#set("up", null);
  }

  stopped(): void {
    this.#set("down", "stopped");
  }

  /** It will not send again before the next start of the process. */
  ended(detail: string): void {
    this.#parts.log.warn({ output: this.#parts.name, detail }, "output has ended");
    this.#set("down", detail);
  }

  /** `connecting` is believed for a bounded time only. */
  #age(): void {
    const forMicros = this.#parts.clock.wall() - this.#since;
    if (this.#state === "connecting" && forMicros >= this.#parts.believedForMs * 1000)
      this.#set("stalled", this.#detail);
  }

  #set(state: LinkState, detail: string | null): void {
    this.#detail = detail;
    if (state === this.#state) return;
    if (state === "up" || state === "stalled")
      this.#parts.log.info({ output: this.#parts.name, state, detail }, "output changed its state");
    this.#state = state;
    this.#since = this.#parts.clock.wall();
    this.#parts.metrics.setState(this.#parts.name, state);
  }
}
