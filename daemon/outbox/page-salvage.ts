import { existsSync, rmSync } from "node:fs";
import Database from "better-sqlite3";
import { LANES } from "../records/index.js";
import { fillHoles } from "./delivery-holes.js";
import { PageFile } from "./page-file.js";
import type { PageRow, Value } from "./page-rows.js";
import { inboxCrc, recordCrc } from "./row-crc.js";
import { MIGRATIONS, migrate } from "./schema.js";
import type { OutputRoute } from "./store.js";

/** Rows written between two commits of the scratch file. */
const ROWS_PER_COMMIT = 10_000;
/** Records kept beyond the unsent ones: what pages and clients ask for, the newest of each subject. */
export const LATEST_KEPT = 20_000;

/**
 * What lies readable in the pages of a broken database, as a database of our own layout beside it (`<path>.scan`, not durable: it is made
 * again if need be). Records and messages prove themselves by their checksums; the small tables are known by their shape.
 */
export class PageSalvage {
  readonly db: Database.Database;
  readonly #path: string;
  readonly #insert: ReturnType<typeof prepareInserts>;
  #inTransaction = 0;

  constructor(damagedPath: string, routes: readonly OutputRoute[]) {
    this.#path = `${damagedPath}.scan`;
    rmSync(this.#path, { force: true });
    this.db = new Database(this.#path);
    this.db.pragma("journal_mode = OFF");
    this.db.pragma("synchronous = OFF");
    migrate(this.db, MIGRATIONS);
    this.db.exec("DELETE FROM counters");
    this.#insert = prepareInserts(this.db);
    const file = new PageFile(damagedPath);
    try {
      this.#scan(file, (row) => this.#takeSmall(row));
      const first = this.#firstWanted();
      const latest = new Set(newestLatest(this.db));
      this.#scan(file, (row) => this.#takeRecord(row, first, latest));
      fillHoles(this.db, routes);
    } finally {
      file.close();
    }
  }

  close(): void {
    this.db.close();
    if (existsSync(this.#path)) rmSync(this.#path, { force: true });
  }

  #scan(file: PageFile, take: (row: PageRow) => void): void {
    this.db.exec("BEGIN");
    for (const row of file.rows()) {
      take(row);
      this.#inTransaction += 1;
      if (this.#inTransaction % ROWS_PER_COMMIT === 0) this.db.exec("COMMIT; BEGIN");
    }
    this.db.exec("COMMIT");
  }

  /** Of an output whose mark is not readable everything kept is wanted: rather twice than not at all. */
  #firstWanted(): number {
    const firsts = this.db
      .prepare<[], { first: number }>(
        `SELECT coalesce((SELECT max(number) FROM deliveries WHERE track = id AND sequence <= acknowledged), 0) + 1 AS first
           FROM tracks WHERE active = 1 AND last > acknowledged OR last = 0`,
      )
      .all();
    return Math.min(Number.MAX_SAFE_INTEGER, ...firsts.map(({ first }) => first));
  }

  #takeSmall({ rowid, values }: PageRow): void {
    const shape = values.map(shapeOf).join("");
    if (rowid === null) {
      if (shape === "iii") this.#takeDelivery(values);
      else if (shape === "ttti") this.#insert.latest.run(values);
      else if (shape === "tti" && isLane(values[1])) this.#insert.trackName.run(values[2], values[0], values[1]);
      else if (shape === "tt") this.#insert.meta.run(values);
    } else if (/^[ni]ttii[i][in]$/.test(shape) && isLane(values[2])) this.#insert.track.run(rowid, ...values.slice(1));
    else if (/^[ni]iii$/.test(shape) && rowid === 1) this.#insert.counters.run(...values.slice(1));
    else if (/^tit[in]?$/.test(shape)) this.#insert.snapshot.run(values[0], values[1], values[2], values[3] ?? null);
    else if (shape === "ittt") this.#insert.admitted.run(values);
    else if (shape === "iiititt") this.#insert.deadLetter.run(values);
    else if (/^[ni]ttiti$/.test(shape)) this.#takeInbox(rowid, values);
  }

  /** The index of the dead letters looks the same, but its third number is a small rowid: a record's number is never below its sequence. */
  #takeDelivery(values: readonly Value[]): void {
    const [track, sequence, number] = values as [number, number, number];
    if (sequence >= 1 && number >= sequence && track >= 1) this.#insert.delivery.run(track, sequence, number);
  }

  #takeInbox(id: number, values: readonly Value[]): void {
    const [, what, sender, arrival, body, crc] = values as [null, string, string, number, string, number];
    if (inboxCrc(id, what, sender, arrival, body) === crc) this.#insert.inbox.run(id, what, sender, arrival, body, crc);
  }

  #takeRecord({ rowid, values }: PageRow, first: number, latest: ReadonlySet<number>): void {
    if (rowid === null || values.length !== 10 || !(rowid >= first || latest.has(rowid))) return;
    const [, kind, session, className, subject, recordedAt, natsSubject, head, data, crc] = values;
    if (typeof natsSubject !== "string" || typeof head !== "string" || typeof data !== "string") return;
    if (recordCrc(rowid, natsSubject, head, data) !== crc) return;
    this.#insert.record.run(rowid, kind, session, className, subject, recordedAt, natsSubject, head, data, crc);
  }
}

/** Numbers of the newest records of their subjects, ascending. */
export function newestLatest(db: Database.Database): number[] {
  const numbers = db.prepare("SELECT number FROM latest ORDER BY number DESC LIMIT ?").pluck().all(LATEST_KEPT);
  return (numbers as number[]).reverse();
}

function shapeOf(value: Value): string {
  if (value === null) return "n";
  if (typeof value === "number") return "i";
  return typeof value === "string" ? "t" : "b";
}

function isLane(value: Value | undefined): boolean {
  return (LANES as readonly unknown[]).includes(value);
}

/** An older version of a row may lie in a page that was moved: the higher mark is the newer one. */
function prepareInserts(db: Database.Database) {
  return {
    meta: db.prepare("INSERT OR REPLACE INTO meta VALUES (?, ?)"),
    counters: db.prepare(
      `INSERT INTO counters VALUES (1, ?, ?, ?) ON CONFLICT DO UPDATE SET
       last_number = max(last_number, excluded.last_number), last_inbox = max(last_inbox, excluded.last_inbox),
       consumed_inbox = max(consumed_inbox, excluded.consumed_inbox)`,
    ),
    track: db.prepare(
      `INSERT INTO tracks VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET active = excluded.active,
       last = max(last, excluded.last), acknowledged = max(acknowledged, excluded.acknowledged)`,
    ),
    trackName: db.prepare("INSERT OR IGNORE INTO tracks VALUES (?, ?, ?, 1, 0, 0, NULL)"),
    delivery: db.prepare(
      `INSERT INTO deliveries VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET number = max(number, excluded.number)`,
    ),
    latest: db.prepare("INSERT OR REPLACE INTO latest VALUES (?, ?, ?, ?)"),
    snapshot: db.prepare("INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?)"),
    admitted: db.prepare("INSERT OR IGNORE INTO admitted VALUES (?, ?, ?, ?)"),
    deadLetter: db.prepare("INSERT OR REPLACE INTO dead_letters VALUES (?, ?, ?, ?, ?, ?, ?)"),
    inbox: db.prepare("INSERT OR REPLACE INTO inbox VALUES (?, ?, ?, ?, ?, ?)"),
    record: db.prepare("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
  };
}
