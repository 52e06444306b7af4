import type { UnixMicros } from "../sync/index.js";

/** What is kept of the clock in a snapshot. */
export interface FuelClockState {
  readonly base: number | null;
  readonly newest: number;
  readonly lead: readonly [number, number];
  readonly leadSince: number;
}

/** Above this a count of seconds is one since 1970, not of a race. */
const UNIX_TIMES_FROM = 1e8;
/** The least delay of the feed is the best of the last one to two of these: clocks drift, a race lasts hours. Seconds. */
const LEAD_SPAN_SEC = 60;
/** A feed further behind than this is catching up after an outage: only its own samples say how late it is. Seconds. */
const LIVE_LAG_SEC = 5;
/** With no sample of any car, the clock goes on this far and waits: what was sent may still come. Seconds. */
const SILENT_SEC = 2;
const NEVER = Number.NEGATIVE_INFINITY;

/**
 * The telemetry clock against the box's: which instant a sample's `t` is, and what time it is over there now. `t` counts from 1970, or from
 * anywhere; then the first sample's arrival is taken for its time, once and for all. All in seconds.
 */
export class FuelClock {
  /** Unix time of `t` = 0. */
  #base: number | null = null;
  #newest = NEVER;
  /** Largest `t` minus arrival seen in the span before and in this one. */
  #lead: [number, number] = [NEVER, NEVER];
  #leadSince = NEVER;

  get isKnown(): boolean {
    return this.#base !== null;
  }

  /** Newest sample, on the telemetry clock. */
  get newest(): number {
    return this.#newest;
  }

  /** False for a sample of the other kind of clock: it cannot be placed. */
  observe(t: number, arrivalSec: number): boolean {
    const isUnix = t >= UNIX_TIMES_FROM;
    this.#base ??= isUnix ? 0 : arrivalSec - t;
    if (isUnix !== (this.#base === 0)) return false;
    const lead = t + this.#base - arrivalSec;
    if (arrivalSec - this.#leadSince > LEAD_SPAN_SEC || arrivalSec < this.#leadSince) {
      this.#lead = [this.#lead[1], NEVER];
      this.#leadSince = arrivalSec;
    }
    if (lead > this.#lead[1]) this.#lead[1] = lead;
    if (t > this.#newest) this.#newest = t;
    return true;
  }

  toUnix(t: number): UnixMicros {
    return Math.round((t + (this.#base ?? 0)) * 1e6) as UnixMicros;
  }

  fromUnix(unixSec: number): number {
    return unixSec - (this.#base ?? 0);
  }

  /** The telemetry clock at `nowSec`; `null` while nobody can know: no sample yet, or the feed is catching up. */
  now(nowSec: number): number | null {
    const ahead = this.#ahead();
    if (ahead === null) return null;
    const estimate = nowSec + ahead;
    if (estimate - this.#newest > LIVE_LAG_SEC) return null;
    return Math.min(Math.max(estimate, this.#newest), this.#newest + SILENT_SEC);
  }

  /** When (Unix seconds) the telemetry clock comes to `t`; `null`: not before another sample. */
  whenIs(t: number): number | null {
    const ahead = this.#ahead();
    return ahead === null || t > this.#newest + SILENT_SEC ? null : t - ahead;
  }

  snapshot(): FuelClockState {
    const finite = (value: number) => (Number.isFinite(value) ? value : -1e300);
    return {
      base: this.#base,
      newest: finite(this.#newest),
      lead: [finite(this.#lead[0]), finite(this.#lead[1])],
      leadSince: finite(this.#leadSince),
    };
  }

  restore({ base, newest, lead, leadSince }: FuelClockState): void {
    const value = (saved: number) => (saved <= -1e300 ? NEVER : saved);
    this.#base = base;
    this.#newest = value(newest);
    this.#lead = [value(lead[0]), value(lead[1])];
    this.#leadSince = value(leadSince);
  }

  /** Telemetry time minus the box's Unix time, by the quickest sample of late. */
  #ahead(): number | null {
    const lead = Math.max(this.#lead[0], this.#lead[1]);
    return this.#base === null || lead === NEVER ? null : lead - this.#base;
  }
}
