import type Database from "better-sqlite3";
import { newestLatest } from "./page-salvage.js";
import { inboxCrc, recordCrc, snapshotCrc } from "./row-crc.js";
import type { Salvage } from "./salvaged.js";

interface TrackRow {
  id: number;
  output: string;
  lane: string;
  active: number;
  last: number;
  acknowledged: number;
}

interface RecordRow {
  number: number;
  kind: string;
  session: string;
  class: string;
  subject: string;
  recorded_at: number;
  nats_subject: string;
  head: string;
  data: string;
  crc: number;
}

const PAGE_ROWS = 2000;
const ROWS_PER_COMMIT = 5000;

/**
 * Copies what is still needed from a damaged database (or what was found in its pages) into a fresh one, in the old order:
 * records that an output has not acknowledged, the newest of each subject, messages not worked in, the state of the cores.
 *
 * A record gets a new number and new sequences, for the old ones may have holes that nobody can explain; it keeps its `id`, so that a
 * consumer that saw it under the old epoch (its acknowledgement may not have been stored) knows it again.
 * Throws what SQLite throws on a page it cannot read.
 */
export class CarryOver {
  readonly #from: Database.Database;
  readonly #to: Database.Database;
  readonly #epoch: string;
  readonly #putRecord: Database.Statement;
  readonly #putLatest: Database.Statement;
  readonly #putDelivery: Database.Statement;
  readonly #readRecord: Database.Statement<[number], RecordRow>;
  readonly #lastOf = new Map<number, number>();
  #lastNumber = 0;
  #written = 0;

  constructor(from: Database.Database, to: Database.Database, epoch: string) {
    this.#from = from;
    this.#to = to;
    this.#epoch = epoch;
    this.#readRecord = from.prepare("SELECT * FROM records WHERE number = ?");
    this.#putRecord = to.prepare("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    this.#putLatest = to.prepare("INSERT OR REPLACE INTO latest VALUES (?, ?, ?, ?)");
    this.#putDelivery = to.prepare("INSERT INTO deliveries VALUES (?, ?, ?)");
  }

