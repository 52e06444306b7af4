import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import type { UnixMicros } from "../../sync/index.js";
import { messageOf, TouchlineError } from "../errors.js";
import { findDamage, isBlank, isDamage, isMarkedDamaged, syncFolderOf } from "./damage.js";
import { drawEpoch } from "./epoch.js";
import { copyBeforeMigration, type Migration } from "./migration-copy.js";
import { adoptSalvaged, replaceDamaged } from "./salvage.js";
import type { Salvage } from "./salvaged.js";
import { MIGRATIONS, migrate, schemaVersion } from "./schema.js";
import type { OutputRoute } from "./store.js";

/** SQLite's own wait for a lock. It blocks this thread, so it is short; only a reader's checkpoint could make us wait. */
const BUSY_TIMEOUT_MS = 500;
const WAL_LIMIT_BYTES = 16 * 1024 * 1024;
const PAGE_CACHE_KIB = 16 * 1024;
const SYNCHRONOUS_FULL = 2;

export interface OpenedDatabase {
  readonly db: Database.Database;
  readonly epoch: string;
  /** New name of a damaged or foreign database that was in the way. */
  readonly setAside: string | null;
  /** What of it lives on; `null` when none was set aside. */
  readonly salvage: Salvage | null;
  /** The database was of an older version; `null`: it was not. */
  readonly migration: Migration | null;
  /**
   * After a disk error: another connection to the same database, looked at for damage, while the lock stays ours. What a failed flush may
   * have lost is what the last transaction wrote; it is not in the database, and the pages are written anew when it is tried again.
   * Throws when the database is damaged or cannot be opened.
   */
  reopen(): OpenedDatabase;
  /** Closes the database and lets go of the lock. */
  close(): void;
}

export interface DatabasePlace {
  readonly path: string;
  /** For a fresh database; `null`: drawn. */
  readonly epoch: string | null;
  readonly maxBytes: number;
  /** Tell what a record was meant for where the deliveries of a damaged database cannot be read. */
  readonly routes: readonly OutputRoute[];
  readonly now: UnixMicros;
}

/**
 * Opens the database, alone: 1. lock, 2. open with the durable settings, 3. look for damage, 4. migrate, with a copy made before. What is
 * damaged or foreign is renamed, and a fresh one takes its place with all of it that can be read. Throws DB_OPEN_FAILED, DB_NEWER or DB_NOT_DURABLE.
 */
export function openDatabase(place: DatabasePlace): OpenedDatabase {
  checkPlace(place.path);
  const lock = takeLock(place.path);
  try {
    const { db, ...found } = openSound(place);
    const epoch = ensureEpoch(db, place);
    return openedWith(db, lock, place, { epoch, ...found });
  } catch (error) {
    lock.close();
    throw asOpenFailure(place.path, error);
  }
}

type Found = Pick<OpenedDatabase, "epoch" | "setAside" | "salvage" | "migration">;

function openedWith(
  db: Database.Database,
  lock: Database.Database,
  place: DatabasePlace,
  found: Found,
): OpenedDatabase {
  const close = (): void => {
    db.close();
    lock.close();
  };
  return { db, ...found, close, reopen: () => openedWith(openAgain(db, place), lock, place, found) };
}

/**
 * A reader is kept open meanwhile: the last connection to close would move the log into the database and delete it, trusting pages whose
 * flush has just failed; and it keeps the log's index, in which the failed transaction does not exist.
 */
function openAgain(broken: Database.Database, place: DatabasePlace): Database.Database {
  const guard = new Database(place.path, { readonly: true });
  try {
    guard.pragma("user_version");
    broken.close();
    const db = openDurable(place);
    const damage = findDamage(db, statSync(place.path).size);
    if (damage === null) return db;
    db.close();
    throw new TouchlineError("DB_FAILED", [damage.what]);
  } finally {
    guard.close();
  }
}

function checkPlace(path: string): void {
  const folder = dirname(path);
  if (!existsSync(folder)) throw new TouchlineError("DB_OPEN_FAILED", [path, `the folder ${folder} does not exist`]);
  if (existsSync(path) && !statSync(path).isFile())
    throw new TouchlineError("DB_OPEN_FAILED", [path, "it is not a file"]);
}

/**
 * A second, empty database beside the first, held in an exclusive transaction for as long as we run. The lock is the kernel's: it is gone
 * with the process however that ends, so a stale one cannot block; and readers of the store itself are not kept out.
 */
export function takeLock(path: string): Database.Database {
  try {
    const lock = new Database(`${path}.lock`, { timeout: 0 });
    try {
      lock.exec("BEGIN EXCLUSIVE");
      return lock;
    } catch (error) {
      lock.close();
      throw error;
    }
  } catch (error) {
    const isBusy = codeOf(error).startsWith("SQLITE_BUSY");
    const why = isBusy ? "another touchline process uses it" : `${path}.lock: ${messageOf(error)}`;
    throw new TouchlineError("DB_OPEN_FAILED", [path, why], error);
  }
}

