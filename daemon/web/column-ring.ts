/** Quietest level a byte can tell, dBFS; each step above is half a decibel, so 255 is well above full scale. */
export const COLUMN_MIN_DB = -120;
export const COLUMN_STEP_DB = 0.5;

export interface ColumnSlice {
  /** Unix time of each column, milliseconds. */
  readonly timesMs: readonly number[];
  /** Columns one behind the other, a byte per band. */
  readonly bytes: Uint8Array;
  /** Number of the column after the last one: where to read on. */
  readonly next: number;
}

/** The last columns of one channel's spectrogram, a byte per band. Columns are numbered from 0; the oldest are overwritten. */
export class ColumnRing {
  readonly #capacity: number;
  readonly #bands: number;
  readonly #times: Float64Array;
  readonly #bytes: Uint8Array;
  #next = 0;

  constructor(capacity: number, bands: number) {
    this.#capacity = capacity;
    this.#bands = bands;
    this.#times = new Float64Array(capacity);
    this.#bytes = new Uint8Array(capacity * bands);
  }

  /** Bands missing in `bandsDb` are silence, surplus ones are ignored. */
  push(timeMs: number, bandsDb: ArrayLike<number>): void {
    const slot = this.#next % this.#capacity;
    this.#times[slot] = timeMs;
    for (let band = 0; band < this.#bands; band++) {
      this.#bytes[slot * this.#bands + band] = toByte(bandsDb[band] ?? COLUMN_MIN_DB);
    }
    this.#next += 1;
  }

  /** What is still kept from column number `from` on. */
  readFrom(from: number): ColumnSlice {
    const first = Math.max(from, this.#next - this.#capacity, 0);
    const count = Math.max(0, this.#next - first);
    const bytes = new Uint8Array(count * this.#bands);
    const timesMs = Array.from({ length: count }, (_, index) => {
      const slot = (first + index) % this.#capacity;
      bytes.set(this.#bytes.subarray(slot * this.#bands, (slot + 1) * this.#bands), index * this.#bands);
      return this.#times[slot] ?? 0;
    });
    return { timesMs, bytes, next: this.#next };
  }
}

function toByte(db: number): number {
  const steps = Math.round((db - COLUMN_MIN_DB) / COLUMN_STEP_DB);
  // Not a number (a column of lost samples) is silence.
  return Number.isNaN(steps) ? 0 : Math.min(255, Math.max(0, steps));
}
