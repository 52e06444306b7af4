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
const MIN = 8;
const START = 256;
/** About 8 MB of records. At 500 ms of round trip it carries 16,000 records/s. */
const MAX = 8192;
/** So often the window is narrowed for a moment, to see how long the round trip of the empty line is by now. */
const PROBE_EVERY_MS = 10_000;
const SMOOTHING = 0.125;

/**
 * Follows the round trip, so that the line is full and no more: a window that is too small leaves a far line idle, one that is too large
 * fills the buffers of a thin line until publishes time out and live records wait behind old ones.
 *
 * Once a window: `size × (base + queue) / smoothed`, where `base` is the round trip of the empty line and `queue` what may wait. It settles
 * where the queue is as long as allowed. FAST TCP (Jin, Wei, Low 2004) has this law with the queue in packets; here it is in time, because
 * time is what a live record feels. A line that is always full hides its base, so now and then the queue is let run empty (as BBR does).
 */
export class AdaptiveWindow implements WindowSize {
  #size = START;
  #base = Number.POSITIVE_INFINITY;
  #smoothedMs: number | null = null;
  #answers = 0;
  #wasFull = false;
  #nextProbeMs: number | null = null;
  #probe: { readonly resumeSize: number; answersLeft: number; shortest: number } | null = null;

  get limit(): number {
    return Math.floor(this.#size);
  }

  note(roundTripMs: number, nowMs: number, isFull: boolean): void {
    this.#base = Math.min(this.#base, roundTripMs);
    this.#smoothedMs = (this.#smoothedMs ?? roundTripMs) * (1 - SMOOTHING) + SMOOTHING * roundTripMs;
    this.#nextProbeMs ??= nowMs + PROBE_EVERY_MS;
    if (this.#probe !== null) {
      this.#goOnProbing(roundTripMs, nowMs);
      return;
    }
    this.#wasFull ||= isFull;
    this.#answers += 1;
    if (this.#answers < this.#size) return;
    if (this.#wasFull && nowMs >= this.#nextProbeMs) this.#beginProbe();
    else if (this.#wasFull) this.#resize();
    this.#answers = 0;
    this.#wasFull = false;
  }

  #resize(): void {
    const wanted = (this.#base + QUEUE_MS) / Math.max(this.#smoothedMs ?? this.#base, 1);
    this.#size = clamp(this.#size * Math.min(2, Math.max(0.5, wanted)));
  }

  /** Half of what the empty line holds; then those that are on the way, and twice those that follow, are waited for. */
  #beginProbe(): void {
    const resumeSize = this.#size;
    this.#size = clamp((resumeSize * this.#base) / Math.max(this.#smoothedMs ?? 1, 1) / 2);
    this.#probe = { resumeSize, answersLeft: resumeSize + 2 * this.#size, shortest: Number.POSITIVE_INFINITY };
  }

  #goOnProbing(roundTripMs: number, nowMs: number): void {
    const probe = this.#probe;
    if (probe === null) return;
    probe.answersLeft -= 1;
    probe.shortest = Math.min(probe.shortest, roundTripMs);
    if (probe.answersLeft > 0) return;
    this.#base = probe.shortest;
    this.#size = probe.resumeSize;
    this.#nextProbeMs = nowMs + PROBE_EVERY_MS;
    this.#probe = null;
  }
}

function clamp(size: number): number {
  return Math.min(MAX, Math.max(MIN, size));
}
