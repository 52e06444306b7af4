import { statSync } from "node:fs";
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import type { MonoMicros, UnixMicros } from "../../sync/index.js";
import { messageOf, TouchlineError } from "../errors.js";
import { Ballast } from "./ballast.js";
import { Bell } from "./bell.js";
import { isDamage, markDamaged } from "./damage.js";
import { codeOf, type OpenedDatabase, openDatabase } from "./database.js";
import type {
  Answers,
  Call,
  CodedFailure,
  FromWriter,
  Maintained,
  Opened,
  Reply,
  ToWriter,
  WriteCall,
  WriterOptions,
} from "./messages.js";
import { Reader } from "./reader.js";
import { Pruner } from "./retention.js";
import { isFull, Room } from "./room.js";
import { RowChecker } from "./row-checker.js";
import { Shedder } from "./shedder.js";
import { type WriteOutcome, Writer } from "./writer.js";

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

interface StoreParts {
  readonly opened: OpenedDatabase;
  readonly writer: Writer;
  readonly reader: Reader;
  readonly pruner: Pruner;
  readonly shedder: Shedder;
  readonly checker: RowChecker;
  readonly room: Room;
}

class StoreThread {
  readonly #port: MessagePort;
  readonly #options: WriterOptions;
  readonly #ballast: Ballast;
  #parts: StoreParts;
  readonly #queue: QueuedCall[] = [];
  #now: UnixMicros;
  #mono = 0 as MonoMicros;
  /** Both clocks at the first call. */
  #anchor: { readonly wall: UnixMicros; readonly mono: MonoMicros } | null = null;
  #fatal: CodedFailure | null = null;
  #commitSeconds: number[] = [];
  /** Times since the start that the database was opened again after a disk error. */
  #reopened = 0;
  /** Shed while room was made; told with the next maintenance. */
  #shed: Maintained["shed"][number][] = [];
  #isClosing = false;

  constructor(port: MessagePort, options: WriterOptions) {
    const { path, ballastBytes, openedAt } = options;
    this.#port = port;
    this.#options = options;
    this.#now = openedAt;
    this.#ballast = new Ballast(path, ballastBytes);
    this.#parts = this.#assemble(openWithRoom(options, this.#ballast));
    this.#ballast.restore();
  }

