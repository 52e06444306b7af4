/** How much unacknowledged work may be on the way at a time. */
export interface WindowSize {
  /** Publishes. */
  readonly limit: number;
  /** An answer came: `roundTripMs` after its publish. `isFull`: someone waited for room. */
  note(roundTripMs: number, nowMs: number, isFull: boolean): void;
}

export function fixedWindow(limit: number): WindowSize {
  return { limit, note: () => undefined };
}

/** What may wait on the line and in the server beyond the bare round trip. Every lane shares the line: this is what a live record waits there at most. */
const QUEUE_MS = 200;
const MIN = 16;
const START = 128;
/** About 8 MB of records. At 500 ms of round trip it carries 16,000 records/s. */
const MAX = 8192;
/** So often the window is narrowed for a moment, to see how long the round trip of the empty line is by now. */
const PROBE_EVERY_MS = 10_000;

/**
 * Follows the round trip, so that the line is full and no more: a window that is too small leaves a far line idle, one that is too large
 * fills the buffers of a thin line until publishes time out and live records wait behind old ones.
 *
 * Once a window: `size × (base + queue) / shortest`, where `base` is the round trip of the empty line, `queue` what may wait, and `shortest` the
 * shortest round trip within this window: a queue delays every message, a busy process only some. It settles where the queue is as long as allowed. FAST TCP (Jin, Wei, Low 2004) has this law with the queue in packets; here it is in time, because
 * time is what a live record feels. A line that is always full hides its base, so now and then the queue is let run empty (as BBR does).
 */
export class AdaptiveWindow implements WindowSize {
  #size = START;
  #base = Number.POSITIVE_INFINITY;
  /** Answers to what was sent under the former size: they say nothing of this one. */
  #stale = 0;
  #answers = 0;
  #shortest = Number.POSITIVE_INFINITY;
  #wasFull = false;
  #nextProbeMs: number | null = null;
  /** While the queue runs empty: the size before, and the round trip under it. */
  #probe: { readonly size: number; readonly shortest: number } | null = null;

  get limit(): number {
    return Math.floor(this.#size);
  }

  note(roundTripMs: number, nowMs: number, isFull: boolean): void {
    this.#nextProbeMs ??= nowMs + PROBE_EVERY_MS;
    this.#base = Math.min(this.#base, roundTripMs);
    this.#wasFull ||= isFull;
    if (this.#stale > 0) {
      this.#stale -= 1;
      return;
    }
    this.#shortest = Math.min(this.#shortest, roundTripMs);
    this.#answers += 1;
    if (this.#answers < this.#size) return;
    if (this.#probe !== null) this.#endProbe(this.#probe, nowMs);
    else if (this.#wasFull && nowMs >= this.#nextProbeMs) this.#beginProbe();
    else if (this.#wasFull) this.#set(this.#sizeFor(this.#size, this.#shortest));
    this.#answers = 0;
    this.#shortest = Number.POSITIVE_INFINITY;
    this.#wasFull = false;
  }

  #sizeFor(size: number, shortest: number): number {
    return size * Math.min(2, Math.max(0.5, (this.#base + QUEUE_MS) / Math.max(shortest, 1)));
  }

  /** Half of what the empty line holds, for one window. */
  #beginProbe(): void {
    const [size, shortest] = [this.#size, this.#shortest];
    this.#probe = { size, shortest };
    this.#set((size * this.#base) / Math.max(shortest, 1) / 2);
  }

  #endProbe({ size, shortest }: { readonly size: number; readonly shortest: number }, nowMs: number): void {
    this.#base = this.#shortest;
    this.#set(this.#sizeFor(size, shortest));
    this.#nextProbeMs = nowMs + PROBE_EVERY_MS;
    this.#probe = null;
  }

  /** Doubling does not wait for the answers of the size before: a far line is full after a few round trips. */
  #set(size: number): void {
    this.#stale = size >= 2 * this.#size ? 0 : Math.ceil(this.#size);
    this.#size = Math.min(MAX, Math.max(MIN, size));
  }
}
