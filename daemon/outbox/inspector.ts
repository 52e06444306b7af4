import { existsSync, statSync } from "node:fs";
import Database from "better-sqlite3";
import { messageOf, TouchlineError } from "../errors.js";
import type { CloudEvent, Lane, RecordKind } from "../records/index.js";
import { isDamage } from "./damage.js";
import { codeOf } from "./database.js";
import { recordCrc } from "./row-crc.js";
import { APPLICATION_ID, MIGRATIONS, schemaVersion } from "./schema.js";
import { StoredDelivery } from "./stored-delivery.js";

/** Rows read at a time: a read that lasts keeps the daemon's log from being worked in. */
const PAGE_ROWS = 500;
const BUSY_TIMEOUT_MS = 2000;

export interface TrackSummary {
  readonly output: string;
  readonly lane: Lane;
  /** In the configuration of the last start. */
  readonly isActive: boolean;
  readonly last: number;
  readonly acknowledged: number;
  /** Deliveries kept that are not acknowledged. */
  readonly waiting: number;
  /** When the oldest of them was made, microseconds since 1970. */
  readonly oldestAt: number | null;
  readonly deadLetters: number;
}

export interface StoreSummary {
  readonly path: string;
  readonly epoch: string;
  readonly schemaVersion: number;
  readonly databaseBytes: number;
  readonly walBytes: number;
  readonly freeBytes: number;
  readonly records: number;
  readonly inboxPending: number;
  readonly tracks: readonly TrackSummary[];
}

/** A record as it is stored, with its place in an output's lane where it was read from one. */
export interface InspectedRecord {
  readonly number: number;
  readonly sequence: number | null;
  readonly lane: Lane | null;
  /** `null`: missing or its checksum is wrong. */
  readonly event: CloudEvent | null;
}

interface TrackRow {
  readonly id: number;
  readonly output: string;
  readonly lane: Lane;
  readonly active: number;
  readonly last: number;
  readonly acknowledged: number;
}

interface RecordRow {
  readonly number: number;
  readonly sequence: number;
  readonly kind: RecordKind | null;
  readonly nats_subject: string;
  readonly head: string;
  readonly data: string;
  readonly crc: number;
}

/** Looks into a store from another process, the running daemon's or one that was set aside. Reads in short pages, writes nothing. */
export class StoreInspector {
  readonly #path: string;
  readonly #db: Database.Database;

