import type { NatsLink, OutgoingMessage, StreamFacts, StreamSpec } from "../link.js";
import type { BoxIdentity, Delivery, Lane } from "../records/index.js";
import type { ByteBudget } from "./byte-budget.js";
import { compressed, messageBytes, toMessage, toSuperseded, toTombstone, wireBytes } from "./cloud-message.js";
import type { LaneTurns } from "./lane-turns.js";
import type { DeliverySource } from "./output.js";
import type { OutputHealth, OutputLog } from "./output-health.js";
import type { OutputMetrics } from "./output-metrics.js";
import { PublishWindow } from "./publish-window.js";
import { AGAIN, Bell, failed, IDLE, type Step } from "./step-loop.js";
import { differences, whyUnusable } from "./stream-check.js";
import { type Cursor, findHeld, findHoles, nextPosition, type Position } from "./stream-position.js";
import { findSuperseded, mayWait } from "./superseded.js";
import type { WindowSize } from "./window-size.js";

const PAGE_RECORDS = 512;
/** Acknowledgements are written to the outbox this much later, together: each would cost a flush of the disk, and a lost one costs nothing. */
const ACKNOWLEDGE_AFTER_MS = 50;
/** A lane that another one goes before asks again after this. */
const TURN_MS = 20;
/** A lane whose records wait to be superseded looks so often for one that does not. */
const HELD_MS = 500;
const NONE_SUPERSEDED: ReadonlyMap<number, number> = new Map();
const TOO_BIG = "tooBig";
/** Longer than a publish waits for its answer. */
const SETTLE_MS = 10_000;
/** A stop waits so long for answers; what is not answered by then is asked for at the next start. */
const SETTLE_AT_STOP_MS = 1000;

export interface LostRecords {
  readonly output: string;
  readonly lane: Lane;
  readonly from: number;
  readonly to: number;
}

export interface LaneParts {
  readonly output: string;
  readonly box: BoxIdentity;
  readonly lane: Lane;
  readonly spec: StreamSpec;
  readonly source: DeliverySource;
  readonly link: NatsLink;
  /** Unacknowledged publishes at a time. */
  readonly window: WindowSize;
  /** Milliseconds of a clock that never steps. */
  readonly nowMs: () => number;
  /** Who may send now: the live lane goes first. */
  readonly turns: LaneTurns;
  /** `null`: as fast as the line carries. */
  readonly budget: ByteBudget | null;
  readonly compress: boolean;
  /** Records that a later one supersedes wait so long for it, milliseconds; `null`: every record travels whole and at once. */
  readonly supersedeMs: number | null;
  readonly work: Bell;
  readonly health: OutputHealth;
  readonly metrics: OutputMetrics;
  readonly log: OutputLog;
  readonly onLost: (lost: LostRecords) => void;
}

/**
 * One lane into one stream, each record once and in order, however long the line was down:
 * 1. Ask the stream what it holds (after connecting and after any error): the truth is there, not in what we remember.
 * 2. Send what follows, a window at a time, each only if the stream's last sequence is the one before: `stream = lane + base`.
 *    A message that was stored although its acknowledgement was lost makes its repeat fail instead of doubling it.
 * 3. On any error stop sending, let the window settle, go to 1.
 */
export class JetStreamLane {
  readonly #parts: LaneParts;
  readonly #window: PublishWindow;
  #next: number | null = null;
  #stream: StreamFacts | null = null;
  #readAhead: { readonly after: number; readonly page: Promise<Delivery[] | null> } | null = null;
  #acknowledged = 0;
  /** What was told of it to metrics and status. */
  #toldAcknowledged = 0;
  #acknowledgeTimer: NodeJS.Timeout | null = null;
  #toldDifferences = 0;
  /** When a page left last, by `nowMs`. */
  #sentPageMs = Number.NEGATIVE_INFINITY;
  /** Sent and not yet told to the metrics. */
  #untold = { records: 0, bytes: 0, superseded: 0 };
  /** Ends a wait for the budget. */
  readonly #broken = new Bell();