type Sound = { readonly db: Database.Database } & Pick<OpenedDatabase, "setAside" | "salvage" | "migration">;

function openSound(place: DatabasePlace): Sound {
  adoptSalvaged(place.path, place.now);
  const asFound = { setAside: null, salvage: null, migration: null };
  const isFresh = !existsSync(place.path) || statSync(place.path).size === 0;
  if (isFresh && !existsSync(`${place.path}-wal`)) return { ...asFound, db: openDurable(place) };
  const opened = isFresh ? null : tryOpen(place);
  if (opened !== null && "db" in opened) return { ...asFound, ...opened };
  const replaced = replaceDamaged(place, opened?.isTreeSound ?? false, (path) => openFresh({ ...place, path }));
  return { ...asFound, ...replaced, db: openDurable(place) };
}

/** The database that takes the place of a damaged one has an epoch of its own, so it must not be given the old one's. */
function openFresh(place: DatabasePlace): { db: Database.Database; epoch: string } {
  const db = openDurable(place);
  return { db, epoch: ensureEpoch(db, { ...place, epoch: null }) };
}

/** The existing database if it is sound, else it is closed; `null`: SQLite cannot read it, or it was marked while it ran. */
function tryOpen(
  place: DatabasePlace,
): { db: Database.Database; migration: Migration | null } | { isTreeSound: boolean } | null {
  let db: Database.Database | null = null;
  try {
    if (isMarkedDamaged(place.path)) return null;
    db = new Database(place.path, { timeout: BUSY_TIMEOUT_MS });
    if (isBlank(db)) {
      configure(db, place);
      return { db, migration: null };
    }
    if (schemaVersion(db) > MIGRATIONS.length && findDamage(db, 0) === null) {
      throw new TouchlineError("DB_NEWER", [place.path, schemaVersion(db), MIGRATIONS.length]);
    }
    const damage = findDamage(db, statSync(place.path).size);
    if (damage === null) {
      const migration = copyBeforeMigration(db, place.path);
      configure(db, place);
      return { db, migration };
    }
    db.close();
    return { isTreeSound: damage.isTreeSound };
  } catch (error) {
    db?.close();
    if (!isDamage(codeOf(error))) throw error;
    return null;
  }
}

function openDurable(place: DatabasePlace): Database.Database {
  const db = new Database(place.path, { timeout: BUSY_TIMEOUT_MS });
  try {
    configure(db, place);
    syncFolderOf(place.path);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function configure(db: Database.Database, place: DatabasePlace): void {
  db.pragma("auto_vacuum = INCREMENTAL"); // has no effect any more once there is a table
  const mode = db.pragma("journal_mode = WAL", { simple: true });
  if (mode !== "wal")
    throw new TouchlineError("DB_OPEN_FAILED", [place.path, "its disk cannot hold a write-ahead log"]);
  makeDurable(db, place.path);
  db.pragma(`journal_size_limit = ${WAL_LIMIT_BYTES}`);
  db.pragma(`cache_size = -${PAGE_CACHE_KIB}`);
  db.pragma("temp_store = MEMORY");
  db.pragma(`max_page_count = ${Math.max(1000, Math.ceil(place.maxBytes / pageBytes(db)))}`);
  migrate(db, MIGRATIONS);
}

/**
 * better-sqlite3 is compiled so that a *reopened* WAL database runs with synchronous=NORMAL, which loses the last commits in a power cut;
 * a fresh one runs FULL, so tests on a fresh file do not see it. Hence set and read back on every open.
 */
function makeDurable(db: Database.Database, path: string): void {
  db.pragma("synchronous = FULL");
  const level = db.pragma("synchronous", { simple: true });
  if (level !== SYNCHRONOUS_FULL) throw new TouchlineError("DB_NOT_DURABLE", [path, String(level)]);
}

function pageBytes(db: Database.Database): number {
  return db.pragma("page_size", { simple: true }) as number;
}

function ensureEpoch(db: Database.Database, place: DatabasePlace): string {
  const known = db.prepare<[], { value: string }>("SELECT value FROM meta WHERE key = 'epoch'").get();
  if (known !== undefined) return known.value;
  const epoch = place.epoch ?? drawEpoch(place.now);
  db.prepare("INSERT INTO meta VALUES ('epoch', ?)").run(epoch);
  return epoch;
}

function asOpenFailure(path: string, error: unknown): TouchlineError {
  if (error instanceof TouchlineError) return error;
  return new TouchlineError("DB_OPEN_FAILED", [path, messageOf(error)], error);
}

/** SQLite's extended code, or the system's (ENOSPC), or an empty text. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
