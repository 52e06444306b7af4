import { LANES, type Lane } from "../records/index.js";

/** What may leave at once after a pause: this much time's worth. */
const BURST_S = 1;
const BITS_PER_BYTE = 8;

/**
 * A rate cap that the lanes of one output share: a token bucket in bytes for each lane, charged by that lane and by all that go before it.
 * So a lane is held back by what it and its betters have sent, never by those behind it: a drain of old telemetry costs a goal nothing,
 * and what live records take the others wait for. A record may leave while its bucket is not empty and may overdraw it, so that one
 * larger than the bucket leaves, too. Over any time T all lanes together send at most rate × (T + 3 s) and three records.
 */
export class ByteBudget {
  readonly #bytesPerMs: number;
  readonly #capacity: number;
  readonly #nowMs: () => number;
  readonly #tokens: Map<Lane, number>;
  #refilledMs: number;

  /** @param bitsPerSecond above 0; @param nowMs milliseconds of a clock that never steps */
  constructor(bitsPerSecond: number, nowMs: () => number) {
    this.#bytesPerMs = bitsPerSecond / BITS_PER_BYTE / 1000;
    this.#capacity = this.#bytesPerMs * 1000 * BURST_S;
    this.#nowMs = nowMs;
    this.#tokens = new Map(LANES.map((lane) => [lane, this.#capacity]));
    this.#refilledMs = nowMs();
  }

  /** 0: it may leave, and its bytes are charged. Else: ask again after so many milliseconds. */
  take(lane: Lane, bytes: number): number {
    this.#refill();
    const tokens = this.#tokens.get(lane) ?? 0;
    if (tokens <= 0) return Math.max(1, Math.ceil((1 - tokens) / this.#bytesPerMs));
    this.charge(lane, bytes);
    return 0;
  }

  /** For what leaves in any case. */
  charge(lane: Lane, bytes: number): void {
    for (const other of LANES.slice(LANES.indexOf(lane)))
      this.#tokens.set(other, (this.#tokens.get(other) ?? 0) - bytes);
  }

  #refill(): void {
    const now = this.#nowMs();
    const earned = (now - this.#refilledMs) * this.#bytesPerMs;
    this.#refilledMs = now;
    for (const [lane, tokens] of this.#tokens) this.#tokens.set(lane, Math.min(this.#capacity, tokens + earned));
  }
}