  /** All that holds on to the connection: made again when that is. */
  #assemble({ opened, writer }: { opened: OpenedDatabase; writer: Writer }): StoreParts {
    const { box, retention, routes } = this.#options;
    const { db } = opened;
    const prune = (): boolean => {
      const { prunedRecords, prunedInbox, shed } = this.#maintain();
      this.#shed.push(...shed);
      return prunedRecords + prunedInbox > 0;
    };
    return {
      opened,
      writer,
      reader: new Reader(db, box, opened.epoch),
      pruner: new Pruner(db, retention),
      shedder: new Shedder(db, routes),
      checker: new RowChecker(db),
      room: new Room({ db, ballast: this.#ballast, maxBytes: retention.maxBytes, prune }),
    };
  }

  start(): void {
    const { epoch, setAside, salvage, migration } = this.#parts.opened;
    this.#port.postMessage({ opened: { epoch, setAside, salvage, migration } } satisfies Opened);
    this.#serve();
  }

  /** Never returns to the thread's event loop until the store is closed; see `Bell`. */
  #serve(): void {
    const bell = new Bell(this.#options.bell);
    while (!this.#isClosing) {
      const heard = bell.heard();
      this.#takeAll();
      if (this.#queue.length === 0) bell.waitSince(heard);
      else this.#round(this.#queue.splice(0));
    }
    this.#port.close();
  }

  #takeAll(): void {
    while (this.#queue.length < ROUND_CALLS) {
      const next = receiveMessageOnPort(this.#port) as { message: ToWriter } | undefined;
      if (next === undefined) return;
      this.#take(next.message);
    }
  }

  #take(message: ToWriter): void {
    this.#now = message.now;
    this.#mono = message.mono;
    this.#anchor ??= { wall: this.#now, mono: this.#mono };
    this.#queue.push(...message.calls);
  }

  #round(queued: readonly QueuedCall[]): void {
    const replies = [...this.#writeAll(queued), ...this.#answerOthers(queued)];
    const message: FromWriter = {
      replies,
      commitSeconds: this.#commitSeconds,
      damagedRows: this.#parts.reader.takeDamagedRows(),
      reopened: this.#reopened,
      isShort: !this.#isClosing && this.#parts.room.isShort,
      fatal: this.#fatal,
    };
    this.#commitSeconds = [];
    this.#port.postMessage(message);
  }

  #writeAll(queued: readonly QueuedCall[]): Reply[] {
    const writes = queued.filter((entry) => isWrite(entry.call));
    if (writes.length === 0) return [];
    const fatal = this.#fatal;
    if (fatal !== null) return writes.map(({ id }) => ({ id, failure: fatal }));
    const calls = writes.map(({ call }) => call as WriteCall);
    let outcomes = this.#writeOrMakeRoom(calls);
    const failed = outcomes.find((outcome) => "failure" in outcome && outcome.isFatal);
    // a call that went through on its own before the disk failed must not be made twice
    const isNoneDone = outcomes.every((outcome) => "failure" in outcome);
    if (failed !== undefined && isNoneDone && this.#reopen()) outcomes = this.#writeOrMakeRoom(calls);
    return writes.map(({ id }, i) => {
      const outcome = outcomes[i];
      if (outcome !== undefined && "value" in outcome) return { id, value: outcome.value };
      const failure = outcome?.failure ?? { code: "DB_REFUSED", details: ["no outcome"] };
      if (outcome?.isFatal) this.#giveUp(failure);
      return { id, failure };
    });
  }

  /** Input may be refused beforehand; what then meets a full disk is tried once more when room could be made. */
  #writeOrMakeRoom(calls: readonly WriteCall[]): WriteOutcome[] {
    const outcomes: (WriteOutcome | null)[] = calls.map((call) => {
      const failure = this.#parts.room.refusal(call);
      return failure === null ? null : { failure, isFatal: false };
    });
    const isRefused = outcomes.map((outcome) => outcome !== null);
    this.#fillIn(calls, outcomes);
    const isStuck = outcomes.map((outcome, i) => !isRefused[i] && outcome !== null && meetsFull(outcome));
    if (isStuck.includes(true) && this.#parts.room.make()) {
      for (const [i, stuck] of isStuck.entries()) if (stuck) outcomes[i] = null;
      this.#fillIn(calls, outcomes);
    }
    return outcomes.filter((outcome) => outcome !== null);
  }

