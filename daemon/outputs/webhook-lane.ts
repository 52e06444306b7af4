import type { Agent } from "node:http";
import { backOffMs, retryAfterMs } from "../back-off.js";
import type { Clock } from "../clock.js";
import type { BoxIdentity, Lane } from "../records/index.js";
import type { ByteBudget } from "./byte-budget.js";
import type { LostRecords } from "./jetstream-lane.js";
import type { DeliverySource } from "./output.js";
import type { OutputHealth, OutputLog } from "./output-health.js";
import type { OutputMetrics } from "./output-metrics.js";
import { AGAIN, IDLE, type Step } from "./step-loop.js";
import type { WebhookGate } from "./webhook-gate.js";
import { toWebhookMessage, type WebhookMessage } from "./webhook-message.js";
import { type PostAnswer, post } from "./webhook-request.js";
import { signatureHeaders } from "./webhook-signature.js";

/** Answers that are about the record, not about us or the address. */
const REFUSALS: readonly number[] = [400, 409, 413, 422, 431];
/** A receiver may be broken for a moment: so often a record is refused before it is put aside. */
const REFUSALS_TO_BURY = 5;
/** While a lane stands still its backlog is told anew this often. */
const TELL_EVERY_MS = 30_000;
/** About what a request's line and headers take beside the address: type, agent, length, id, time, one signature. */
const HEAD_BYTES = 450;

export interface WebhookTarget {
  readonly url: URL;
  readonly agent: Agent;
  readonly secrets: readonly Buffer[];
  readonly userAgent: string;
  readonly timeoutMs: number;
  /** Records in a request at most; 1: each alone. */
  readonly batch: number;
  /** What becomes of a record that is refused again and again. */
  readonly refused: "deadLetter" | "wait";
}

export interface WebhookLaneParts {
  readonly output: string;
  readonly box: BoxIdentity;
  readonly lane: Lane;
  readonly target: WebhookTarget;
  readonly gate: WebhookGate;
  /** `null`: no limit. */
  readonly budget: ByteBudget | null;
  readonly source: DeliverySource;
  readonly clock: Clock;
  readonly random: () => number;
  readonly health: OutputHealth;
  readonly metrics: OutputMetrics;
  readonly log: OutputLog;
  readonly onLost: (lost: LostRecords) => void;
  readonly signal: AbortSignal;
}

/**
 * One lane to one address, one request at a time, so that the order is kept. A request that failed is made again, the same to the byte but
 * for its time and signature: a receiver knows it by `webhook-id`. Batches are marked in the store before they are sent, so that they have
 * the same bounds (and so the same id) after a crash.
 */
export class WebhookLane {
  readonly #parts: WebhookLaneParts;
  #refusals = 0;
  #buried: number | null = null;
  /** Waiting for the budget since, ms; `null`: not waiting. */
  #cappedSinceMs: number | null = null;
  /** Less than a batch while a record that is refused is being looked for. */
  #atMost: number;

  constructor(parts: WebhookLaneParts) {
    this.#parts = parts;
    this.#atMost = parts.target.batch;
  }

  async step(): Promise<Step> {
    const { gate, lane, health } = this.#parts;
    const cursor = await this.#cursor();
    health.setBacklog(lane, cursor.last - cursor.acknowledged);
    if (gate.goneBecause !== null) return IDLE;
    if (cursor.last === cursor.acknowledged) {
      if (!gate.isOpen) health.sound(lane);
      return IDLE;
    }
    const message = await this.#nextMessage(cursor);
    if (message === null) return IDLE;
    // Asked last: from here to `enter` nothing is awaited, so that of two lanes one is the probe.
    const waitMs = gate.waitMs();
    if (waitMs > 0) return { kind: "wait", forMs: Math.min(waitMs, TELL_EVERY_MS) };
    const cappedMs = this.#cappedMs(message);
    if (cappedMs > 0) return { kind: "wait", forMs: Math.min(cappedMs, TELL_EVERY_MS) };
    const enteredAt = gate.enter();
    return await this.#settle(message, await this.#post(message), enteredAt);
  }

  /** 0: it may leave, and is charged. */
  #cappedMs(message: WebhookMessage): number {
    const { budget, lane, output, metrics, clock, target } = this.#parts;
    const bytes = Buffer.byteLength(message.body) + target.url.href.length + HEAD_BYTES;
    const waitMs = budget?.take(lane, bytes) ?? 0;
    const nowMs = clock.mono() / 1000;
    if (waitMs > 0) this.#cappedSinceMs ??= nowMs;
    else {
      if (this.#cappedSinceMs !== null) metrics.capped.inc({ output, lane }, (nowMs - this.#cappedSinceMs) / 1000);
      this.#cappedSinceMs = null;
      metrics.sentBytes.inc({ output, lane }, bytes);
    }
    return waitMs;
  }

