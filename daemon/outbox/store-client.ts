import type { Worker } from "node:worker_threads";
import type { Clock } from "../clock.js";
import { messageOf, TouchlineError } from "../errors.js";
import type { CloudEvent, Delivery, Lane, RecordDraft, RecordKind } from "../records/index.js";
import { BackgroundCheck, type CheckState } from "./background-check.js";
import type { Bell } from "./bell.js";
import type {
  Answers,
  Call,
  CodedFailure,
  FromWriter,
  Maintained,
  Op,
  OpenedStore,
  Reply,
  TextDraft,
  ToWriter,
} from "./messages.js";
import { packMessages } from "./packed-messages.js";
import type {
  AcceptedMessage,
  CommitBatch,
  Committed,
  InboxMessage,
  LaneCursor,
  Snapshot,
  Store,
  StoreStats,
} from "./store.js";
import type { StoreMetrics } from "./store-metrics.js";
import { StoredDelivery } from "./stored-delivery.js";

/** More calls than this waiting mean that the disk does not keep up: the sender is told instead of the memory filled. */
const WAITING_CALLS = 20_000;
const WAITING_BYTES = 128 * 1024 * 1024;
/** On a full disk a commit is tried again so often. */
const ROOM_AGAIN_MS = 1000;

interface Waiting {
  readonly bytes: number;
  resolve(value: Answers[Op]): void;
  reject(error: Error): void;
}

export interface StoreClientParts {
  readonly worker: Worker;
  readonly bell: Bell;
  readonly clock: Clock;
  readonly opened: OpenedStore;
  /** Commits wait on a full disk. */
  readonly waitsForRoom: boolean;
  readonly maintainEveryMs: number;
  /** Made by the caller because it needs the client's `stats`. */
  readonly createMetrics: (readStats: () => Promise<StoreStats>) => StoreMetrics;
}

/** The store as the main thread sees it: every call becomes a message; calls of one tick share one. */
export class StoreClient implements Store {
  readonly epoch: string;
  readonly setAside: string | null;
  /** What opening the database found and did. */
  readonly opened: OpenedStore;
  readonly #worker: Worker;
  readonly #bell: Bell;
  readonly #clock: Clock;
  readonly #metrics: StoreMetrics;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<() => void>();
  readonly #failureListeners = new Set<(error: TouchlineError) => void>();
  readonly #check: BackgroundCheck;
  readonly #maintenance: NodeJS.Timeout;
  /** Commits may wait for room; no more once the process stops. */
  #mayWait: boolean;
  #commitsWaiting = 0;
  #outgoing: { id: number; call: Call }[] = [];
  #waitingBytes = 0;
  #nextId = 1;
  #failed: TouchlineError | null = null;
  #closing: Promise<void> | null = null;
  #lastCommitAt: StoreStats["lastCommitAt"] = null;

