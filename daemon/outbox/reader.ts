import type Database from "better-sqlite3";
import type { UnixMicros } from "../../sync/index.js";
import {
  type BoxIdentity,
  kindOfLane,
  type Lane,
  natsSubjectOf,
  type RecordKind,
  toEnvelope,
  tombstoneData,
} from "../records/index.js";
import type { DeliveryRow, InboxRow } from "./messages.js";
import { inboxCrc, recordCrc, snapshotCrc } from "./row-crc.js";
import type { LaneCursor, Snapshot } from "./store.js";
import type { Track } from "./tracks.js";

/** No page is larger, whatever was asked for: memory stays flat on a store of any size. */
const PAGE_ROWS = 2000;
const PAGE_BYTES = 4 * 1024 * 1024;

interface StoredInboxRow {
  id: number;
  what: InboxRow["what"];
  sender: string;
  arrival: UnixMicros;
  body: string;
  crc: number;
}

interface RecordRow {
  sequence: number;
  number: number;
  kind: RecordKind | null;
  nats_subject: string;
  head: string;
  data: string;
  crc: number;
}

/** All queries. Every one is finished in the tick in which it began: an open cursor would keep the WAL from being checkpointed. */
export class Reader {
  readonly #db: Database.Database;
  readonly #box: BoxIdentity;
  readonly #epoch: string;
  readonly #statements: ReturnType<typeof prepareStatements>;
  #damagedRows = 0;

  constructor(db: Database.Database, box: BoxIdentity, epoch: string) {
    this.#db = db;
    this.#box = box;
    this.#epoch = epoch;
    this.#statements = prepareStatements(db);
  }

  /** Damaged rows met since the last call. */
  takeDamagedRows(): number {
    const found = this.#damagedRows;
    this.#damagedRows = 0;
    return found;
  }

