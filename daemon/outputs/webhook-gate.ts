import type { MonoMicros } from "../../sync/index.js";
import { BACKOFF_MAX_MS, backOffMs } from "../back-off.js";
import type { Bell } from "./step-loop.js";

/** Longer than this nobody is believed; the receiver may say it again. */
const RETRY_AFTER_MAX_MS = 3_600_000;
/** Boxes told the same time come back spread over a tenth of it. */
const RETRY_AFTER_SPREAD = 0.1;
/** Failures in a row after which one request at a time finds out whether the receiver is back. */
const FAILURES_TO_OPEN = 5;

export interface GateParts {
  /** Time that never steps. */
  readonly mono: () => MonoMicros;
  /** 0 up to 1. */
  readonly random: () => number;
  /** Rung when who waits should look again. */
  readonly changed: Bell;
}

/**
 * Whether a receiver may be asked now: back-off and circuit breaker of one address, shared by all lanes. While the circuit is open one
 * request at a time passes; the first answer closes it.
 */
export class WebhookGate {
  readonly #parts: GateParts;
  #failures = 0;
  #lastFailureAt = Number.NEGATIVE_INFINITY;
  #notBefore = Number.NEGATIVE_INFINITY;
  #isProbing = false;
  #goneBecause: string | null = null;

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  get isOpen(): boolean {
    return this.#failures >= FAILURES_TO_OPEN;
  }

  /** The receiver wants nothing any more, for ever: why; else `null`. */
  get goneBecause(): string | null {
    return this.#goneBecause;
  }

  /** Milliseconds until a request may be made; 0: now. */
  waitMs(): number {
    if (this.isOpen && this.#isProbing) return BACKOFF_MAX_MS; // the probe's end rings
    return Math.max(0, Math.ceil((this.#notBefore - this.#parts.mono()) / 1000));
  }

  /** To be called when `waitMs` is 0, before the request; returns when that was, for `failed`. */
  enter(): MonoMicros {
    if (this.isOpen) this.#isProbing = true;
    return this.#parts.mono();
  }

  /** The receiver answered, whatever it thinks of the record. */
  answered(): void {
    const wasOpen = this.isOpen;
    this.#failures = 0;
    this.#isProbing = false;
    this.#notBefore = Number.NEGATIVE_INFINITY;
    if (wasOpen) this.#parts.changed.ring();
  }

  /** Requests that were under way together and failed together count as one failure. */
  failed(enteredAt: MonoMicros, retryAfterMs: number | null): void {
    const now = this.#parts.mono();
    if (enteredAt > this.#lastFailureAt) this.#failures += 1;
    this.#lastFailureAt = now;
    this.#isProbing = false;
    const asked = retryAfterMs === null ? 0 : Math.min(RETRY_AFTER_MAX_MS, retryAfterMs);
    const spread = asked * (1 + RETRY_AFTER_SPREAD * this.#parts.random());
    const waitMs = Math.max(spread, backOffMs(this.#failures, this.#parts.random));
    this.#notBefore = Math.max(this.#notBefore, now + Math.round(waitMs * 1000));
    this.#parts.changed.ring();
  }

  gone(because: string): void {
    this.#isProbing = false;
    this.#goneBecause = because;
    this.#parts.changed.ring();
  }
}