  run(): Salvage {
    this.#to.exec("BEGIN IMMEDIATE");
    const tracks = this.#from.prepare<[], TrackRow>("SELECT * FROM tracks ORDER BY id").all();
    const putTrack = this.#to.prepare("INSERT INTO tracks VALUES (?, ?, ?, ?, 0, 0, NULL)");
    for (const { id, output, lane, active } of tracks) putTrack.run(id, output, lane, active);
    this.#copyTable("admitted", (row) => row);
    this.#copyTable("snapshots", soundSnapshot);
    // they keep a sequence that no delivery of the new epoch can have
    this.#copyTable("dead_letters", (row) => ({ ...row, sequence: -Math.abs(Number(row.sequence)) }));
    const records = this.#carryRecords(tracks);
    const messages = this.#carryInbox();
    const putLast = this.#to.prepare("UPDATE tracks SET last = ? WHERE id = ?");
    for (const [id, last] of this.#lastOf) putLast.run(last, id);
    this.#to.prepare("UPDATE counters SET last_number = ?").run(this.#lastNumber);
    this.#to.exec("COMMIT");
    const epoch = this.#from.prepare("SELECT value FROM meta WHERE key = 'epoch'").pluck().get();
    return { ...records, ...messages, epoch: typeof epoch === "string" ? epoch : null, failure: null };
  }

  #carryRecords(tracks: readonly TrackRow[]): Pick<Salvage, "records" | "lostRecords"> {
    let records = 0;
    let lostRecords = 0;
    const sources = [
      ...tracks.filter(({ active }) => active === 1).map((track) => this.#unsentOf(track)),
      latestOf(newestLatest(this.#from)),
    ];
    for (const { number, tracks: takers } of merged(sources)) {
      const isCarried = this.#carry(number, takers);
      if (takers.length > 0 && isCarried) records += 1;
      if (takers.length > 0 && !isCarried) lostRecords += 1;
      this.#pace();
    }
    return { records, lostRecords: lostRecords + Math.max(0, ...tracks.map((track) => this.#holesOf(track))) };
  }

  #carry(number: number, takers: readonly number[]): boolean {
    const row = this.#readRecord.get(number);
    if (row === undefined || recordCrc(number, row.nats_subject, row.head, row.data) !== row.crc) return false;
    const { kind, session, subject, recorded_at, nats_subject, data } = row;
    const head = JSON.stringify({ ...(JSON.parse(row.head) as object), epoch: this.#epoch });
    const next = ++this.#lastNumber;
    const crc = recordCrc(next, nats_subject, head, data);
    this.#putRecord.run(next, kind, session, row.class, subject, recorded_at, nats_subject, head, data, crc);
    this.#putLatest.run(kind, session, subject, next);
    for (const track of takers) {
      const sequence = (this.#lastOf.get(track) ?? 0) + 1;
      this.#lastOf.set(track, sequence);
      this.#putDelivery.run(track, sequence, next);
    }
    return true;
  }

  *#unsentOf({ id, acknowledged }: TrackRow): Generator<{ number: number; track: number }> {
    const page = this.#from.prepare<[number, number], { sequence: number; number: number }>(
      `SELECT sequence, number FROM deliveries WHERE track = ? AND sequence > ? ORDER BY sequence LIMIT ${PAGE_ROWS}`,
    );
    for (let after = acknowledged; ; ) {
      const rows = page.all(id, after);
      for (const { number } of rows) yield { number, track: id };
      const last = rows.at(-1);
      if (last === undefined) return;
      after = last.sequence;
    }
  }

  /** Sequences without a row. What is missing at the front only was shed. */
  #holesOf({ id, active, last, acknowledged }: TrackRow): number {
    if (active === 0) return 0;
    const { first, count } = this.#from
      .prepare<[number, number], { first: number | null; count: number }>(
        "SELECT min(sequence) AS first, count(*) AS count FROM deliveries WHERE track = ? AND sequence > ?",
      )
      .get(id, acknowledged) ?? { first: null, count: 0 };
    return first === null ? 0 : Math.max(0, last - first + 1 - count);
  }

  /** With the ids they had: snapshots name them. Consumed ones too, as far as they are still there: a core may want them again. */
  #carryInbox(): Pick<Salvage, "messages" | "lostMessages"> {
    const counters = this.#from
      .prepare<[], { last_inbox: number; consumed_inbox: number }>("SELECT last_inbox, consumed_inbox FROM counters")
      .get();
    const page = this.#from.prepare<
      [number],
      { id: number; what: string; sender: string; arrival: number; body: string; crc: number }
    >(`SELECT * FROM inbox WHERE id > ? ORDER BY id LIMIT ${PAGE_ROWS}`);
    const put = this.#to.prepare("INSERT INTO inbox VALUES (?, ?, ?, ?, ?, ?)");
    const consumed = counters?.consumed_inbox ?? 0;
    let messages = 0;
    let highest = counters?.last_inbox ?? 0;
    for (let after = 0; ; ) {
      const rows = page.all(after);
      for (const { id, what, sender, arrival, body, crc } of rows) {
        if (inboxCrc(id, what, sender, arrival, body) !== crc) continue;
        if (id > consumed) messages += 1;
        highest = Math.max(highest, id);
        put.run(id, what, sender, arrival, body, crc);
        this.#pace();
      }
      const last = rows.at(-1);
      if (last === undefined) break;
      after = last.id;
    }
    this.#to.prepare("UPDATE counters SET last_inbox = ?, consumed_inbox = ?").run(highest, consumed);
    return { messages, lostMessages: counters === undefined ? 0 : highest - consumed - messages };
  }

  #copyTable(table: string, change: (row: Record<string, unknown>) => Record<string, unknown> | null): void {
    const isThere = this.#from.prepare("SELECT 1 FROM sqlite_master WHERE name = ?").get(table) !== undefined;
    if (!isThere) return;
    const rows = this.#from.prepare<[], Record<string, unknown>>(`SELECT * FROM ${table}`).all();
    for (const row of rows) {
      const changed = change(row);
      if (changed === null) continue;
      const columns = Object.keys(changed);
      this.#to
        .prepare(
          `INSERT OR REPLACE INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`,
        )
        .run(Object.values(changed));
    }
  }

  #pace(): void {
    this.#written += 1;
    if (this.#written % ROWS_PER_COMMIT === 0) this.#to.exec("COMMIT; BEGIN IMMEDIATE");
  }
}

function soundSnapshot(row: Record<string, unknown>): Record<string, unknown> | null {
  const { core, version, body, crc } = row;
  if (crc == null) return row;
  return snapshotCrc(String(core), Number(version), String(body)) === crc ? row : null;
}

function* latestOf(numbers: readonly number[]): Generator<{ number: number; track: null }> {
  for (const number of numbers) yield { number, track: null };
}

/** All numbers of the sources, ascending, each once, with the tracks it is for. */
function* merged(
  sources: readonly Generator<{ number: number; track: number | null }>[],
): Generator<{ number: number; tracks: number[] }> {
  const heads = sources.map((source) => source.next());
  for (;;) {
    const number = Math.min(...heads.map((head) => (head.done ? Number.POSITIVE_INFINITY : head.value.number)));
    if (number === Number.POSITIVE_INFINITY) return;
    const tracks: number[] = [];
    for (const [i, source] of sources.entries()) {
      const head = heads[i];
      if (head === undefined || head.done || head.value.number !== number) continue;
      if (head.value.track !== null) tracks.push(head.value.track);
      heads[i] = source.next();
    }
    yield { number, tracks };
  }
}