  /** One whose checksum is wrong is left out and counted: that core starts afresh. */
  snapshots(): Snapshot[] {
    return this.#statements.snapshots.all().flatMap(({ core, version, body, crc }) => {
      if (crc === null || snapshotCrc(core, version, body) === crc) return [{ core, version, body }];
      this.#damagedRows += 1;
      return [];
    });
  }

  /** Accepted and not consumed. A message whose checksum is wrong is left out and counted. */
  pending(afterInboxId: number, limit: number): InboxRow[] {
    return this.#inboxPage(this.#statements.pending.iterate(afterInboxId, bounded(limit)));
  }

  /** Consumed, but kept for a core whose snapshot is older. */
  consumed(afterInboxId: number, upToInboxId: number, limit: number): InboxRow[] {
    return this.#inboxPage(this.#statements.consumed.iterate(afterInboxId, upToInboxId, bounded(limit)));
  }

  #inboxPage(rows: Iterable<StoredInboxRow>): InboxRow[] {
    const page: InboxRow[] = [];
    let bytes = 0;
    for (const row of rows) {
      if (inboxCrc(row.id, row.what, row.sender, row.arrival, row.body) !== row.crc) {
        this.#damagedRows += 1;
        continue;
      }
      page.push({ inboxId: row.id, what: row.what, from: row.sender, arrival: row.arrival, body: row.body });
      bytes += row.body.length;
      if (bytes >= PAGE_BYTES) break;
    }
    return page;
  }

  /** Deliveries after a sequence; fewer than `limit` when they are large, none only when there are none. */
  deliveries(track: Track, afterSequence: number, limit: number): DeliveryRow[] {
    const page: DeliveryRow[] = [];
    let bytes = 0;
    for (const row of this.#statements.deliveries.iterate(track.id, afterSequence, bounded(limit))) {
      page.push(this.#checked(row, track.lane));
      bytes += (row.data?.length ?? 0) + (row.head?.length ?? 0);
      if (bytes >= PAGE_BYTES) break;
    }
    return page;
  }

  latest(kind: RecordKind, session: string | null, limit: number): DeliveryRow[] {
    const rows = this.#statements.latest.all({ kind, session, limit: bounded(limit) });
    return rows.filter((row) => this.#isSound(row)).map(toDeliveryRow);
  }

  cursor(track: Track): LaneCursor {
    const oldest = this.#statements.oldest.get(track.id)?.sequence ?? track.last + 1;
    return { lane: track.lane, last: track.last, acknowledged: track.acknowledged, oldest, base: track.base };
  }

  oldestUnsentAt(track: Track): UnixMicros | null {
    return this.#statements.oldestUnsentAt.get(track.id, track.acknowledged)?.at ?? null;
  }

  /** Records are numbered without a gap and pruned from the front, so the ends tell the count. */
  recordCount(): number {
    const { first, last } = this.#statements.ends.get() ?? { first: null, last: null };
    return first === null || last === null ? 0 : last - first + 1;
  }

  databaseBytes(): number {
    const pages = this.#db.pragma("page_count", { simple: true }) as number;
    return pages * (this.#db.pragma("page_size", { simple: true }) as number);
  }

  #isSound(row: RecordRow): boolean {
    const isSound = row.kind !== null && recordCrc(row.number, row.nats_subject, row.head, row.data) === row.crc;
    if (!isSound) this.#damagedRows += 1;
    return isSound;
  }

  /** A damaged record becomes a tombstone: its sequence must be filled, and what it says cannot be trusted. */
  #checked(row: RecordRow, lane: Lane): DeliveryRow {
    if (this.#isSound(row)) return toDeliveryRow(row);
    const kind = kindOfLane(lane);
    const now = 0 as UnixMicros;
    const draft = { kind, session: "_", subject: "_", class: "_", key: "_", time: now, recordedAt: now, data: {} };
    const { data: _, ...head } = toEnvelope(draft, this.#box, this.#epoch, row.number);
    return {
      sequence: row.sequence,
      number: row.number,
      kind,
      natsSubject: natsSubjectOf(draft, this.#box),
      head: JSON.stringify(head),
      dataJson: JSON.stringify(tombstoneData("damaged")),
    };
  }
}

function bounded(limit: number): number {
  return Math.max(0, Math.min(PAGE_ROWS, Math.floor(limit)));
}

function toDeliveryRow(row: RecordRow): DeliveryRow {
  const { sequence, number, nats_subject: natsSubject, head, data: dataJson } = row;
  return { sequence, number, kind: row.kind ?? "gap", natsSubject, head, dataJson };
}

function prepareStatements(db: Database.Database) {
  return {
    snapshots: db.prepare<[], Snapshot & { crc: number | null }>(
      "SELECT core, version, body, crc FROM snapshots ORDER BY core",
    ),
    pending: db.prepare<[number, number], StoredInboxRow>(
      "SELECT * FROM inbox WHERE id > max(?, (SELECT consumed_inbox FROM counters)) ORDER BY id LIMIT ?",
    ),
    consumed: db.prepare<[number, number, number], StoredInboxRow>(
      "SELECT * FROM inbox WHERE id > ? AND id <= ? ORDER BY id LIMIT ?",
    ),
    deliveries: db.prepare<[number, number, number], RecordRow>(
      `SELECT d.sequence, d.number, r.kind, r.nats_subject, r.head, r.data, r.crc
         FROM deliveries d LEFT JOIN records r ON r.number = d.number
        WHERE d.track = ? AND d.sequence > ? ORDER BY d.sequence LIMIT ?`,
    ),
    latest: db.prepare<[{ kind: string; session: string | null; limit: number }], RecordRow>(
      `SELECT 0 AS sequence, r.number, r.kind, r.nats_subject, r.head, r.data, r.crc
         FROM latest l JOIN records r ON r.number = l.number
        WHERE l.kind = $kind AND ($session IS NULL OR l.session = $session) ORDER BY l.number DESC LIMIT $limit`,
    ),
    oldest: db.prepare<[number], { sequence: number }>(
      "SELECT sequence FROM deliveries WHERE track = ? ORDER BY sequence LIMIT 1",
    ),
    oldestUnsentAt: db.prepare<[number, number], { at: UnixMicros }>(
      `SELECT r.recorded_at AS at FROM deliveries d JOIN records r ON r.number = d.number
        WHERE d.track = ? AND d.sequence > ? ORDER BY d.sequence LIMIT 1`,
    ),
    ends: db.prepare<[], { first: number | null; last: number | null }>(
      "SELECT (SELECT min(number) FROM records) AS first, (SELECT max(number) FROM records) AS last",
    ),
  };
}
