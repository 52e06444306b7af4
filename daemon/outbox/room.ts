import type Database from "better-sqlite3";
import type { Ballast } from "./ballast.js";
import { codeOf } from "./database.js";
import type { CodedFailure, WriteCall } from "./messages.js";

/** Shares of `maxBytes` from which on input is refused: first what comes again anyway, then all, so that what was accepted can be worked in. */
const REFUSE_TELEMETRY_SHARE = 0.9;
const REFUSE_INPUT_SHARE = 0.95;

/** Whether an error of SQLite says that there is no room: on the disk, below `max_page_count`, or for the log's index. */
export function isFull(code: string): boolean {
  return code.startsWith("SQLITE_FULL") || code === "SQLITE_IOERR_SHMSIZE";
}

export interface RoomParts {
  readonly db: Database.Database;
  readonly ballast: Ballast;
  readonly maxBytes: number;
  /** Forgets a chunk of what nobody needs; whether there was any. */
  readonly prune: () => boolean;
}

/** Chunks pruned at a time before the calls that wait are tried again. */
const CHUNKS = 20;

/** What happens as the disk, or the share of it that is ours, fills up. Does nothing for a store that keeps no ballast. */
export class Room {
  readonly #parts: RoomParts;
  readonly #pages: Database.Statement<[], number>;
  readonly #freePages: Database.Statement<[], number>;
  readonly #pageBytes: number;

  constructor(parts: RoomParts) {
    this.#parts = parts;
    this.#pages = parts.db.prepare<[], number>("PRAGMA page_count").pluck();
    this.#freePages = parts.db.prepare<[], number>("PRAGMA freelist_count").pluck();
    this.#pageBytes = parts.db.pragma("page_size", { simple: true }) as number;
  }

  get isShort(): boolean {
    return this.#parts.ballast.isGone || (this.#parts.ballast.isKept && this.#share() >= REFUSE_TELEMETRY_SHARE);
  }

  /** Why input is refused before it is tried, or `null`. */
  refusal(call: WriteCall): CodedFailure | null {
    const { ballast } = this.#parts;
    if (!ballast.isKept || call.op !== "accept") return null;
    const share = this.#share();
    if (share >= REFUSE_INPUT_SHARE) return full("the last of it is kept for what was accepted before");
    const isTelemetry = call.messages.senders.every(({ what }) => what === "telemetry");
    if (isTelemetry && (ballast.isGone || share >= REFUSE_TELEMETRY_SHARE)) return full("telemetry is refused first");
    return null;
  }

  /**
   * After a call met a full disk: 1. the ballast goes, 2. the log is moved into the database, 3. what nobody needs any more is pruned.
   * Whether it is worth trying again.
   */
  make(): boolean {
    const { ballast } = this.#parts;
    if (!ballast.isKept) return false;
    const isDropped = ballast.drop();
    this.#checkpoint();
    let pruned = 0;
    while (pruned < CHUNKS && this.#prune()) pruned += 1;
    return isDropped || pruned > 0;
  }

  #share(): number {
    const used = ((this.#pages.get() ?? 0) - (this.#freePages.get() ?? 0)) * this.#pageBytes;
    return used / this.#parts.maxBytes;
  }

  #checkpoint(): void {
    try {
      this.#parts.db.pragma("wal_checkpoint(RESTART)"); // not TRUNCATE: the log's own space stays ours
    } catch (error) {
      if (!isFull(codeOf(error))) throw error;
    }
  }

  #prune(): boolean {
    try {
      return this.#parts.prune();
    } catch (error) {
      if (!isFull(codeOf(error))) throw error;
      return false;
    }
  }
}

function full(why: string): CodedFailure {
  return { code: "DB_FULL", details: [why] };
}
