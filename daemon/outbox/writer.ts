import type Database from "better-sqlite3";
import type { UnixMicros } from "../../sync/index.js";
import { messageOf, TouchlineError } from "../errors.js";
import { type BoxIdentity, LANE_OF_KIND, natsSubjectOf, toEnvelope } from "../records/index.js";
import { codeOf } from "./database.js";
import { InboxInserter } from "./inbox-inserter.js";
import type { Answers, CodedFailure, TextDraft, WriteCall } from "./messages.js";
import { unpackMessages } from "./packed-messages.js";
import { isFull } from "./room.js";
import { recordCrc, snapshotCrc } from "./row-crc.js";
import type { Committed, OutputRoute } from "./store.js";
import { Tracks } from "./tracks.js";

/** Dead letters are for a person to look at; more than this say nothing new. */
const DEAD_LETTERS_KEPT = 10_000;

interface Counters {
  last_number: number;
  last_inbox: number;
  consumed_inbox: number;
}

export type WriteOutcome =
  | { readonly value: Answers[WriteCall["op"]] }
  | { readonly failure: CodedFailure; readonly isFatal: boolean };

export interface WriterParts {
  readonly db: Database.Database;
  readonly box: BoxIdentity;
  readonly epoch: string;
  readonly routes: readonly OutputRoute[];
}

/**
 * The only one that writes. Calls that wait together become one transaction (group commit):
 * 1. BEGIN IMMEDIATE, apply all in order, write counters and tracks back, COMMIT (one fsync for all).
 * 2. If one of them fails, ROLLBACK and do each alone, so that it does not take its neighbours with it.
 * 3. If the disk fails, nothing is tried again on this connection: what a failed fsync has lost cannot be known.
 */
export class Writer {
  readonly tracks: Tracks;
  readonly #parts: WriterParts;
  readonly #statements: Statements;
  readonly #inbox: InboxInserter;
  #counters: Counters;
  /** As of the last commit. */
  #committed: Counters;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.#statements = prepareStatements(parts.db);
    this.#inbox = new InboxInserter(parts.db);
    this.tracks = new Tracks(parts.db, parts.routes);
    this.#counters = this.#readCounters();
    this.#committed = { ...this.#counters };
  }

  /** Whether the database stands where the other writer's last commit left it. */
  isWhere(other: Writer): boolean {
    const { last_number, last_inbox, consumed_inbox } = other.#committed;
    const ours = this.#counters;
    return ours.last_number === last_number && ours.last_inbox === last_inbox && ours.consumed_inbox === consumed_inbox;
  }

  get consumedInbox(): number {
    return this.#counters.consumed_inbox;
  }

  get lastInbox(): number {
    return this.#counters.last_inbox;
  }

  get lastNumber(): number {
    return this.#counters.last_number;
  }

  /** One outcome per call, in order. `onCommit` is told the duration of each transaction, seconds. */
  write(calls: readonly WriteCall[], now: UnixMicros, onCommit: (seconds: number) => void): WriteOutcome[] {
    const together = this.#tryTransaction(calls, now, onCommit);
    if (Array.isArray(together)) return together;
    if (calls.length === 1 || together.isFatal) return calls.map(() => together);
    let fatal: WriteOutcome | null = null;
    return calls.map((call) => {
      if (fatal !== null) return fatal;
      const alone = this.#tryTransaction([call], now, onCommit);
      if (!Array.isArray(alone) && alone.isFatal) fatal = alone;
      return Array.isArray(alone) ? (alone[0] ?? together) : alone;
    });
  }

  #tryTransaction(
    calls: readonly WriteCall[],
    now: UnixMicros,
    onCommit: (seconds: number) => void,
  ): WriteOutcome[] | { failure: CodedFailure; isFatal: boolean } {
    const { db } = this.#parts;
    const began = performance.now();
    try {
      this.#statements.begin.run();
      const outcomes = calls.map((call) => ({ value: this.#apply(call, now) }));
      this.#saveCounters();
      this.tracks.save();
      this.#statements.commit.run();
      this.#committed = { ...this.#counters };
      onCommit((performance.now() - began) / 1000);
      return outcomes;
    } catch (error) {
      return this.#undo(db, error);
    }
  }

  #undo(db: Database.Database, error: unknown): { failure: CodedFailure; isFatal: boolean } {
    const outcome = classify(error);
    if (outcome.isFatal) return outcome;
    try {
      if (db.inTransaction) this.#statements.rollback.run();
      this.tracks.reload();
      this.#counters = this.#readCounters();
      return outcome;
    } catch (rollbackError) {
      return { failure: failureOf("DB_FAILED", rollbackError), isFatal: true };
    }
  }

  #apply(call: WriteCall, now: UnixMicros): Answers[WriteCall["op"]] {
    switch (call.op) {
      case "accept":
        return this.#accept(call.messages);
      case "commit":
        return this.#commit(call);
      case "acknowledge":
        return this.#acknowledge(call);
      case "setBase":
        return this.#setBase(call);
      case "deadLetter":
        return this.#deadLetter(call, now);
    }
  }

  #accept(messages: Extract<WriteCall, { op: "accept" }>["messages"]): number {
    const first = this.#counters.last_inbox + 1;
    const unpacked = unpackMessages(messages);
    this.#inbox.insert(first, unpacked);
    this.#counters.last_inbox += unpacked.length;
    return first;
  }

  #commit(call: Extract<WriteCall, { op: "commit" }>): Committed {
    const firstNumber = this.#counters.last_number + 1;
    for (const draft of call.drafts) this.#insertRecord(draft);
    for (const { core, version, body } of call.snapshots)
      this.#statements.putSnapshot.run(core, version, body, snapshotCrc(core, version, body));
    if (call.consumedInbox !== null) this.#consume(call.consumedInbox);
    return { firstNumber, count: call.drafts.length };
  }

  #insertRecord(draft: TextDraft): void {
    const { box, epoch } = this.#parts;
    const number = ++this.#counters.last_number;
    const { data: _, ...head } = toEnvelope({ ...draft, data: {} }, box, epoch, number);
    const headJson = JSON.stringify(head);
    const natsSubject = natsSubjectOf(draft, box);
    const { kind, session, subject, recordedAt, dataJson } = draft;
    const crc = recordCrc(number, natsSubject, headJson, dataJson);
    this.#statements.insertRecord.run(
      number,
      kind,
      session,
      draft.class,
      subject,
      recordedAt,
      natsSubject,
      headJson,
      dataJson,
      crc,
    );
    this.#statements.putLatest.run(kind, session, subject, number);
    for (const track of this.tracks.takers(draft, LANE_OF_KIND[kind])) {
      this.#statements.insertDelivery.run(track.id, ++track.last, number);
      this.tracks.touch(track);
    }
  }

  #consume(upTo: number): void {
    if (upTo > this.#counters.last_inbox) {
      throw new TouchlineError("DB_REFUSED", [
        `inbox message ${upTo} consumed, but the last one is ${this.#counters.last_inbox}`,
      ]);
    }
    this.#counters.consumed_inbox = Math.max(this.#counters.consumed_inbox, upTo);
  }

  /** A lower sequence than before moves the mark back: a cloud that lost what it had acknowledged is sent it again. */
  #acknowledge({ output, lane, sequence }: Extract<WriteCall, { op: "acknowledge" }>): null {
    const track = this.tracks.find(output, lane);
    if (sequence > track.last || sequence < 0) {
      throw new TouchlineError("DB_REFUSED", [
        `'${output}' acknowledged ${lane} ${sequence}; the last one given is ${track.last}`,
      ]);
    }
    track.acknowledged = sequence;
    this.tracks.touch(track);
    return null;
  }

  #setBase({ output, lane, base }: Extract<WriteCall, { op: "setBase" }>): null {
    const track = this.tracks.find(output, lane);
    track.base = base;
    this.tracks.touch(track);
    return null;
  }

  #deadLetter(call: Extract<WriteCall, { op: "deadLetter" }>, now: UnixMicros): null {
    const track = this.tracks.find(call.output, call.lane);
    this.#statements.putDeadLetter.run(call.reason, now, track.id, call.sequence);
    this.#statements.trimDeadLetters.run(DEAD_LETTERS_KEPT);
    return null;
  }

  #readCounters(): Counters {
    return this.#statements.counters.get() ?? { last_number: 0, last_inbox: 0, consumed_inbox: 0 };
  }

  #saveCounters(): void {
    const { last_number, last_inbox, consumed_inbox } = this.#counters;
    this.#statements.putCounters.run(last_number, last_inbox, consumed_inbox);
  }
}

