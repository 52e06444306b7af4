import type Database from "better-sqlite3";
import type { MonoMicros, UnixMicros } from "../../sync/index.js";
import type { Maintained, Retention } from "./messages.js";
import { INBOX_KEPT_CORE } from "./store.js";
import type { Track } from "./tracks.js";

/** Rows deleted per table and call: about 5 ms, so that nobody waits. */
const CHUNK_ROWS = 1000;
const VACUUM_PAGES = 500;
/** Free pages worth giving back to the file system. */
const FREE_PAGES_KEPT = 2000;
/** Marks within `afterDeliveryMs`: what is pruned comes at most a 32nd of it late. */
const MARKS_WITHIN = 32;
/** `keepMs` stops to hold above this share of `maxBytes`: there must be room left for what is not delivered yet. */
const PRESSURE_SHARE = 0.8;

interface Mark {
  readonly at: MonoMicros;
  /** All records up to this number were acknowledged by all outputs then. */
  readonly delivered: number;
}

export interface RetentionState {
  readonly tracks: readonly Track[];
  readonly lastNumber: number;
  readonly consumedInbox: number;
  readonly databaseBytes: number;
  /** There is little room on the disk: `keepMs` does not hold. */
  readonly isShort: boolean;
  readonly now: UnixMicros;
  readonly mono: MonoMicros;
}

/**
 * Forgets what nobody needs any more, a bounded chunk per call: consumed inbox rows, records that all outputs acknowledged long enough ago,
 * their deliveries, and free pages. "Long enough" is counted on the clock that never steps, from marks kept in memory; after a restart it
 * is counted anew, which only keeps rows for longer.
 */
export class Pruner {
  readonly #db: Database.Database;
  readonly #retention: Retention;
  readonly #statements: ReturnType<typeof prepareStatements>;
  #marks: Mark[] = [];

  constructor(db: Database.Database, retention: Retention) {
    this.#db = db;
    this.#retention = retention;
    this.#statements = prepareStatements(db);
  }

  prune(state: RetentionState): Omit<Maintained, "shed"> {
    this.#mark(state);
    const forgettable = this.#deliveredLongAgo(state);
    const result = this.#db
      .transaction(() => ({
        prunedInbox: this.#statements.inbox.run(this.#neededInbox(state), CHUNK_ROWS).changes,
        prunedRecords: this.#pruneRecords(forgettable, state),
        prunedDeliveries: this.#pruneDeliveries(state.tracks),
      }))
      .immediate();
    const isVacuumed = this.#giveBackPages();
    const { prunedInbox, prunedRecords, prunedDeliveries } = result;
    const more = Math.max(prunedInbox, prunedRecords, prunedDeliveries) >= CHUNK_ROWS || !isVacuumed;
    return { more, prunedInbox, prunedRecords };
  }

  /** Messages up to this one are in every core's snapshot. */
  #neededInbox({ consumedInbox }: RetentionState): number {
    const kept = Number.parseInt(this.#statements.keptAfter.get(INBOX_KEPT_CORE)?.body ?? "", 10);
    return Number.isSafeInteger(kept) ? Math.min(kept, consumedInbox) : consumedInbox;
  }

  #mark(state: RetentionState): void {
    const previous = this.#marks.at(-1);
    const everyMicros = (this.#retention.afterDeliveryMs * 1000) / MARKS_WITHIN;
    if (previous !== undefined && state.mono - previous.at < everyMicros) return;
    this.#marks.push({ at: state.mono, delivered: this.#delivered(state) });
    if (this.#marks.length > MARKS_WITHIN + 2) this.#marks.shift();
  }

  #delivered({ tracks, lastNumber }: RetentionState): number {
    const waiting = tracks.filter((track) => track.isActive && track.acknowledged < track.last);
    const firsts = waiting.map((track) => this.#statements.numberOf.get(track.id, track.acknowledged)?.number);
    return Math.min(lastNumber, ...firsts.map((number) => (number === undefined ? lastNumber : number - 1)));
  }

  /** An output whose mark moved back since (its cloud lost something) holds its rows again. */
  #deliveredLongAgo(state: RetentionState): number {
    const old = this.#marks.findLast((mark) => state.mono - mark.at >= this.#retention.afterDeliveryMs * 1000);
    return old === undefined ? 0 : Math.min(old.delivered, this.#delivered(state));
  }

  #pruneRecords(upTo: number, state: RetentionState): number {
    if (upTo === 0) return 0;
    const isPressed = state.isShort || state.databaseBytes > this.#retention.maxBytes * PRESSURE_SHARE;
    const before = isPressed ? Number.MAX_SAFE_INTEGER : state.now - this.#retention.keepMs * 1000;
    let pruned = 0;
    for (const row of this.#statements.oldRecords.all(upTo, CHUNK_ROWS)) {
      if (row.recorded_at >= before) break; // from the front only, so that the numbers kept have no hole
      this.#statements.latest.run(row.kind, row.session, row.subject, row.number);
      this.#statements.record.run(row.number);
      pruned += 1;
    }
    return pruned;
  }

  /** Deliveries whose record is gone; numbers rise with sequences, so they are at the front of each track. */
  #pruneDeliveries(tracks: readonly Track[]): number {
    const first = this.#statements.firstRecord.get()?.number ?? Number.MAX_SAFE_INTEGER;
    let most = 0;
    for (const track of tracks) {
      const front = this.#statements.front.all(track.id, CHUNK_ROWS);
      const last = front.findLast((delivery) => delivery.number < first && isSettled(track, delivery.sequence));
      if (last !== undefined) most = Math.max(most, this.#statements.deliveries.run(track.id, last.sequence).changes);
    }
    return most;
  }

  #giveBackPages(): boolean {
    const free = this.#db.pragma("freelist_count", { simple: true }) as number;
    if (free <= FREE_PAGES_KEPT) return true;
    this.#db.pragma(`incremental_vacuum(${VACUUM_PAGES})`);
    return free - VACUUM_PAGES <= FREE_PAGES_KEPT;
  }
}

function isSettled(track: Track, sequence: number): boolean {
  return !track.isActive || sequence <= track.acknowledged;
}

function prepareStatements(db: Database.Database) {
  return {
    numberOf: db.prepare<[number, number], { number: number }>(
      "SELECT number FROM deliveries WHERE track = ? AND sequence > ? ORDER BY sequence LIMIT 1",
    ),
    keptAfter: db.prepare<[string], { body: string }>("SELECT body FROM snapshots WHERE core = ?"),
    inbox: db.prepare("DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE id <= ? ORDER BY id LIMIT ?)"),
    oldRecords: db.prepare<
      [number, number],
      { number: number; kind: string; session: string; subject: string; recorded_at: number }
    >("SELECT number, kind, session, subject, recorded_at FROM records WHERE number <= ? ORDER BY number LIMIT ?"),
    latest: db.prepare("DELETE FROM latest WHERE kind = ? AND session = ? AND subject = ? AND number = ?"),
    record: db.prepare("DELETE FROM records WHERE number = ?"),
    firstRecord: db.prepare<[], { number: number }>("SELECT number FROM records ORDER BY number LIMIT 1"),
    front: db.prepare<[number, number], { sequence: number; number: number }>(
      "SELECT sequence, number FROM deliveries WHERE track = ? ORDER BY sequence LIMIT ?",
    ),
    deliveries: db.prepare("DELETE FROM deliveries WHERE track = ? AND sequence <= ?"),
  };
}