  constructor(parts: StoreClientParts) {
    this.opened = parts.opened;
    this.epoch = parts.opened.epoch;
    this.setAside = parts.opened.setAside;
    this.#worker = parts.worker;
    this.#bell = parts.bell;
    this.#clock = parts.clock;
    this.#mayWait = parts.waitsForRoom;
    this.#metrics = parts.createMetrics(() => this.stats());
    if (this.setAside !== null) this.#metrics.countSetAside(this.opened.salvage);
    parts.worker.on("message", (message: FromWriter) => this.#receive(message));
    parts.worker.on("error", (error) => this.#fail({ code: "DB_FAILED", details: [messageOf(error)] }));
    parts.worker.on("exit", () => this.#fail({ code: "DB_FAILED", details: ["its thread has ended"] }));
    this.#check = new BackgroundCheck({
      check: (afterNumber) => this.#call({ op: "check", afterNumber }),
      onSlice: (slice) => this.#metrics.countChecked(slice),
      nowMs: () => this.#clock.mono() / 1000,
      wall: () => this.#clock.wall(),
    });
    this.#maintenance = setInterval(() => void this.#maintainQuietly(), parts.maintainEveryMs);
    this.#maintenance.unref();
  }

  async accept(messages: readonly InboxMessage[]): Promise<AcceptedMessage[]> {
    if (messages.length === 0) return [];
    const packed = packMessages(messages);
    const first = await this.#call({ op: "accept", messages: packed }, packed.text.length);
    this.#metrics.countAccepted(messages);
    // spelt out: on this path spreading costs more than the checksums
    return messages.map(({ what, from, arrival, body }, i) => ({ what, from, arrival, body, inboxId: first + i }));
  }

  async commit(batch: CommitBatch): Promise<Committed> {
    const drafts = batch.records.map(toTextDraft);
    const { snapshots, consumedInbox } = batch;
    const texts = [...drafts.map((draft) => draft.dataJson), ...snapshots.map((snapshot) => snapshot.body)];
    const bytes = texts.reduce((sum, text) => sum + text.length, 0);
    const call = { op: "commit", drafts, snapshots, consumedInbox } as const;
    const committed = await this.#call(call, bytes).catch((error: unknown) => this.#whenRoom(call, bytes, error));
    this.#metrics.countRecords(drafts);
    if (drafts.length > 0) for (const listener of this.#listeners) listener();
    return committed;
  }

  /** A commit waits for room on the disk: nothing is lost, input is refused. */
  get isWaitingForRoom(): boolean {
    return this.#commitsWaiting > 0;
  }

  /** From now on a commit that meets a full disk fails: what it was made of is in the inbox still, and is worked in at the next start. */
  stopWaiting(): void {
    this.#mayWait = false;
  }

  /** What was accepted must be worked in: its commit is tried until there is room. One that failed left nothing behind. */
  async #whenRoom(call: Extract<Call, { op: "commit" }>, bytes: number, first: unknown): Promise<Committed> {
    let error = first;
    this.#commitsWaiting += 1;
    try {
      while (this.#mayWait && error instanceof TouchlineError && error.code === "DB_FULL") {
        await new Promise((resolve) => setTimeout(resolve, ROOM_AGAIN_MS));
        try {
          return await this.#call(call, bytes);
        } catch (again) {
          error = again;
        }
      }
      throw error;
    } finally {
      this.#commitsWaiting -= 1;
    }
  }

  snapshots(): Promise<Snapshot[]> {
    return this.#call({ op: "snapshots" });
  }

  pending(afterInboxId: number, limit: number): Promise<AcceptedMessage[]> {
    return this.#call({ op: "pending", afterInboxId, limit });
  }

  consumed(afterInboxId: number, upToInboxId: number, limit: number): Promise<AcceptedMessage[]> {
    return this.#call({ op: "consumed", afterInboxId, upToInboxId, limit });
  }

  cursors(output: string): Promise<LaneCursor[]> {
    return this.#call({ op: "cursors", output });
  }

  async read(output: string, lane: Lane, afterSequence: number, limit: number): Promise<Delivery[]> {
    const rows = await this.#call({ op: "read", output, lane, afterSequence, limit });
    return rows.map((row) => new StoredDelivery(output, lane, row));
  }

  async acknowledge(output: string, lane: Lane, sequence: number): Promise<void> {
    await this.#call({ op: "acknowledge", output, lane, sequence });
  }

  async setBase(output: string, lane: Lane, base: number): Promise<void> {
    await this.#call({ op: "setBase", output, lane, base });
  }

  async deadLetter(output: string, lane: Lane, sequence: number, reason: string): Promise<void> {
    await this.#call({ op: "deadLetter", output, lane, sequence, reason });
    this.#metrics.countDeadLetter(output);
  }

  async latest(kind: RecordKind, session: string | null, limit: number): Promise<CloudEvent[]> {
    const rows = await this.#call({ op: "latest", kind, session, limit });
    return rows.map((row) => new StoredDelivery("", "live", row).event);
  }

  async stats(): Promise<StoreStats> {
    const stats = await this.#call({ op: "stats" });
    return { ...stats, lastCommitAt: this.#lastCommitAt };
  }

  /** What the check in the background has looked at and found. */
  checkState(): CheckState {
    return this.#check.state();
  }

  onCommitted(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Told once, when the disk has failed: nothing more can be accepted, the process should end. */
  onFailed(listener: (error: TouchlineError) => void): () => void {
    if (this.#failed !== null && this.#closing === null) listener(this.#failed);
    this.#failureListeners.add(listener);
    return () => this.#failureListeners.delete(listener);
  }

  /** Prunes one chunk. Runs by itself every now and then; tests and commands may call it. */
  async maintain(): Promise<Maintained> {
    const done = await this.#call({ op: "maintain" });
    this.#metrics.countPruned(done.prunedRecords, done.prunedInbox);
    for (const { output, count } of done.shed) this.#metrics.countShed(output, count);
    return done;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#check.stop();
    clearInterval(this.#maintenance);
    if (this.#failed === null) await this.#call({ op: "close" });
    this.#failed ??= new TouchlineError("DB_FAILED", ["it is closed"]);
    await this.#worker.terminate();
    this.#metrics.unregister();
  }

  #call<O extends Op>(call: Extract<Call, { op: O }>, bytes = 0): Promise<Answers[O]> {
    if (this.#failed !== null) return this.#refuse(this.#failed);
    if (this.#waiting.size >= WAITING_CALLS || this.#waitingBytes + bytes > WAITING_BYTES) {
      return this.#refuse(new TouchlineError("DB_OVERLOADED", [this.#waiting.size]));
    }
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { bytes, resolve: resolve as Waiting["resolve"], reject });
      this.#waitingBytes += bytes;
      this.#outgoing.push({ id, call });
      if (this.#outgoing.length === 1) queueMicrotask(() => this.#send());
    });
  }

  #refuse(error: TouchlineError): Promise<never> {
    this.#metrics.countRefused(error.code);
    return Promise.reject(error);
  }

  #send(): void {
    const calls = this.#outgoing;
    this.#outgoing = [];
    const message: ToWriter = { now: this.#clock.wall(), mono: this.#clock.mono(), calls };
    this.#worker.postMessage(message);
    this.#bell.ring();
  }

  #receive(message: FromWriter): void {
    if (message.commitSeconds.length > 0) this.#lastCommitAt = this.#clock.wall();
    this.#metrics.countRound(message, this.#clock.wall());
    this.#metrics.setShort(message.isShort || this.isWaitingForRoom);
    for (const reply of message.replies) this.#settle(reply);
    if (message.fatal !== null) this.#fail(message.fatal);
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    if (waiting === undefined) return;
    this.#waiting.delete(reply.id);
    this.#waitingBytes -= waiting.bytes;
    if ("value" in reply) {
      waiting.resolve(reply.value);
      return;
    }
    this.#metrics.countRefused(reply.failure.code);
    waiting.reject(new TouchlineError(reply.failure.code, reply.failure.details));
  }

  #fail(failure: CodedFailure): void {
    if (this.#failed !== null) return;
    const error = new TouchlineError(failure.code, failure.details);
    this.#failed = error;
    this.#check.stop();
    clearInterval(this.#maintenance);
    this.#metrics.markFailed();
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    if (this.#closing === null) for (const listener of this.#failureListeners) listener(error);
  }

  async #maintainQuietly(): Promise<void> {
    try {
      while ((await this.maintain()).more) {
        // each chunk is a call of its own: what waits meanwhile comes first
      }
    } catch {
      // counted as refused by its reason; the next time may find room again
    }
  }
}

function toTextDraft(draft: RecordDraft): TextDraft {
  const { data, ...rest } = draft;
  return { ...rest, dataJson: JSON.stringify(data) };
}
