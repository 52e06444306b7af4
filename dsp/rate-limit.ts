/** Cues that may come at once, and how long one more takes: 10, then one a second. */
const BURST = 10;
const REFILL_SEC = 1;

interface RateLimitState {
  tokens: number;
  hop: number;
  suppressed: number;
}

/** Bounds how many cues a detector may begin, so that no noise floods what comes behind; what it holds back is counted. */
export class RateLimit {
  readonly state: RateLimitState = { tokens: BURST, hop: 0, suppressed: 0 };
  readonly #refillPerHop: number;

  constructor(hopsPerSec: number) {
    this.#refillPerHop = 1 / (REFILL_SEC * hopsPerSec);
  }

  /** Whether one more cue may begin at this hop. */
  allow(hop: number): boolean {
    const { state } = this;
    state.tokens = Math.min(BURST, state.tokens + (hop - state.hop) * this.#refillPerHop);
    state.hop = hop;
    if (state.tokens < 1) {
      state.suppressed += 1;
      return false;
    }
    state.tokens -= 1;
    return true;
  }
}
