import type Database from "better-sqlite3";
import { LANE_OF_KIND, type Lane, type RecordKind, unescapeToken } from "../records/index.js";
import { mayTake, meets } from "./admission.js";
import type { OutputRoute } from "./store.js";

interface TrackRow {
  readonly id: number;
  readonly output: string;
  readonly lane: Lane;
  readonly last: number;
  readonly acknowledged: number;
}

interface Place {
  readonly sequence: number;
  readonly number: number;
}

interface Candidate {
  readonly number: number;
  readonly kind: RecordKind;
  readonly session: string;
  readonly class: string;
  readonly nats_subject: string;
  readonly data: string;
}

/**
 * Where a page of deliveries is gone, the records it named may be whole. Between two known deliveries of a track lie only records of its lane
 * that its route takes, in the order of their numbers: so what was there can be told again. In a database made from found pages only.
 */
export function fillHoles(db: Database.Database, routes: readonly OutputRoute[]): void {
  const tracks = db.prepare<[], TrackRow>("SELECT * FROM tracks WHERE active = 1").all();
  for (const track of tracks) {
    const route = routes.find(({ output }) => output === track.output);
    if (route !== undefined) fillTrack(db, track, route);
  }
}

function fillTrack(db: Database.Database, track: TrackRow, route: OutputRoute): void {
  const before = db
    .prepare<[number, number], Place>(
      "SELECT sequence, number FROM deliveries WHERE track = ? AND sequence <= ? ORDER BY sequence DESC LIMIT 1",
    )
    .get(track.id, track.acknowledged);
  const next = db.prepare<[number, number], Place>(
    "SELECT sequence, number FROM deliveries WHERE track = ? AND sequence > ? ORDER BY sequence LIMIT 1",
  );
  const put = db.prepare("INSERT INTO deliveries VALUES (?, ?, ?)");
  const end: Place = { sequence: track.last + 1, number: Number.MAX_SAFE_INTEGER };
  let previous: Place = { sequence: track.acknowledged, number: before?.number ?? 0 };
  db.transaction(() => {
    while (previous.sequence < track.last) {
      const found = next.get(track.id, previous.sequence) ?? end;
      const missing = found.sequence - previous.sequence - 1;
      const numbers = missing <= 0 ? [] : between(db, previous.number, found.number, missing, track.lane, route);
      // counted from the end: what is missing at the front may have been shed
      for (const [i, number] of numbers.entries()) put.run(track.id, found.sequence - numbers.length + i, number);
      previous = found;
    }
  })();
}

function between(
  db: Database.Database,
  above: number,
  below: number,
  atMost: number,
  lane: Lane,
  route: OutputRoute,
): number[] {
  const rows = db.prepare<[number, number], Candidate>(
    `SELECT number, kind, session, class, nats_subject, data FROM records WHERE number > ? AND number < ? ORDER BY number`,
  );
  const numbers: number[] = [];
  for (const row of rows.iterate(above, below)) {
    const key = unescapeToken(row.nats_subject.slice(row.nats_subject.lastIndexOf(".") + 1));
    const draft = { kind: row.kind, session: row.session, class: row.class, key, dataJson: row.data };
    if (LANE_OF_KIND[row.kind] === lane && mayTake(route, draft) && meets(route, draft)) numbers.push(row.number);
    if (numbers.length > atMost) numbers.shift();
  }
  return numbers;
}