  async #cursor(): Promise<{ last: number; acknowledged: number; marked: number }> {
    const { source, output, lane } = this.#parts;
    const cursor = (await source.cursors(output)).find((candidate) => candidate.lane === lane);
    // What other outputs keep as the offset of a stream is here the end of the batch that may be under way.
    return { last: cursor?.last ?? 0, acknowledged: cursor?.acknowledged ?? 0, marked: cursor?.base ?? 0 };
  }

  async #nextMessage({ last, acknowledged, marked }: { last: number; acknowledged: number; marked: number }) {
    const { source, output, lane, box, target } = this.#parts;
    const isMarked = target.batch > 1 && marked > acknowledged;
    const limit = Math.min(this.#atMost, isMarked ? marked - acknowledged : target.batch);
    const page = await source.read(output, lane, acknowledged, limit);
    const [first] = page;
    const before = first === undefined ? last : first.sequence - 1;
    if (before > acknowledged) await this.#tellLost(acknowledged + 1, before);
    if (first === undefined) return null;
    const maker = { box, epoch: source.epoch, output, lane, batch: target.batch };
    const message = toWebhookMessage(maker, page, this.#buried);
    if (target.batch > 1 && message.upTo !== marked) await source.setBase(output, lane, message.upTo);
    return message;
  }

  /** They waited too long and were shed. Told once: the mark moves behind them. */
  async #tellLost(from: number, to: number): Promise<void> {
    const { source, output, lane, metrics, onLost } = this.#parts;
    await source.acknowledge(output, lane, to);
    metrics.lost.inc({ output }, to - from + 1);
    onLost({ output, lane, from, to });
  }

  #post(message: WebhookMessage): Promise<PostAnswer> {
    const { target, clock, metrics, output, lane, signal } = this.#parts;
    const { id, contentType, body } = message;
    const timestamp = Math.floor(clock.wall() / 1_000_000);
    metrics.sent.inc({ output, lane }, message.records);
    return post({
      url: target.url,
      agent: target.agent,
      headers: {
        "content-type": contentType,
        "user-agent": target.userAgent,
        ...signatureHeaders({ id, timestamp, body }, target.secrets),
      },
      body,
      timeoutMs: target.timeoutMs,
      signal,
    });
  }

  async #settle(message: WebhookMessage, answer: PostAnswer, enteredAt: ReturnType<WebhookGate["enter"]>) {
    const { metrics, output, signal } = this.#parts;
    if (signal.aborted) return IDLE;
    metrics.requests.inc({
      output,
      status: answer.kind === "answer" ? `${Math.floor(answer.status / 100)}xx` : "none",
    });
    if (answer.kind === "failed") return this.#fail(answer.reason, answer.detail, enteredAt, null);
    const { status, detail } = answer;
    const said = detail === "" ? `the receiver answers ${status}` : `the receiver answers ${status}: ${detail}`;
    if (status >= 200 && status < 300) return await this.#taken(message);
    if (status === 410) return this.#end(said);
    if (REFUSALS.includes(status)) return await this.#refuse(message, said);
    const wallMs = this.#parts.clock.wall() / 1000;
    const reason = reasonOf(status);
    const told = reason === "redirect" ? `${said} (redirects are not followed)` : said;
    return this.#fail(reason, told, enteredAt, retryAfterMs(answer.retryAfter, wallMs));
  }

  async #taken(message: WebhookMessage): Promise<Step> {
    const { source, output, lane, health, target } = this.#parts;
    this.#answered();
    await source.acknowledge(output, lane, message.upTo);
    health.acknowledged(lane, message.records);
    health.sound(lane);
    this.#refusals = 0;
    this.#buried = null;
    this.#atMost = Math.min(target.batch, this.#atMost * 2);
    return AGAIN;
  }

  #answered(): void {
    const { gate, metrics, output } = this.#parts;
    gate.answered();
    metrics.circuitOpen.set({ output }, 0);
  }

  #fail(reason: string, detail: string, enteredAt: ReturnType<WebhookGate["enter"]>, askedMs: number | null): Step {
    const { gate, health, lane, metrics, output } = this.#parts;
    gate.failed(enteredAt, askedMs);
    metrics.circuitOpen.set({ output }, gate.isOpen ? 1 : 0);
    health.fault(lane, reason, detail);
    return AGAIN; // the gate tells how long to wait
  }

  #end(said: string): Step {
    const { gate, health, lane } = this.#parts;
    health.fault(lane, "gone", said);
    gate.gone(said);
    health.ended(`${said}: it wants nothing any more`);
    return AGAIN;
  }

  /** First the record is found in its batch, then it is tried again a few times, then the policy decides. */
  async #refuse(message: WebhookMessage, said: string): Promise<Step> {
    const { health, lane, random, target } = this.#parts;
    this.#answered();
    if (message.records > 1) {
      this.#atMost = Math.floor(message.records / 2);
      return AGAIN;
    }
    this.#refusals += 1;
    if (this.#buried === message.upTo) return await this.#passOver(message, said);
    if (target.refused === "deadLetter" && this.#refusals >= REFUSALS_TO_BURY) return await this.#bury(message, said);
    health.fault(lane, "refused", said);
    return { kind: "wait", forMs: backOffMs(this.#refusals, random) };
  }

  /** The sequence stays whole: a tombstone is sent under it. */
  async #bury(message: WebhookMessage, said: string): Promise<Step> {
    const { source, output, lane, metrics, log } = this.#parts;
    await source.deadLetter(output, lane, message.upTo, said);
    log.warn({ output, lane, sequence: message.upTo, reason: said }, "record put aside, a tombstone is sent");
    metrics.tombstones.inc({ output });
    this.#buried = message.upTo;
    return AGAIN;
  }

  /** Not even the tombstone is taken: the lane goes on without. */
  async #passOver(message: WebhookMessage, said: string): Promise<Step> {
    const { source, output, lane, log } = this.#parts;
    log.warn({ output, lane, sequence: message.upTo, reason: said }, "tombstone refused: left out");
    await source.acknowledge(output, lane, message.upTo);
    this.#refusals = 0;
    this.#buried = null;
    return AGAIN;
  }
}

function reasonOf(status: number): string {
  if (status >= 300 && status < 400) return "redirect";
  if (status === 429) return "tooMany";
  return status >= 500 ? "server" : "rejected";
}

export const WEBHOOK_REASONS = [
  "connect",
  "timeout",
  "redirect",
  "tooMany",
  "server",
  "rejected",
  "refused",
  "gone",
  "store",
] as const;
