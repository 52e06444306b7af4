import type Database from "better-sqlite3";

/** Marks a database as ours ("TLNE"), so that a foreign one is never written to. */
export const APPLICATION_ID = 0x544c4e45;

/**
 * One entry per schema version, each applied in one transaction that also raises `user_version`. Shipped entries are never edited.
 *
 *     inbox ──(core)──► records ◄── deliveries ──► tracks (output × lane: last, acknowledged, base)
 *                          ▲                          ▲
 *                       latest (newest of a subject)  dead_letters, admitted (subjects let through a limit)
 */
export const MIGRATIONS: readonly string[] = [
  `
  PRAGMA application_id = ${APPLICATION_ID};
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE counters (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    last_number INTEGER NOT NULL,
    last_inbox INTEGER NOT NULL,
    consumed_inbox INTEGER NOT NULL
  ) STRICT;
  INSERT INTO counters VALUES (1, 0, 0, 0);
  CREATE TABLE inbox (
    id INTEGER PRIMARY KEY, what TEXT NOT NULL, sender TEXT NOT NULL, arrival INTEGER NOT NULL,
    body TEXT NOT NULL, crc INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE records (
    number INTEGER PRIMARY KEY, kind TEXT NOT NULL, session TEXT NOT NULL, class TEXT NOT NULL, subject TEXT NOT NULL,
    recorded_at INTEGER NOT NULL, nats_subject TEXT NOT NULL, head TEXT NOT NULL, data TEXT NOT NULL, crc INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE tracks (
    id INTEGER PRIMARY KEY, output TEXT NOT NULL, lane TEXT NOT NULL, active INTEGER NOT NULL,
    last INTEGER NOT NULL, acknowledged INTEGER NOT NULL, base INTEGER,
    UNIQUE (output, lane)
  ) STRICT;
  CREATE TABLE deliveries (
    track INTEGER NOT NULL, sequence INTEGER NOT NULL, number INTEGER NOT NULL,
    PRIMARY KEY (track, sequence)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE latest (
    kind TEXT NOT NULL, session TEXT NOT NULL, subject TEXT NOT NULL, number INTEGER NOT NULL,
    PRIMARY KEY (kind, session, subject)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE snapshots (core TEXT PRIMARY KEY, version INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
  CREATE TABLE dead_letters (
    track INTEGER NOT NULL, sequence INTEGER NOT NULL, number INTEGER NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL,
    head TEXT NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (track, sequence)
  ) STRICT;
  `,
  `
  CREATE TABLE admitted (
    track INTEGER NOT NULL, kind TEXT NOT NULL, session TEXT NOT NULL, subject TEXT NOT NULL,
    PRIMARY KEY (track, kind, session, subject)
  ) STRICT;
  `,
  // of what was stored before, nothing is known: NULL
  "ALTER TABLE snapshots ADD COLUMN crc INTEGER",
];

export function schemaVersion(db: Database.Database): number {
  return db.pragma("user_version", { simple: true }) as number;
}

/** Brings the database to the newest of `migrations`; a crash in between leaves it at a whole version. */
export function migrate(db: Database.Database, migrations: readonly string[]): void {
  for (let version = schemaVersion(db); version < migrations.length; version++) {
    const step = migrations[version] ?? "";
    db.transaction(() => {
      db.exec(step);
      db.pragma(`user_version = ${version + 1}`);
    }).immediate();
  }
}