  /** Throws DB_OPEN_FAILED or DB_NEWER. */
  constructor(path: string) {
    this.#path = path;
    if (!existsSync(path)) throw new TouchlineError("DB_OPEN_FAILED", [path, "there is no such file"]);
    try {
      this.#db = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
      if (this.#db.pragma("application_id", { simple: true }) !== APPLICATION_ID)
        throw new TouchlineError("DB_OPEN_FAILED", [path, "it is no touchline store"]);
    } catch (error) {
      if (error instanceof TouchlineError) throw error;
      throw new TouchlineError("DB_OPEN_FAILED", [path, messageOf(error)], error);
    }
    const version = schemaVersion(this.#db);
    if (version > MIGRATIONS.length) throw new TouchlineError("DB_NEWER", [path, version, MIGRATIONS.length]);
  }

  close(): void {
    this.#db.close();
  }

  summary(): StoreSummary {
    const text = (sql: string): unknown => this.#db.prepare(sql).pluck().get();
    const number = (sql: string): number => Number(text(sql) ?? 0);
    const pageBytes = number("PRAGMA page_size");
    const [first, last] = [number("SELECT min(number) FROM records"), number("SELECT max(number) FROM records")];
    return {
      path: this.#path,
      epoch: String(text("SELECT value FROM meta WHERE key = 'epoch'") ?? ""),
      schemaVersion: schemaVersion(this.#db),
      databaseBytes: pageBytes * number("PRAGMA page_count"),
      walBytes: statSync(`${this.#path}-wal`, { throwIfNoEntry: false })?.size ?? 0,
      freeBytes: pageBytes * number("PRAGMA freelist_count"),
      records: last === 0 ? 0 : last - first + 1,
      inboxPending: number("SELECT last_inbox - consumed_inbox FROM counters"),
      tracks: this.#tracks().map((track) => this.#summaryOf(track)),
    };
  }

  hasOutput(output: string): boolean {
    return this.#tracks().some((track) => track.output === output);
  }

  /** Numbers of the first and the last record kept; `null`: there is none. */
  ends(): { readonly first: number; readonly last: number } | null {
    const row = this.#db
      .prepare<[], { first: number | null; last: number | null }>(
        "SELECT (SELECT min(number) FROM records) AS first, (SELECT max(number) FROM records) AS last",
      )
      .get();
    return row?.first == null || row.last === null ? null : { first: row.first, last: row.last };
  }

  /** All records kept, in order. A page is read when the one before was used up. */
  *records(): Generator<InspectedRecord> {
    const page = this.#db.prepare<[number], RecordRow>(
      `SELECT number, 0 AS sequence, kind, nats_subject, head, data, crc FROM records WHERE number > ? ORDER BY number
       LIMIT ${PAGE_ROWS}`,
    );
    for (let after = 0; ; ) {
      const rows = page.all(after);
      for (const row of rows) yield { number: row.number, sequence: null, lane: null, event: this.#eventOf(row, null) };
      const last = rows.at(-1);
      if (last === undefined) return;
      after = last.number;
    }
  }

  /** What an output was given and is still kept, lane by lane; only what it has not acknowledged where asked. */
  *deliveries(output: string, isOnlyWaiting: boolean): Generator<InspectedRecord> {
    const page = this.#db.prepare<[number, number], RecordRow>(
      `SELECT d.number, d.sequence, r.kind, r.nats_subject, r.head, r.data, r.crc
         FROM deliveries d LEFT JOIN records r ON r.number = d.number
        WHERE d.track = ? AND d.sequence > ? ORDER BY d.sequence LIMIT ${PAGE_ROWS}`,
    );
    for (const track of this.#tracks().filter((candidate) => candidate.output === output)) {
      for (let after = isOnlyWaiting ? track.acknowledged : 0; ; ) {
        const rows = page.all(track.id, after);
        for (const row of rows)
          yield { number: row.number, sequence: row.sequence, lane: track.lane, event: this.#eventOf(row, track) };
        const last = rows.at(-1);
        if (last === undefined) break;
        after = last.sequence;
      }
    }
  }

  /** SQLite's own check of all its trees: one read of the whole file. Names what is wrong, or `null`. */
  checkTrees(): string | null {
    try {
      const found = this.#db.pragma("quick_check(1)", { simple: true });
      return found === "ok" ? null : String(found);
    } catch (error) {
      if (isDamage(codeOf(error))) return messageOf(error);
      throw error;
    }
  }

  #tracks(): TrackRow[] {
    return this.#db.prepare<[], TrackRow>("SELECT * FROM tracks ORDER BY output, id").all();
  }

  #summaryOf({ id, output, lane, active, last, acknowledged }: TrackRow): TrackSummary {
    const oldest = this.#db
      .prepare<[number, number], { sequence: number; at: number | null }>(
        `SELECT d.sequence, r.recorded_at AS at FROM deliveries d LEFT JOIN records r ON r.number = d.number
          WHERE d.track = ? AND d.sequence > ? ORDER BY d.sequence LIMIT 1`,
      )
      .get(id, acknowledged);
    const deadLetters = this.#db.prepare("SELECT count(*) FROM dead_letters WHERE track = ?").pluck().get(id);
    const isActive = active === 1;
    // without holes from the oldest kept on: counting them would read them all
    const waiting = oldest === undefined || !isActive ? 0 : last - oldest.sequence + 1;
    const oldestAt = isActive ? (oldest?.at ?? null) : null;
    return { output, lane, isActive, last, acknowledged, waiting, oldestAt, deadLetters: Number(deadLetters) };
  }

  #eventOf(row: RecordRow, track: TrackRow | null): CloudEvent | null {
    if (row.kind === null || recordCrc(row.number, row.nats_subject, row.head, row.data) !== row.crc) return null;
    const { sequence, number, nats_subject: natsSubject, head, data: dataJson } = row;
    const delivery = { sequence, number, kind: row.kind, natsSubject, head, dataJson };
    return new StoredDelivery(track?.output ?? "", track?.lane ?? "live", delivery).event;
  }
}