  constructor(parts: LaneParts) {
    this.#parts = parts;
    this.#window = new PublishWindow({
      link: parts.link,
      size: parts.window,
      nowMs: parts.nowMs,
      onAcknowledged: (sequence) => this.#noteAcknowledged(sequence),
      onBroken: () => {
        this.#broken.ring();
        parts.work.ring();
      },
    });
  }

  async step(): Promise<Step> {
    const { link, lane, health, turns } = this.#parts;
    const { state, detail } = link.status();
    if (state !== "up") {
      await this.#tellBacklog();
      return await this.#stopSending("disconnected", detail ?? "not connected");
    }
    const failure = this.#window.failure;
    if (failure !== null) return await this.#stopSending(failure.reason, failure.message);
    if (this.#next === null) {
      const step = await this.#reconcile();
      if (step !== null) {
        turns.note(lane, false);
        return step;
      }
    }
    if (turns.mustWait(lane)) return { kind: "wait", forMs: TURN_MS };
    const page = await this.#readPage((this.#next ?? 1) - 1);
    turns.note(lane, page.length === PAGE_RECORDS);
    if (page.length === 0) return IDLE;
    health.setBacklog(lane, (page.at(-1)?.sequence ?? 0) - this.#acknowledged);
    const heldMs = this.#heldMs(page);
    if (heldMs > 0) return { kind: "wait", forMs: Math.min(heldMs, HELD_MS) };
    const superseded = this.#parts.supersedeMs === null ? NONE_SUPERSEDED : findSuperseded(page);
    for (const delivery of page) {
      await this.#send(delivery, superseded.get(delivery.sequence) ?? null);
      if (this.#window.failure !== null) break;
    }
    this.#tellSent();
    return AGAIN;
  }

  /** 0: the page leaves now. What need not wait takes those before it along; a full page is a drain. */
  #heldMs(page: readonly Delivery[]): number {
    const { supersedeMs, nowMs } = this.#parts;
    if (supersedeMs === null) return 0;
    const now = nowMs();
    const dueMs = this.#sentPageMs + supersedeMs;
    if (page.length < PAGE_RECORDS && page.every(mayWait) && now < dueMs) return dueMs - now;
    this.#sentPageMs = now;
    return 0;
  }

  /** While a full page is sent, the one behind it is read already. */
  async #readPage(after: number): Promise<Delivery[]> {
    const { source, output, lane } = this.#parts;
    const ahead = this.#readAhead;
    this.#readAhead = null;
    const known = ahead?.after === after ? await ahead.page : null;
    const page = known ?? (await source.read(output, lane, after, PAGE_RECORDS));
    const last = page.at(-1);
    if (last !== undefined && page.length === PAGE_RECORDS) {
      const next = source.read(output, lane, last.sequence, PAGE_RECORDS).catch(() => null); // asked again when it is its turn
      this.#readAhead = { after: last.sequence, page: next };
    }
    return page;
  }

  /** Ends sending: the step that runs meanwhile returns. */
  abandon(): void {
    this.#window.fail("other", "stopping");
    this.#broken.ring();
  }

  /** Waits a little for the answers that are on their way, then writes the last acknowledgement. */
  async settle(): Promise<void> {
    await this.#window.settle(SETTLE_AT_STOP_MS);
    if (this.#acknowledgeTimer !== null) clearTimeout(this.#acknowledgeTimer);
    await this.#acknowledge();
  }

  async #stopSending(reason: string, message: string): Promise<Step> {
    this.#parts.turns.note(this.#parts.lane, false);
    await this.#window.settle(SETTLE_MS);
    // an answer that comes later still would be of a window that is gone: it must find the failure
    if (this.#window.inFlight > 0) return failed("timeout", "publishes are not answered");
    this.#next = null;
    this.#window.forgetFailure();
    return failed(reason, message);
  }

  async #send(delivery: Delivery, supersededBy: number | null): Promise<void> {
    const message = supersededBy === null ? this.#toMessage(delivery) : toSuperseded(delivery, supersededBy);
    const sendable = this.#isTooBig(message) ? await this.#bury(delivery) : message;
    const bytes = wireBytes(sendable);
    if (!(await this.#mayLeave(bytes))) return;
    await this.#window.send(sendable, delivery.sequence, idOf(sendable));
    this.#next = delivery.sequence + 1;
    this.#untold.superseded += supersededBy === null ? 0 : 1;
    this.#untold.records += 1;
    this.#untold.bytes += bytes;
  }

  #toMessage(delivery: Delivery): OutgoingMessage {
    const message = toMessage(delivery);
    return this.#parts.compress ? compressed(message) : message;
  }

  /** Waits for the budget. False: something failed meanwhile, and it must not leave. */
  async #mayLeave(bytes: number): Promise<boolean> {
    const { budget, lane, output, metrics, nowMs } = this.#parts;
    if (budget === null) return true;
    const rung = this.#broken.rung;
    let waitMs = budget.take(lane, bytes);
    if (waitMs === 0) return true;
    this.#tellSent();
    const since = nowMs();
    while (waitMs > 0 && this.#window.failure === null) {
      await this.#broken.wait(rung, waitMs);
      if (this.#window.failure === null) waitMs = budget.take(lane, bytes);
    }
    metrics.capped.inc({ output, lane }, Math.max(0, nowMs() - since) / 1000);
    return waitMs === 0;
  }

  #tellSent(): void {
    const { metrics, output, lane } = this.#parts;
    metrics.sent.inc({ output, lane }, this.#untold.records);
    metrics.sentBytes.inc({ output, lane }, this.#untold.bytes);
    metrics.superseded.inc({ output }, this.#untold.superseded);
    this.#untold = { records: 0, bytes: 0, superseded: 0 };
  }

  /** A record no server of this size will ever take: kept aside for a person, and its sequence filled. */
  async #bury(delivery: Delivery): Promise<OutgoingMessage> {
    const { source, output, lane, metrics, log } = this.#parts;
    await source.deadLetter(output, lane, delivery.sequence, TOO_BIG);
    metrics.tombstones.inc({ output });
    log.warn({ output, lane, sequence: delivery.sequence }, "record too big for the server: sent as a tombstone");
    return toTombstone(delivery, TOO_BIG);
  }

  #isTooBig(message: OutgoingMessage): boolean {
    const ofServer = this.#parts.link.maxPayload() ?? Number.POSITIVE_INFINITY;
    const ofStream = this.#stream?.maxMessageBytes ?? -1;
    const limit = ofStream > 0 ? Math.min(ofServer, ofStream) : ofServer;
    // a text is at most three bytes per character: the exact count is made only near the limit
    return message.body.length * 3 + 4096 > limit && messageBytes(message) > limit;
  }

  /** On the hot path: people and the outbox are told of many at a time. */
  #noteAcknowledged(sequence: number): void {
    this.#acknowledged = sequence;
    if (this.#window.inFlight === 0) this.#tellAcknowledged();
    this.#acknowledgeTimer ??= setTimeout(() => {
      this.#acknowledgeTimer = null;
      void this.#acknowledge();
    }, ACKNOWLEDGE_AFTER_MS);
  }

  #tellAcknowledged(): void {
    const { health, lane } = this.#parts;
    if (this.#acknowledged <= this.#toldAcknowledged) return;
    health.acknowledged(lane, this.#acknowledged - this.#toldAcknowledged);
    health.sound(lane);
    this.#toldAcknowledged = this.#acknowledged;
  }

  async #acknowledge(): Promise<void> {
    const { source, output, lane } = this.#parts;
    this.#tellAcknowledged();
    try {
      if (this.#acknowledged > 0) await source.acknowledge(output, lane, this.#acknowledged);
      await this.#tellBacklog();
    } catch {
      // the store has failed and says so itself; the stream knows what it holds, so nothing is lost by this
    }
  }

  async #tellBacklog(): Promise<void> {
    const { lane, health } = this.#parts;
    const cursor = await this.#cursor();
    if (cursor !== undefined) health.setBacklog(lane, cursor.last - Math.max(cursor.acknowledged, this.#acknowledged));
  }

  async #cursor(): Promise<Cursor | undefined> {
    const { source, output, lane } = this.#parts;
    return (await source.cursors(output)).find((candidate) => candidate.lane === lane);
  }

  /** `null`: sending may begin. */
  async #reconcile(): Promise<Step | null> {
    const { metrics, output, lane, source, health } = this.#parts;
    metrics.reconciles.inc({ output });
    const stream = await this.#openStream();
    if ("kind" in stream) return stream;
    const cursor = await this.#cursor();
    if (cursor === undefined) return failed("other", `the outbox knows no lane ${lane}`);
    const owner = { ...this.#parts, epoch: source.epoch };
    const found = await findHeld(owner, stream, cursor);
    if (!found.ok) return failed(found.reason, found.message);
    const contradiction = await this.#contradiction(found.value, cursor);
    if (contradiction !== null) return failed("storeBehind", contradiction);
    const holes = await findHoles(owner, stream, cursor, found.value.sequence);
    if (!holes.ok) return failed(holes.reason, holes.message);
    const filled = await this.#fill(stream, holes.value);
    if ("kind" in filled) return filled;
    this.#stream = filled;
    await this.#goOn(nextPosition(filled, cursor, found.value.sequence), cursor);
    health.sound(lane);
    return null;
  }

  /** Sends what is missing within what the stream holds, one by one: late, but not lost. Answers with the stream as it is then. */
  async #fill(stream: StreamFacts, holes: readonly number[]): Promise<StreamFacts | Step> {
    const { source, output, lane, link, metrics, log } = this.#parts;
    let { lastSequence } = stream;
    for (const sequence of holes) {
      const [delivery] = await source.read(output, lane, sequence - 1, 1);
      if (delivery?.sequence !== sequence) continue; // counted as lost when its turn came
      const message = this.#toMessage(delivery);
      this.#parts.budget?.charge(lane, wireBytes(message)); // late already: it does not wait
      const answer = await link.publish(message, { sequence: lastSequence, id: null });
      if (!answer.ok) return failed(answer.reason, answer.message);
      lastSequence = answer.value.sequence;
      metrics.refilled.inc({ output });
    }
    if (holes.length > 0)
      log.warn({ output, lane, holes: holes.length }, "holes in the stream were filled out of order");
    return { ...stream, lastSequence };
  }

  async #openStream(): Promise<StreamFacts | Step> {
    const { link, spec } = this.#parts;
    const known = await link.streamInfo(spec.name);
    if (!known.ok) return failed(known.reason, `${spec.name}: ${known.message}`);
    const stream = known.value === null ? await link.createStream(spec) : { ok: true as const, value: known.value };
    if (!stream.ok)
      return failed(stream.reason, `the stream ${spec.name} is missing and cannot be made: ${stream.message}`);
    const unusable = whyUnusable(spec, stream.value);
    if (unusable !== null) return failed("streamMismatch", unusable);
    this.#tellDifferences(stream.value);
    return stream.value;
  }

  #tellDifferences(facts: StreamFacts): void {
    const { metrics, output, log } = this.#parts;
    const found = differences(facts);
    if (found.length === this.#toldDifferences) return;
    metrics.differences.inc({ output }, found.length - this.#toldDifferences);
    this.#toldDifferences = found.length;
    if (found.length > 0)
      log.warn({ output, stream: facts.name, differences: found }, "stream is weaker than it should be");
  }

  /**
   * The stream holds records of this epoch that this store does not know, or knows differently: an older copy of the database was put back.
   * Going on would number new records with sequences that consumers have seen.
   */
  async #contradiction(
    held: { sequence: number; recordedtime: string | null },
    cursor: Cursor,
  ): Promise<string | null> {
    const { source, output, lane, spec } = this.#parts;
    const remedy = "an older copy of the database was put back; move it away, so that a new epoch begins";
    if (held.sequence > cursor.last)
      return `${spec.name} holds ${held.sequence}, the store ends at ${cursor.last}: ${remedy}`;
    if (held.sequence <= cursor.acknowledged || held.recordedtime === null) return null;
    const [ours] = await source.read(output, lane, held.sequence - 1, 1);
    if (ours === undefined || ours.sequence !== held.sequence || ours.event.recordedtime === held.recordedtime)
      return null;
    return `${spec.name} holds another record under ${held.sequence}: ${remedy}`;
  }

  async #goOn(position: Position, cursor: Cursor): Promise<void> {
    const { source, output, lane, metrics, log, onLost, health } = this.#parts;
    const { next, base, held, lost } = position;
    if (held < cursor.acknowledged) {
      metrics.wentBack.inc({ output });
      log.warn(
        { output, lane, held, acknowledged: cursor.acknowledged },
        "destination lost what it had acknowledged: sending it again",
      );
    }
    if (cursor.base !== null && base > cursor.base && held >= cursor.acknowledged) {
      metrics.foreign.inc({ output }, base - cursor.base);
      log.warn({ output, lane, messages: base - cursor.base }, "someone else wrote into our stream");
    }
    if (lost !== null) {
      metrics.lost.inc({ output }, lost.to - lost.from + 1);
      log.warn({ output, lane, ...lost }, "records are lost: the destination lost them and they are not kept any more");
      onLost({ output, lane, ...lost });
    }
    // the base first: it must be known before the first message under it can be in the stream
    if (base !== cursor.base) await source.setBase(output, lane, base);
    if (next - 1 !== cursor.acknowledged) await source.acknowledge(output, lane, next - 1);
    this.#acknowledged = next - 1;
    this.#toldAcknowledged = next - 1;
    this.#readAhead = null;
    health.setBacklog(lane, cursor.last - this.#acknowledged);
    this.#next = next;
    this.#window.begin(base, next - 1, this.#stream?.replicas === 1);
  }
}

function idOf(message: OutgoingMessage): string {
  return message.headers.find(([name]) => name === "Nats-Msg-Id")?.[1] ?? "";
}
