import { statSync } from "node:fs";
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import type { MonoMicros, UnixMicros } from "../../sync/index.js";
import { messageOf, TouchlineError } from "../errors.js";
import { codeOf, type OpenedDatabase, openDatabase } from "./database.js";
import type {
  Answers,
  Call,
  CodedFailure,
  FromWriter,
  Opened,
  Reply,
  ToWriter,
  WriteCall,
  WriterOptions,
} from "./messages.js";
import { Reader } from "./reader.js";
import { Pruner } from "./retention.js";
import { Writer } from "./writer.js";

/**
 * The store's thread. SQLite's calls block, so they must not be made where sound and people wait.
 *
 * A round: 1. take all that waits, 2. the writes of it in one transaction, 3. the reads (so that nobody sees what is not durable yet),
 * 4. one message with all answers.
 */
const ROUND_CALLS = 4000;

interface QueuedCall {
  readonly id: number;
  readonly call: Call;
}

class StoreThread {
  readonly #port: MessagePort;
  readonly #options: WriterOptions;
  readonly #opened: OpenedDatabase;
  readonly #writer: Writer;
  readonly #reader: Reader;
  readonly #pruner: Pruner;
  readonly #queue: QueuedCall[] = [];
  #now: UnixMicros;
  #mono = 0 as MonoMicros;
  #fatal: CodedFailure | null = null;
  #commitSeconds: number[] = [];
  #isClosing = false;

  constructor(port: MessagePort, options: WriterOptions) {
    const { path, epoch, box, routes, retention, openedAt } = options;
    this.#port = port;
    this.#options = options;
    this.#now = openedAt;
    this.#opened = openDatabase({ path, epoch, maxBytes: retention.maxBytes, now: openedAt });
    const { db } = this.#opened;
    this.#writer = new Writer({ db, box, epoch: this.#opened.epoch, routes });
    this.#reader = new Reader(db, box, this.#opened.epoch);
    this.#pruner = new Pruner(db, retention);
  }

  start(): void {
    const { epoch, setAside } = this.#opened;
    this.#port.postMessage({ opened: { epoch, setAside } } satisfies Opened);
    this.#port.on("message", (message: ToWriter) => this.#takeAll(message));
  }

  #takeAll(first: ToWriter): void {
    this.#take(first);
    while (this.#queue.length < ROUND_CALLS) {
      const next = receiveMessageOnPort(this.#port) as { message: ToWriter } | undefined;
      if (next === undefined) break;
      this.#take(next.message);
    }
    this.#round(this.#queue.splice(0));
  }

  #take(message: ToWriter): void {
    this.#now = message.now;
    this.#mono = message.mono;
    this.#queue.push(...message.calls);
  }

  #round(queued: readonly QueuedCall[]): void {
    const replies = [...this.#writeAll(queued), ...this.#answerOthers(queued)];
    const message: FromWriter = {
      replies,
      commitSeconds: this.#commitSeconds,
      damagedRows: this.#reader.takeDamagedRows(),
      fatal: this.#fatal,
    };
    this.#commitSeconds = [];
    this.#port.postMessage(message);
    if (this.#isClosing) this.#port.close();
  }

  #writeAll(queued: readonly QueuedCall[]): Reply[] {
    const writes = queued.filter((entry) => isWrite(entry.call));
    if (writes.length === 0) return [];
    const fatal = this.#fatal;
    if (fatal !== null) return writes.map(({ id }) => ({ id, failure: fatal }));
    const outcomes = this.#writer.write(
      writes.map(({ call }) => call as WriteCall),
      this.#now,
      (seconds) => this.#commitSeconds.push(seconds),
    );
    return writes.map(({ id }, i) => {
      const outcome = outcomes[i];
      if (outcome !== undefined && "value" in outcome) return { id, value: outcome.value };
      const failure = outcome?.failure ?? { code: "DB_REFUSED", details: ["no outcome"] };
      if (outcome?.isFatal) this.#fatal = failure;
      return { id, failure };
    });
  }

  #answerOthers(queued: readonly QueuedCall[]): Reply[] {
    return queued.filter(({ call }) => !isWrite(call)).map(({ id, call }) => this.#answer(id, call));
  }

  #answer(id: number, call: Call): Reply {
    if (call.op === "close") return { id, value: this.#close() };
    if (this.#fatal !== null) return { id, failure: this.#fatal };
    try {
      return { id, value: this.#read(call) };
    } catch (error) {
      const failure = toFailure(error);
      // A full disk stops the pruning too, until there is room; all else that goes wrong here is the file or the disk.
      if (failure.code === "DB_FAILED") this.#fatal = failure;
      return { id, failure };
    }
  }

  #read(call: Call): Answers[keyof Answers] {
    const { tracks } = this.#writer;
    switch (call.op) {
      case "snapshots":
        return this.#reader.snapshots();
      case "pending":
        return this.#reader.pending(call.afterInboxId, call.limit);
      case "cursors":
        return tracks.ofOutput(call.output).map((track) => this.#reader.cursor(track));
      case "read":
        return this.#reader.deliveries(tracks.find(call.output, call.lane), call.afterSequence, call.limit);
      case "latest":
        return this.#reader.latest(call.kind, call.session, call.limit);
      case "stats":
        return this.#stats();
      case "maintain":
        return this.#maintain();
      default:
        throw new TouchlineError("DB_REFUSED", [`unknown call '${call.op}'`]);
    }
  }

  #stats(): Answers["stats"] {
    const active = this.#writer.tracks.all.filter((track) => track.isActive);
    const names = [...new Set(active.map((track) => track.output))];
    return {
      epoch: this.#opened.epoch,
      records: this.#reader.recordCount(),
      inboxPending: this.#writer.lastInbox - this.#writer.consumedInbox,
      databaseBytes: this.#reader.databaseBytes(),
      walBytes: sizeOf(`${this.#options.path}-wal`),
      outputs: names.map((output) => {
        const tracks = active.filter((track) => track.output === output);
        const unsent = tracks.map((track) => this.#reader.oldestUnsentAt(track)).filter((at) => at !== null);
        return {
          output,
          lanes: tracks.map((track) => this.#reader.cursor(track)),
          oldestUnsentAt: unsent.length === 0 ? null : (Math.min(...unsent) as UnixMicros),
        };
      }),
    };
  }

  #maintain(): Answers["maintain"] {
    return this.#pruner.prune({
      tracks: this.#writer.tracks.all,
      lastNumber: this.#writer.lastNumber,
      consumedInbox: this.#writer.consumedInbox,
      databaseBytes: this.#reader.databaseBytes(),
      now: this.#now,
      mono: this.#mono,
    });
  }

  #close(): null {
    this.#isClosing = true;
    this.#opened.close();
    return null;
  }
}

function isWrite(call: Call): boolean {
  return ["accept", "commit", "acknowledge", "setBase", "deadLetter"].includes(call.op);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function toFailure(error: unknown): CodedFailure {
  if (error instanceof TouchlineError) return { code: error.code, details: error.details };
  const code = codeOf(error).startsWith("SQLITE_FULL") ? "DB_FULL" : "DB_FAILED";
  return { code, details: [`${messageOf(error)} (${codeOf(error)})`] };
}

function runThread(port: MessagePort): void {
  try {
    new StoreThread(port, workerData as WriterOptions).start();
  } catch (error) {
    port.postMessage({ openFailure: toFailure(error) } satisfies Opened);
    port.close();
  }
}

if (parentPort !== null) runThread(parentPort);
