import type Database from "better-sqlite3";
import type { UnixMicros } from "../../sync/index.js";
import type { Maintained } from "./messages.js";
import type { OutputRoute } from "./store.js";
import type { Tracks } from "./tracks.js";

/** Rows looked at per track and call, so that nobody waits. */
const CHUNK_ROWS = 2000;

/**
 * Takes from an output what has waited for longer than its `maxLagMs`, so that one that is away does not fill the disk for all. Its
 * sequences stay taken and its mark stays where it is: the output meets the gap when it comes back, and tells it.
 */
export class Shedder {
  readonly #db: Database.Database;
  readonly #maxLagMs: ReadonlyMap<string, number>;
  readonly #front: Database.Statement<[number, number, number], { sequence: number; at: number | null }>;
  readonly #delete: Database.Statement<[number, number, number]>;

  constructor(db: Database.Database, routes: readonly OutputRoute[]) {
    this.#db = db;
    this.#maxLagMs = new Map(
      routes.flatMap(({ output, maxLagMs }) => (maxLagMs == null ? [] : [[output, maxLagMs] as const])),
    );
    this.#front = db.prepare(
      `SELECT d.sequence AS sequence, r.recorded_at AS at FROM deliveries d LEFT JOIN records r ON r.number = d.number
        WHERE d.track = ? AND d.sequence > ? ORDER BY d.sequence LIMIT ?`,
    );
    this.#delete = db.prepare("DELETE FROM deliveries WHERE track = ? AND sequence > ? AND sequence <= ?");
  }

  /** One chunk per track; `more`: call again. */
  shed(tracks: Tracks, now: UnixMicros): { readonly shed: Maintained["shed"]; readonly more: boolean } {
    if (this.#maxLagMs.size === 0) return { shed: [], more: false };
    const shed = this.#db
      .transaction(() =>
        [...this.#maxLagMs].map(([output, maxLagMs]) => {
          const counts = tracks.ofOutput(output).map(({ id, acknowledged }) => {
            const tooOld = this.#lastTooOld(id, acknowledged, now - maxLagMs * 1000);
            if (tooOld === null) return 0;
            // What is acknowledged goes as well, so that what is left has no hole: the lowest kept tells where the gap ends.
            this.#delete.run(id, 0, acknowledged);
            return this.#delete.run(id, acknowledged, tooOld).changes;
          });
          return { output, count: counts.reduce((sum, count) => sum + count, 0), most: Math.max(...counts) };
        }),
      )
      .immediate();
    const some = shed.filter(({ count }) => count > 0);
    return {
      shed: some.map(({ output, count }) => ({ output, count })),
      more: some.some(({ most }) => most >= CHUNK_ROWS),
    };
  }

  /** From the front up to the first that is young enough, so that what is left has no hole. */
  #lastTooOld(track: number, acknowledged: number, before: number): number | null {
    let last: number | null = null;
    for (const { sequence, at } of this.#front.all(track, acknowledged, CHUNK_ROWS)) {
      if (at !== null && at >= before) break;
      last = sequence;
    }
    return last;
  }
}
