import type { Registry } from "prom-client";
import type { Clock } from "../clock.js";
import { messageOf } from "../errors.js";
import { LINK_FAILURES, type NatsLink } from "../link.js";
import { type BoxIdentity, LANES, type Lane, natsFiltersOfLane } from "../records/index.js";
import { ByteBudget } from "./byte-budget.js";
import { JetStreamLane, type LostRecords } from "./jetstream-lane.js";
import { LaneTurns } from "./lane-turns.js";
import type { DeliverySource, Output, OutputStatus } from "./output.js";
import { OutputHealth, type OutputLog } from "./output-health.js";
import { outputMetrics } from "./output-metrics.js";
import { Bell, failed, runSteps, type Step } from "./step-loop.js";
import { streamSpec } from "./stream-check.js";
import { AdaptiveWindow, fixedWindow } from "./window-size.js";

const TYPE = "jetstream";
const BELIEVED_FOR_MS = 10_000;
const REASONS = [...LINK_FAILURES, "streamMismatch", "storeBehind"];

export interface JetStreamOutputOptions {
  readonly name: string;
  readonly box: BoxIdentity;
  readonly source: DeliverySource;
  /** Started and stopped by whoever made it; several parts may share it. */
  readonly link: NatsLink;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly log: OutputLog;
  /** A fixed number of unacknowledged publishes; left out, it follows the round trip. */
  readonly window?: number;
  /** Bits a second it sends at most, all lanes together; left out or `null`: as fast as the line carries. */
  readonly maxRate?: number | null;
  /** Longer bodies as gzip, with `Content-Encoding: gzip`. */
  readonly compress?: boolean;
  /**
   * Fuel records leave together this often, milliseconds, and of what waits only the newest of a car (or of the box's health) travels whole;
   * left out or `null`: all do, at once.
   */
  readonly supersedeMs?: number | null;
  /** Copies a stream that is created here gets. */
  readonly replicas?: number;
  /** Records the stream lost and the store does not keep any more. */
  readonly onLost?: (lost: LostRecords) => void;
}

export function createJetStreamOutput(options: JetStreamOutputOptions): Output {
  return new JetStreamOutput(options);
}

/** One stream per lane, so that a goal never waits behind old telemetry. */
class JetStreamOutput implements Output {
  readonly name: string;
  readonly #options: JetStreamOutputOptions;
  readonly #health: OutputHealth;
  readonly #stopping = new AbortController();
  readonly #work = new Bell();
  readonly #retry = new Bell();
  readonly #lanes: readonly { readonly lane: Lane; readonly sender: JetStreamLane }[];
  #running: Promise<unknown> | null = null;
  #release: (() => void)[] = [];

  constructor(options: JetStreamOutputOptions) {
    const { name, box, source, link, clock, registry, log } = options;
    const metrics = outputMetrics(registry);
    metrics.startAtZero(name, REASONS);
    this.name = name;
    this.#options = options;
    this.#health = new OutputHealth({ name, type: TYPE, clock, metrics, log, believedForMs: BELIEVED_FOR_MS });
    const shared = { output: name, box, source, link, metrics, log, health: this.#health, work: this.#work };
    const nowMs = (): number => clock.mono() / 1000;
    const { maxRate = null, compress = false, supersedeMs = null } = options;
    const budget = maxRate === null ? null : new ByteBudget(maxRate, nowMs);
    const line = { turns: new LaneTurns(), budget, compress, supersedeMs, nowMs };
    const onLost = options.onLost ?? (() => undefined);
    this.#lanes = LANES.filter((lane) => natsFiltersOfLane(lane, box).length > 0).map((lane) => {
      const spec = streamSpec(box, lane, options.replicas ?? 1);
      const window = options.window === undefined ? new AdaptiveWindow() : fixedWindow(options.window);
      return { lane, sender: new JetStreamLane({ ...shared, lane, ...line, spec, window, onLost }) };
    });
  }

  start(): void {
    if (this.#running !== null || this.#stopping.signal.aborted) return;
    const { source, link } = this.#options;
    this.#release = [
      source.onCommitted(() => this.#work.ring()),
      link.onState((status) => {
        this.#work.ring();
        if (status.state === "up") this.#retry.ring();
      }),
    ];
    this.#running = Promise.all(this.#lanes.map(({ lane, sender }) => this.#run(lane, sender)));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const { sender } of this.#lanes) sender.abandon();
    for (const release of this.#release.splice(0)) release();
    await this.#running;
    this.#health.stopped();
  }

  status(): OutputStatus {
    return this.#health.status();
  }

  async #run(lane: Lane, sender: JetStreamLane): Promise<void> {
    await runSteps({
      step: () => guarded(() => sender.step()),
      work: this.#work,
      retry: this.#retry,
      signal: this.#stopping.signal,
      onFailed: (reason, detail) => this.#health.fault(lane, reason, detail),
    });
    await sender.settle();
  }
}

/** A store that has failed is told as a failure of the output; it never ends the loop. */
async function guarded(step: () => Promise<Step>): Promise<Step> {
  try {
    return await step();
  } catch (error) {
    return failed("other", messageOf(error));
  }
}
