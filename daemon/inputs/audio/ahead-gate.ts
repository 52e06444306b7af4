/**
 * How far a channel's reports may run ahead of whoever works them in. Two brakes, both in samples of the channel's stream:
 * what was granted ("hear up to there") and what was acknowledged (at most `maxAhead` beyond it).
 */
export class AheadGate {
  #granted: number;
  #acknowledged = 0;
  readonly #maxAhead: number;
  #wake: (() => void)[] = [];

  constructor(granted: number, maxAhead: number) {
    this.#granted = Math.floor(granted);
    this.#maxAhead = maxAhead;
  }

  /** `upToSample` may be infinite. A smaller one than before takes nothing back that was heard already. */
  grant(upToSample: number): void {
    this.#granted = Math.floor(upToSample);
    this.#notify();
  }

  acknowledge(heardUpTo: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, heardUpTo);
    this.#notify();
  }

  /** All that was granted has been heard: whoever grants waits for the report. */
  isExhausted(heardUpTo: number): boolean {
    return heardUpTo >= this.#granted;
  }

  /** The sample up to which may be heard now. */
  get limit(): number {
    return Math.min(this.#granted, this.#acknowledged + this.#maxAhead);
  }

  /** Resolves at the next grant, acknowledgement or `release`. */
  changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake.push(resolve);
    });
  }

  release(): void {
    this.#notify();
  }

  #notify(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const resolve of waiting) resolve();
  }
}