function classify(error: unknown): { failure: CodedFailure; isFatal: boolean } {
  if (error instanceof TouchlineError) return { failure: { code: error.code, details: error.details }, isFatal: false };
  const code = codeOf(error);
  if (isFull(code)) return { failure: failureOf("DB_FULL", error), isFatal: false };
  const isOurs = code === "" || code.startsWith("SQLITE_CONSTRAINT") || code.startsWith("SQLITE_TOOBIG");
  return isOurs
    ? { failure: failureOf("DB_REFUSED", error), isFatal: false }
    : { failure: failureOf("DB_FAILED", error), isFatal: true };
}

function failureOf(code: "DB_FULL" | "DB_REFUSED" | "DB_FAILED", error: unknown): CodedFailure {
  const sqlite = codeOf(error);
  return { code, details: [sqlite === "" ? messageOf(error) : `${messageOf(error)} (${sqlite})`], sqlite };
}

type Statements = ReturnType<typeof prepareStatements>;

function prepareStatements(db: Database.Database) {
  return {
    begin: db.prepare("BEGIN IMMEDIATE"),
    commit: db.prepare("COMMIT"),
    rollback: db.prepare("ROLLBACK"),
    counters: db.prepare<[], Counters>("SELECT last_number, last_inbox, consumed_inbox FROM counters"),
    putCounters: db.prepare("UPDATE counters SET last_number = ?, last_inbox = ?, consumed_inbox = ?"),
    insertRecord: db.prepare("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
    insertDelivery: db.prepare("INSERT INTO deliveries VALUES (?, ?, ?)"),
    putLatest: db.prepare(
      `INSERT INTO latest VALUES (?, ?, ?, ?)
       ON CONFLICT (kind, session, subject) DO UPDATE SET number = excluded.number`,
    ),
    putSnapshot: db.prepare(
      `INSERT INTO snapshots VALUES (?, ?, ?, ?)
       ON CONFLICT (core) DO UPDATE SET version = excluded.version, body = excluded.body, crc = excluded.crc`,
    ),
    putDeadLetter: db.prepare(
      `INSERT OR REPLACE INTO dead_letters (track, sequence, number, reason, at, head, data)
       SELECT d.track, d.sequence, d.number, ?, ?, coalesce(r.head, ''), coalesce(r.data, '')
         FROM deliveries d LEFT JOIN records r ON r.number = d.number WHERE d.track = ? AND d.sequence = ?`,
    ),
    trimDeadLetters: db.prepare("DELETE FROM dead_letters WHERE rowid <= (SELECT max(rowid) FROM dead_letters) - ?"),
  };
}
