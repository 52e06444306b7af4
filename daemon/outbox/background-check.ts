import type { UnixMicros } from "../../sync/index.js";
import type { Checked } from "./messages.js";

/** With slices of 2 MB at most: 5 GB are through in twenty minutes, for two hundredths of a core. */
const SLICE_EVERY_MS = 500;
/** A disk that changes data is found within a day. */
const ROUND_EVERY_MS = 24 * 3_600_000;

export interface CheckParts {
  /** One slice, after the record of this number. */
  readonly check: (afterNumber: number) => Promise<Checked>;
  readonly onSlice: (slice: Checked) => void;
  /** Milliseconds of a clock that never steps. */
  readonly nowMs: () => number;
  readonly wall: () => UnixMicros;
  readonly sliceEveryMs?: number;
  readonly roundEveryMs?: number;
}

/** How far it is, and what the last whole round found. */
export interface CheckState {
  /** Number of the last record looked at in this round; 0: between two rounds. */
  readonly at: number;
  readonly rows: number;
  readonly damaged: number;
  readonly lastRound: { readonly endedAt: UnixMicros; readonly rows: number; readonly damaged: number } | null;
}

/** Goes through the whole store in slices, again and again, while it is used. */
export class BackgroundCheck {
  readonly #parts: CheckParts;
  readonly #timer: NodeJS.Timeout;
  #next = 0;
  #rows = 0;
  #damaged = 0;
  #lastRound: CheckState["lastRound"] = null;
  #roundEndedMs: number | null = null;
  #isBusy = false;

  constructor(parts: CheckParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => void this.step(), parts.sliceEveryMs ?? SLICE_EVERY_MS);
    this.#timer.unref();
  }

  state(): CheckState {
    return { at: this.#next, rows: this.#rows, damaged: this.#damaged, lastRound: this.#lastRound };
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** One slice if it is time; runs by itself. */
  async step(): Promise<void> {
    const { check, onSlice, nowMs, roundEveryMs } = this.#parts;
    const isResting = this.#roundEndedMs !== null && nowMs() - this.#roundEndedMs < (roundEveryMs ?? ROUND_EVERY_MS);
    if (this.#isBusy || isResting) return;
    this.#isBusy = true;
    try {
      const slice = await check(this.#next);
      this.#next = slice.next;
      this.#rows += slice.rows;
      this.#damaged += slice.damaged;
      this.#roundEndedMs = slice.next === 0 ? nowMs() : null;
      if (slice.next === 0) this.#endRound();
      onSlice(slice);
    } catch {
      // the store has failed or takes no more calls for now, which it counts itself
    } finally {
      this.#isBusy = false;
    }
  }

  #endRound(): void {
    this.#lastRound = { endedAt: this.#parts.wall(), rows: this.#rows, damaged: this.#damaged };
    this.#rows = 0;
    this.#damaged = 0;
  }
}
