import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  statfsSync,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import type Database from "better-sqlite3";
import { syncFolderOf } from "./damage.js";
import { MIGRATIONS, schemaVersion } from "./schema.js";

/** Left free beside the copy, so that it does not fill the disk. Bytes. */
const ROOM_LEFT = 64 * 1024 * 1024;

export interface Migration {
  readonly from: number;
  readonly to: number;
  /** The database as it was before; `null`: there was no room for a copy. The migration itself is one transaction. */
  readonly copy: string | null;
}

/**
 * Copies a database that is about to be migrated, whole or not at all, so that the version before can be installed again.
 * Needs the store's lock: nobody writes meanwhile. `null`: there is nothing to migrate.
 */
export function copyBeforeMigration(db: Database.Database, path: string): Migration | null {
  const from = schemaVersion(db);
  const to = MIGRATIONS.length;
  if (from === 0 || from >= to) return null;
  db.pragma("wal_checkpoint(TRUNCATE)");
  if (sizeOf(`${path}-wal`) > 0) return { from, to, copy: null }; // a reader holds it: what is in the log would be missing
  const { bavail, bsize } = statfsSync(dirname(path));
  if (bavail * bsize < sizeOf(path) + ROOM_LEFT) return { from, to, copy: null };
  const copy = `${path}.version-${from}`;
  const draft = `${copy}.new`;
  copyFileSync(path, draft, constants.COPYFILE_FICLONE);
  const file = openSync(draft, "r+");
  fsyncSync(file);
  closeSync(file);
  renameSync(draft, copy);
  syncFolderOf(path);
  return { from, to, copy };
}

function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}
