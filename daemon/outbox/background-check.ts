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
  readonly sliceEveryMs?: number;
  readonly roundEveryMs?: number;
}

/** Goes through the whole store in slices, again and again, while it is used. */
export class BackgroundCheck {
  readonly #parts: CheckParts;
  readonly #timer: NodeJS.Timeout;
  #next = 0;
  #roundEndedMs: number | null = null;
  #isBusy = false;

  constructor(parts: CheckParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => void this.step(), parts.sliceEveryMs ?? SLICE_EVERY_MS);
    this.#timer.unref();
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
      this.#roundEndedMs = slice.next === 0 ? nowMs() : null;
      onSlice(slice);
    } catch {
      // the store has failed or takes no more calls for now, which it counts itself
    } finally {
      this.#isBusy = false;
    }
  }
}
