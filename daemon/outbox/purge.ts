import Database from "better-sqlite3";
import { TouchlineError } from "../errors.js";
import { takeLock } from "./database.js";
import { MIGRATIONS, schemaVersion } from "./schema.js";

const CHUNK_ROWS = 2000;
const SYNCHRONOUS_FULL = "FULL";

export interface PurgeWish {
  /** Gives up what waits for this output; `null`: nothing of the kind. */
  readonly waitingOf: string | null;
  /** Forgets what every output has acknowledged, however short ago. */
  readonly delivered: boolean;
  readonly deadLetters: boolean;
}

export interface Purged {
  readonly deliveries: number;
  readonly records: number;
  readonly deadLetters: number;
}

/**
 * Takes out of a store what a person gives up. Only while no daemon has it: the daemon's numbers, cursors and pages in memory would no
 * longer be true. Throws DB_OPEN_FAILED while it runs.
 */
export function purgeStore(path: string, wish: PurgeWish): Purged {
  const lock = takeLock(path);
  try {
    const db = new Database(path, { fileMustExist: true });
    try {
      if (schemaVersion(db) !== MIGRATIONS.length)
        throw new TouchlineError("DB_OPEN_FAILED", [path, "it is of another version: start the daemon once"]);
      db.pragma(`synchronous = ${SYNCHRONOUS_FULL}`);
      return purge(db, wish);
    } finally {
      db.close();
    }
  } finally {
    lock.close();
  }
}

function purge(db: Database.Database, wish: PurgeWish): Purged {
  let deliveries = 0;
  let records = 0;
  const inChunks = (sql: string, ...values: unknown[]): number => {
    const statement = db.prepare(sql);
    let rows = 0;
    for (;;) {
      const { changes } = statement.run(...values, CHUNK_ROWS);
      rows += changes;
      if (changes < CHUNK_ROWS) return rows;
    }
  };
  if (wish.waitingOf !== null) {
    const ids = db.prepare("SELECT id FROM tracks WHERE output = ?").pluck().all(wish.waitingOf);
    // the mark stays: the output meets the gap when it sends again, and tells it
    for (const id of ids)
      deliveries += inChunks(
        `DELETE FROM deliveries WHERE track = ? AND sequence IN
         (SELECT sequence FROM deliveries WHERE track = ? ORDER BY sequence LIMIT ?)`,
        id,
        id,
      );
  }
  const deadLetters = wish.deadLetters ? db.prepare("DELETE FROM dead_letters").run().changes : 0;
  if (wish.delivered) {
    const first = firstNeeded(db);
    const below = "SELECT number FROM records WHERE number < ? ORDER BY number LIMIT ?";
    records = inChunks(`DELETE FROM records WHERE number IN (${below})`, first);
    deliveries += inChunks(
      `DELETE FROM deliveries WHERE (track, sequence) IN
       (SELECT d.track, d.sequence FROM deliveries d JOIN tracks t ON t.id = d.track
         WHERE d.number < ? AND (t.active = 0 OR d.sequence <= t.acknowledged) LIMIT ?)`,
      first,
    );
    db.prepare("DELETE FROM latest WHERE number < ?").run(first);
  }
  db.pragma("incremental_vacuum");
  db.pragma("wal_checkpoint(TRUNCATE)");
  return { deliveries, records, deadLetters };
}

/** The first record that an output still waits for; above all numbers where none does. */
function firstNeeded(db: Database.Database): number {
  const tracks = db
    .prepare<[], { id: number; acknowledged: number }>("SELECT id, acknowledged FROM tracks WHERE active = 1")
    .all();
  const first = db
    .prepare<[number, number], number>(
      "SELECT number FROM deliveries WHERE track = ? AND sequence > ? ORDER BY sequence LIMIT 1",
    )
    .pluck();
  const numbers = tracks.map(({ id, acknowledged }) => first.get(id, acknowledged));
  return Math.min(
    Number.MAX_SAFE_INTEGER,
    ...numbers.flatMap((number) => (number === undefined ? [] : [Number(number)])),
  );
}