  /** Writes the calls that have no outcome yet. */
  #fillIn(calls: readonly WriteCall[], outcomes: (WriteOutcome | null)[]): void {
    const open = calls.flatMap((call, i) => (outcomes[i] === null ? [{ call, i }] : []));
    if (open.length === 0) return;
    const written = this.#parts.writer.write(
      open.map(({ call }) => call),
      this.#now,
      (seconds) => this.#commitSeconds.push(seconds),
    );
    for (const [at, { i }] of open.entries()) outcomes[i] = written[at] ?? null;
  }

  /** A disk error need not be the end: on another connection, after a look at the database, what failed is made once more. */
  #reopen(): boolean {
    const before = this.#parts;
    try {
      const opened = before.opened.reopen();
      const { box, routes } = this.#options;
      const writer = new Writer({ db: opened.db, box, epoch: opened.epoch, routes });
      this.#parts = this.#assemble({ opened, writer });
      this.#reopened += 1;
      return writer.isWhere(before.writer);
    } catch {
      return false; // the first failure is what is told
    }
  }

  /** Nothing more can be done. Where it is a page that cannot be read, the next start goes by the mark. */
  #giveUp(failure: CodedFailure): void {
    this.#fatal = failure;
    if (!isDamage(failure.sqlite ?? "")) return;
    try {
      markDamaged(this.#options.path, String(failure.details[0]));
    } catch {
      // a disk that cannot even take the mark: the start finds the damage by itself, or runs into it again
    }
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
      if (failure.code === "DB_FAILED") this.#giveUp(failure);
      return { id, failure };
    }
  }

  #read(call: Call): Answers[keyof Answers] {
    const { tracks } = this.#parts.writer;
    switch (call.op) {
      case "snapshots":
        return this.#parts.reader.snapshots();
      case "pending":
        return this.#parts.reader.pending(call.afterInboxId, call.limit);
      case "consumed":
        return this.#parts.reader.consumed(call.afterInboxId, call.upToInboxId, call.limit);
      case "cursors":
        return tracks.ofOutput(call.output).map((track) => this.#parts.reader.cursor(track));
      case "read":
        return this.#parts.reader.deliveries(tracks.find(call.output, call.lane), call.afterSequence, call.limit);
      case "latest":
        return this.#parts.reader.latest(call.kind, call.session, call.limit);
      case "stats":
        return this.#stats();
      case "check":
        return this.#parts.checker.check(call.afterNumber);
      case "maintain":
        return this.#maintainAll();
      default:
        throw new TouchlineError("DB_REFUSED", [`unknown call '${call.op}'`]);
    }
  }

  #stats(): Answers["stats"] {
    const active = this.#parts.writer.tracks.all.filter((track) => track.isActive);
    const names = [...new Set(active.map((track) => track.output))];
    return {
      epoch: this.#parts.opened.epoch,
      records: this.#parts.reader.recordCount(),
      inboxPending: this.#parts.writer.lastInbox - this.#parts.writer.consumedInbox,
      databaseBytes: this.#parts.reader.databaseBytes(),
      walBytes: sizeOf(`${this.#options.path}-wal`),
      outputs: names.map((output) => {
        const tracks = active.filter((track) => track.output === output);
        const unsent = tracks.map((track) => this.#parts.reader.oldestUnsentAt(track)).filter((at) => at !== null);
        return {
          output,
          lanes: tracks.map((track) => this.#parts.reader.cursor(track)),
          oldestUnsentAt: unsent.length === 0 ? null : (Math.min(...unsent) as UnixMicros),
        };
      }),
    };
  }

  #maintainAll(): Answers["maintain"] {
    this.#ballast.restore();
    const done = this.#maintain();
    const shed = [...this.#shed.splice(0), ...done.shed];
    return { ...done, shed };
  }

  /** A clock that was set forward makes nothing old. */
  #steadyNow(): UnixMicros {
    const { wall, mono } = this.#anchor ?? { wall: this.#now, mono: this.#mono };
    return Math.min(this.#now, wall + (this.#mono - mono)) as UnixMicros;
  }

  #maintain(): Answers["maintain"] {
    const { shed, more } = this.#parts.shedder.shed(this.#parts.writer.tracks, this.#steadyNow());
    const pruned = this.#parts.pruner.prune({
      tracks: this.#parts.writer.tracks.all,
      lastNumber: this.#parts.writer.lastNumber,
      consumedInbox: this.#parts.writer.consumedInbox,
      databaseBytes: this.#parts.reader.databaseBytes(),
      isShort: this.#ballast.isGone,
      now: this.#now,
      mono: this.#mono,
    });
    return { ...pruned, shed, more: more || pruned.more };
  }

  #close(): null {
    this.#isClosing = true;
    this.#parts.opened.close();
    return null;
  }
}

/** On a full disk even opening may need room: then the ballast is given for it. */
function openWithRoom(options: WriterOptions, ballast: Ballast): { opened: OpenedDatabase; writer: Writer } {
  try {
    return openAll(options);
  } catch (error) {
    const cause = error instanceof TouchlineError ? error.cause : error;
    if (!isFull(codeOf(cause)) || !ballast.drop()) throw error;
    return openAll(options);
  }
}

function openAll(options: WriterOptions): { opened: OpenedDatabase; writer: Writer } {
  const { path, epoch, box, routes, retention, openedAt } = options;
  const opened = openDatabase({ path, epoch, maxBytes: retention.maxBytes, routes, now: openedAt });
  try {
    return { opened, writer: new Writer({ db: opened.db, box, epoch: opened.epoch, routes }) };
  } catch (error) {
    opened.close();
    throw error;
  }
}

function meetsFull(outcome: WriteOutcome): boolean {
  return "failure" in outcome && outcome.failure.code === "DB_FULL";
}

function isWrite(call: Call): boolean {
  return ["accept", "commit", "acknowledge", "setBase", "deadLetter"].includes(call.op);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function toFailure(error: unknown): CodedFailure {
  if (error instanceof TouchlineError) return { code: error.code, details: error.details };
  const code = isFull(codeOf(error)) ? "DB_FULL" : "DB_FAILED";
  return { code, details: [`${messageOf(error)} (${codeOf(error)})`], sqlite: codeOf(error) };
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
