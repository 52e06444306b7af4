import { messageOf } from "../../errors.js";
import { type SampleBatch, type TelemetrySample, toBatch } from "./sample.js";
import { type SampleGate, sayRefusal } from "./sample-gate.js";
import type { Refusal } from "./sample-guard.js";

export interface IntakeParts {
  readonly name: string;
  readonly session: string | null;
  readonly gate: SampleGate;
  /** Makes a batch durable. Rejects when it could not be stored. */
  readonly deliver: (batch: SampleBatch) => Promise<void>;
  readonly onProblem: (problem: { readonly reason: Refusal; readonly message: string }) => void;
  /** Samples that are lost: there was no room, or they could not be stored. */
  readonly onDropped: (reason: "backlog" | "store", count: number) => void;
  readonly limits?: Partial<IntakeLimits>;
}

export interface IntakeLimits {
  /** Longest wait for company before a batch is stored, ms: one commit for all cars. */
  readonly batchMs: number;
  readonly maxBatch: number;
  /** Samples waiting or under way; beyond them new ones are dropped (or, where the source can wait, it waits). */
  readonly maxWaiting: number;
}

const LIMITS: IntakeLimits = { batchMs: 100, maxBatch: 1000, maxWaiting: 50_000 };

interface Batch {
  readonly samples: TelemetrySample[];
  readonly done: Promise<boolean>;
  readonly settle: (isDurable: boolean) => void;
}

/**
 * Gathers the samples of one input into batches, each a row of the durable inbox. Bounded: what waits, and what is under way. A source
 * that can wait (a file, a stream) waits for the promise of `push`; one that cannot is cut off, and that is counted.
 */
export class TelemetryIntake {
  readonly #parts: IntakeParts;
  readonly #limits: IntakeLimits;
  #open: Batch | null = null;
  #waiting = 0;
  #timer: NodeJS.Timeout | null = null;
  readonly #underWay = new Set<Promise<void>>();

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.#limits = { ...LIMITS, ...parts.limits };
  }

  /** Samples that wait for a commit. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Problems of whole payloads. */
  unreadable(problems: readonly string[]): void {
    if (problems.length === 0) return;
    this.#parts.gate.refuse("unreadable", problems.length);
    this.#parts.onProblem({ reason: "unreadable", message: problems[0] ?? "" });
  }

  /** Resolves to true when all that was kept of these is durable; to false when some of it is lost, which is counted. */
  push(samples: readonly TelemetrySample[]): Promise<boolean> {
    const { gate, onProblem } = this.#parts;
    const kept = gate.pushAll(samples, (reason, sample) => onProblem({ reason, message: sayRefusal(reason, sample) }));
    const room = Math.max(0, this.#limits.maxWaiting - this.#waiting);
    if (kept.length > room) this.#parts.onDropped("backlog", kept.length - room);
    const taken = kept.length > room ? kept.slice(0, room) : kept;
    if (taken.length === 0) return Promise.resolve(kept.length === 0);
    const batch = this.#openBatch();
    batch.samples.push(...taken);
    this.#waiting += taken.length;
    if (batch.samples.length >= this.#limits.maxBatch) this.#send();
    return taken.length < kept.length ? Promise.resolve(false) : batch.done;
  }

  /** Resolves when there is room for at least one more batch. */
  async room(): Promise<void> {
    while (this.#waiting > this.#limits.maxWaiting - this.#limits.maxBatch) {
      this.#send();
      await Promise.race(this.#underWay);
    }
  }

  /** Resolves when nothing waits any more. */
  async flush(): Promise<void> {
    this.#send();
    await Promise.all(this.#underWay);
  }

  #openBatch(): Batch {
    if (this.#open !== null) return this.#open;
    let settle: (isDurable: boolean) => void = () => undefined;
    const done = new Promise<boolean>((resolve) => {
      settle = resolve;
    });
    this.#open = { samples: [], done, settle };
    this.#timer = setTimeout(() => this.#send(), this.#limits.batchMs);
    return this.#open;
  }

  #send(): void {
    const batch = this.#open;
    if (batch === null) return;
    this.#open = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const work = this.#store(batch).then((isDurable) => {
      this.#underWay.delete(work);
      this.#waiting -= batch.samples.length;
      batch.settle(isDurable);
    });
    this.#underWay.add(work);
  }

  async #store({ samples }: Batch): Promise<boolean> {
    try {
      await this.#parts.deliver(toBatch(samples, this.#parts.session));
      return true;
    } catch (error) {
      this.#parts.onDropped("store", samples.length);
      this.#parts.onProblem({ reason: "unreadable", message: messageOf(error) });
      return false;
    }
  }
}
