import type { Registry } from "prom-client";
import type { Clock } from "../clock.js";
import { messageOf } from "../errors.js";
import { type BoxIdentity, LANES, type Lane } from "../records/index.js";
import { ByteBudget } from "./byte-budget.js";
import type { LostRecords } from "./jetstream-lane.js";
import type { DeliverySource, Output, OutputStatus } from "./output.js";
import { OutputHealth, type OutputLog } from "./output-health.js";
import { outputMetrics } from "./output-metrics.js";
import { Bell, failed, runSteps, type Step } from "./step-loop.js";
import { WebhookGate } from "./webhook-gate.js";
import { WEBHOOK_REASONS, WebhookLane, type WebhookTarget } from "./webhook-lane.js";
import { createAgent } from "./webhook-request.js";

const TYPE = "webhook";
const BELIEVED_FOR_MS = 10_000;
/** A stop waits so long for answers that are on their way; what is cut off is sent again under the same id. */
const SETTLE_AT_STOP_MS = 2000;

export interface WebhookOutputOptions extends Omit<WebhookTarget, "agent" | "url"> {
  readonly name: string;
  /** `https:`, or `http:` to this machine. */
  readonly url: string;
  readonly box: BoxIdentity;
  readonly source: DeliverySource;
  /** Bits a second it sends at most, all lanes together; left out or `null`: as fast as the receiver answers. */
  readonly maxRate?: number | null;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly log: OutputLog;
  /** Records that were shed before they could be sent. */
  readonly onLost?: (lost: LostRecords) => void;
  /** 0 up to 1, for the back-off. */
  readonly random?: () => number;
}

export function createWebhookOutput(options: WebhookOutputOptions): Output {
  return new WebhookOutput(options);
}

/** Records as CloudEvents to one address, the lanes beside each other, each in its own order. */
class WebhookOutput implements Output {
  readonly name: string;
  readonly #source: DeliverySource;
  readonly #health: OutputHealth;
  readonly #stopping = new AbortController();
  readonly #cutting = new AbortController();
  readonly #work = new Bell();
  readonly #retry = new Bell();
  readonly #lanes: readonly { readonly lane: Lane; readonly sender: WebhookLane }[];
  readonly #agent: ReturnType<typeof createAgent>;
  #running: Promise<unknown> | null = null;
  #release: (() => void) | null = null;

  constructor(options: WebhookOutputOptions) {
    const { name, box, source, clock, registry, log } = options;
    const metrics = outputMetrics(registry);
    metrics.startAtZero(name, WEBHOOK_REASONS);
    metrics.circuitOpen.set({ output: name }, 0);
    const random = options.random ?? Math.random;
    const url = new URL(options.url);
    this.name = name;
    this.#source = source;
    this.#health = new OutputHealth({ name, type: TYPE, clock, metrics, log, believedForMs: BELIEVED_FOR_MS });
    this.#agent = createAgent(url);
    const onLost = options.onLost ?? (() => undefined);
    const target = { ...options, url, agent: this.#agent };
    const gate = new WebhookGate({ mono: () => clock.mono(), random, changed: this.#retry });
    const { maxRate = null } = options;
    const shared = {
      budget: maxRate === null ? null : new ByteBudget(maxRate, () => clock.mono() / 1000),
      output: name,
      box,
      target,
      gate,
      source,
      clock,
      random,
      health: this.#health,
      metrics,
      log,
      onLost,
    };
    this.#lanes = LANES.map((lane) => {
      return { lane, sender: new WebhookLane({ ...shared, lane, signal: this.#cutting.signal }) };
    });
  }

  start(): void {
    if (this.#running !== null || this.#stopping.signal.aborted) return;
    this.#release = this.#source.onCommitted(() => this.#work.ring());
    this.#running = Promise.all(
      this.#lanes.map(({ lane, sender }) =>
        runSteps({
          step: () => guarded(() => sender.step()),
          work: this.#work,
          retry: this.#retry,
          signal: this.#stopping.signal,
          onFailed: (reason, detail) => this.#health.fault(lane, reason, detail),
        }),
      ),
    );
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#release?.();
    this.#release = null;
    const timer = setTimeout(() => this.#cutting.abort(), SETTLE_AT_STOP_MS);
    await this.#running;
    clearTimeout(timer);
    this.#agent.destroy();
    this.#health.stopped();
  }

  status(): OutputStatus {
    return this.#health.status();
  }
}

/** A store that has failed is told as a failure of the output; it never ends the loop. */
async function guarded(step: () => Promise<Step>): Promise<Step> {
  try {
    return await step();
  } catch (error) {
    return failed("store", messageOf(error));
  }
}
