import { existsSync, renameSync, rmSync } from "node:fs";
import Database from "better-sqlite3";
import type { UnixMicros } from "../../sync/index.js";
import { messageOf } from "../errors.js";
import { CarryOver } from "./carry-over.js";
import { setAside, syncFolderOf } from "./damage.js";
import { PageSalvage } from "./page-salvage.js";
import type { Salvage } from "./salvaged.js";
import type { OutputRoute } from "./store.js";

/** The key in `meta` that says: all that could be carried over is in it. */
const WHOLE = "salvaged";

interface Place {
  readonly path: string;
  readonly routes: readonly OutputRoute[];
  readonly now: UnixMicros;
}

type OpenFresh = (path: string) => { readonly db: Database.Database; readonly epoch: string };

/** A source of rows: the damaged database itself, or what was found in its pages. */
interface Source {
  readonly db: Database.Database;
  close(): void;
}

/**
 * Puts a fresh database in the place of a damaged one:
 * 1. make `<path>.new` and carry over what can be read: through its trees where these are sound, else page by page;
 * 2. rename the damaged one with the time, then the new one to its place. A crash in between is finished by `adoptSalvaged`.
 * When nothing can be carried over (no room, a disk that cannot be read) the new one is empty, and says why.
 */
export function replaceDamaged(
  place: Place,
  isTreeSound: boolean,
  openFresh: OpenFresh,
): { setAside: string; salvage: Salvage } {
  const draft = draftOf(place.path);
  const byPages = (): Source => new PageSalvage(place.path, place.routes);
  const byTree = (): Source => {
    const db = new Database(place.path, { readonly: true });
    return { db, close: () => db.close() };
  };
  const salvage = existsSync(place.path)
    ? firstThatWorks(isTreeSound ? [byTree, byPages] : [byPages], draft, openFresh)
    : emptyDraft(draft, openFresh, "the database file is gone");
  const name = setAside(place.path, place.now);
  renameSync(draft, place.path);
  syncFolderOf(place.path);
  return { setAside: name, salvage };
}

/** Finishes what a crash interrupted; what was not whole yet is thrown away, for the damaged one is still in its place. */
export function adoptSalvaged(path: string, now: UnixMicros): void {
  const draft = draftOf(path);
  if (!existsSync(draft)) return;
  if (!existsSync(path) && isWhole(draft)) {
    // the log of the damaged one would be worked into the new one
    if (existsSync(`${path}-wal`) || existsSync(`${path}-shm`)) setAside(path, now);
    renameSync(draft, path);
    syncFolderOf(path);
  } else discard(draft);
}

function firstThatWorks(sources: readonly (() => Source)[], draft: string, openFresh: OpenFresh): Salvage {
  let failure = "";
  for (const open of sources) {
    try {
      return carryInto(draft, open, openFresh);
    } catch (error) {
      failure = messageOf(error);
    }
  }
  return emptyDraft(draft, openFresh, failure);
}

function carryInto(draft: string, open: () => Source, openFresh: OpenFresh): Salvage {
  discard(draft);
  const { db, epoch } = openFresh(draft);
  try {
    const source = open();
    try {
      const salvage = new CarryOver(source.db, db, epoch).run();
      db.prepare("INSERT INTO meta VALUES (?, ?)").run(WHOLE, salvage.epoch ?? "");
      return salvage;
    } finally {
      source.close();
    }
  } finally {
    db.close();
  }
}

function emptyDraft(draft: string, openFresh: OpenFresh, failure: string): Salvage {
  discard(draft);
  const { db } = openFresh(draft);
  db.prepare("INSERT INTO meta VALUES (?, ?)").run(WHOLE, "");
  db.close();
  return { records: 0, lostRecords: 0, messages: 0, lostMessages: 0, epoch: null, failure };
}

function isWhole(draft: string): boolean {
  try {
    const db = new Database(draft, { readonly: true });
    try {
      return db.prepare("SELECT 1 FROM meta WHERE key = ?").get(WHOLE) !== undefined;
    } finally {
      db.close();
    }
  } catch {
    return false; // cut off while it was made
  }
}

function discard(draft: string): void {
  for (const suffix of ["", "-wal", "-shm", ".scan"]) rmSync(draft + suffix, { force: true });
}

function draftOf(path: string): string {
  return `${path}.new`;
}
