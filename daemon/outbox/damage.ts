import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type Database from "better-sqlite3";
import type { UnixMicros } from "../../sync/index.js";
import { inboxCrc, recordCrc } from "./row-crc.js";
import { APPLICATION_ID } from "./schema.js";

/** Up to this size the whole file is checked at open (about 5 ms for 9 MB); above, only the small tables and the unsent tail. */
const FULL_CHECK_BYTES = 256 * 1024 * 1024;
/** Rows of the unsent tail whose checksum is proved at open; the rest is proved as it is read. */
const TAIL_ROWS = 50_000;
/** The same limit for large rows: half a second's reading from a slow disk. */
const TAIL_BYTES = 64 * 1024 * 1024;
const SMALL_TABLES = ["meta", "counters", "tracks", "snapshots"];

export interface Damage {
  readonly what: string;
  /** The trees can be walked; only rows are wrong. */
  readonly isTreeSound: boolean;
}

/** Names what is wrong with an open database, or `null`. Throws what SQLite throws on a file it cannot read. */
export function findDamage(db: Database.Database, bytes: number): Damage | null {
  const ofTree = notOurs(db) ?? checkStructure(db, bytes);
  if (ofTree !== null) return { what: ofTree, isTreeSound: false };
  const ofRows = checkInbox(db) ?? checkUnsentTail(db);
  return ofRows === null ? null : { what: ofRows, isTreeSound: true };
}

/** Nothing was ever in it: what a power cut during the very first start leaves. */
export function isBlank(db: Database.Database): boolean {
  const id = db.pragma("application_id", { simple: true });
  return id === 0 && db.prepare("SELECT 1 FROM sqlite_master LIMIT 1").get() === undefined;
}

/** A mark beside a database in which a page was found unreadable while it ran: the next open sets it aside without asking again. */
export function markDamaged(path: string, what: string): void {
  const file = openSync(markOf(path), "w", 0o600);
  try {
    writeSync(file, `${what}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  syncFolderOf(path);
}

export function isMarkedDamaged(path: string): boolean {
  return existsSync(markOf(path));
}

function markOf(path: string): string {
  return `${path}.unreadable`;
}

function notOurs(db: Database.Database): string | null {
  const id = db.pragma("application_id", { simple: true });
  return id === APPLICATION_ID ? null : `not a touchline store (application id ${String(id)})`;
}

function checkStructure(db: Database.Database, bytes: number): string | null {
  const checks = bytes <= FULL_CHECK_BYTES ? ["quick_check(1)"] : SMALL_TABLES.map((table) => `quick_check(${table})`);
  for (const check of checks) {
    const found = db.pragma(check, { simple: true });
    if (found !== "ok") return `${check}: ${String(found)}`;
  }
  return null;
}

function checkInbox(db: Database.Database): string | null {
  const rows = db.prepare<
    [number],
    { id: number; what: string; sender: string; arrival: number; body: string; crc: number }
  >(`SELECT inbox.* FROM inbox, counters WHERE id > consumed_inbox ORDER BY id LIMIT ?`);
  let bytes = 0;
  for (const row of rows.iterate(TAIL_ROWS)) {
    bytes += row.body.length;
    if (bytes > TAIL_BYTES) break;
    if (inboxCrc(row.id, row.what, row.sender, row.arrival, row.body) !== row.crc)
      return `inbox row ${row.id}: checksum`;
  }
  return null;
}

function checkUnsentTail(db: Database.Database): string | null {
  const rows = db.prepare<
    [number],
    { number: number; nats_subject: string | null; head: string; data: string; crc: number }
  >(
    `SELECT d.number AS number, r.nats_subject, r.head, r.data, r.crc
       FROM tracks t JOIN deliveries d ON d.track = t.id AND d.sequence > t.acknowledged
       LEFT JOIN records r ON r.number = d.number
      WHERE t.active = 1 LIMIT ?`,
  );
  let bytes = 0;
  for (const row of rows.iterate(TAIL_ROWS)) {
    if (row.nats_subject === null) return `record ${row.number}: missing`;
    bytes += row.head.length + row.data.length;
    if (bytes > TAIL_BYTES) break;
    if (recordCrc(row.number, row.nats_subject, row.head, row.data) !== row.crc)
      return `record ${row.number}: checksum`;
  }
  return null;
}

/** Whether an error of SQLite says that the file itself is bad, not that it could not be reached. */
export function isDamage(code: string): boolean {
  return /^SQLITE_(CORRUPT|NOTADB|IOERR_SHORT_READ)/.test(code);
}

/**
 * Renames the database and what belongs to it, with the time, and never over anything that is there.
 * Returns the new name of the database. Throws what the file system throws.
 */
export function setAside(path: string, now: UnixMicros): string {
  const stamp = new Date(now / 1000).toISOString().replace(/[-:]|\.\d+/g, "");
  const suffixes = ["", "-wal", "-shm"];
  let name = `${path}.damaged-${stamp}`;
  for (let n = 1; suffixes.some((suffix) => existsSync(name + suffix)); n++) name = `${path}.damaged-${stamp}-${n}`;
  for (const suffix of suffixes) if (existsSync(path + suffix)) renameSync(path + suffix, name + suffix);
  rmSync(markOf(path), { force: true });
  syncFolderOf(path);
  return name;
}

/** Makes created and renamed names of the folder durable. */
export function syncFolderOf(path: string): void {
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
