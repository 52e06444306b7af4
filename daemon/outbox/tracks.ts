import type Database from "better-sqlite3";
import { TouchlineError } from "../errors.js";
import { LANES, type Lane } from "../records/index.js";
import { Admission, mayTake } from "./admission.js";
import type { TextDraft } from "./messages.js";
import type { OutputRoute } from "./store.js";

/** One lane of one output: where its numbering stands. Mutable, and only the writer has it. */
export interface Track {
  readonly id: number;
  readonly output: string;
  readonly lane: Lane;
  /** Not in the configuration any more: gets nothing new and holds nothing back. */
  readonly isActive: boolean;
  last: number;
  acknowledged: number;
  base: number | null;
}

interface TrackRow {
  id: number;
  output: string;
  lane: Lane;
  active: number;
  last: number;
  acknowledged: number;
  base: number | null;
}

/** The tracks of all outputs in memory (a handful), written back with the transaction that changed them. */
export class Tracks {
  readonly #routes: readonly OutputRoute[];
  readonly #select: Database.Statement<[], TrackRow>;
  readonly #update: Database.Statement<[number, number, number | null, number]>;
  readonly #admission: Admission;
  #all: Track[] = [];
  readonly #changed = new Set<Track>();

  constructor(db: Database.Database, routes: readonly OutputRoute[]) {
    this.#routes = routes;
    this.#select = db.prepare("SELECT * FROM tracks ORDER BY id");
    this.#update = db.prepare("UPDATE tracks SET last = ?, acknowledged = ?, base = ? WHERE id = ?");
    this.#admission = new Admission(db);
    registerOutputs(db, routes);
    this.reload();
  }

  get all(): readonly Track[] {
    return this.#all;
  }

  /** Forgets what a rolled-back transaction changed. */
  reload(): void {
    this.#changed.clear();
    this.#all = this.#select.all().map((row) => ({ ...row, isActive: row.active === 1 }));
  }

  /** The tracks that get this record: routes are the output's right, not the consumer's wish. */
  takers(draft: TextDraft, lane: Lane): Track[] {
    return this.#routes
      .filter((route) => mayTake(route, draft))
      .map((route) => ({ route, track: this.find(route.output, lane) }))
      .filter(({ route, track }) => this.#admission.lets(route, track.id, draft))
      .map(({ track }) => track);
  }

  find(output: string, lane: Lane): Track {
    const track = this.#all.find((candidate) => candidate.output === output && candidate.lane === lane);
    if (track === undefined) throw new TouchlineError("DB_REFUSED", [`no output '${output}' with a lane '${lane}'`]);
    return track;
  }

  ofOutput(output: string): Track[] {
    return LANES.map((lane) => this.find(output, lane));
  }

  touch(track: Track): void {
    this.#changed.add(track);
  }

  /** Part of the writer's transaction. */
  save(): void {
    for (const track of this.#changed) this.#update.run(track.last, track.acknowledged, track.base, track.id);
    this.#changed.clear();
  }
}

/**
 * New outputs start with the records from now on. An output that was taken out of the configuration keeps its numbering, so that it goes
 * on without a repeated sequence if it ever comes back, but holds no rows meanwhile.
 */
function registerOutputs(db: Database.Database, routes: readonly OutputRoute[]): void {
  const insert = db.prepare(
    `INSERT INTO tracks (output, lane, active, last, acknowledged) VALUES (?, ?, 1, 0, 0)
     ON CONFLICT (output, lane) DO UPDATE SET active = 1`,
  );
  db.transaction(() => {
    db.prepare("UPDATE tracks SET active = 0").run();
    for (const route of routes) for (const lane of LANES) insert.run(route.output, lane);
  }).immediate();
}
