import type { EventRevision } from "./event-revision.js";
import type { UnixMicros } from "./time.js";

/** What was heard of one period: its true start and end, where an event of the log could be placed. */
export interface HeardPeriod {
  readonly period: string;
  readonly start: UnixMicros | null;
  readonly startAnchor: string | null;
  readonly end: UnixMicros | null;
  readonly endAnchor: string | null;
}

const MAX_PERIODS = 16;

/** Follows the corrected period events of one session. */
export class MatchPeriods {
  private periods = new Map<string, HeardPeriod>();

  /** True when the revision changed what is known of a period. */
  push(revision: EventRevision): boolean {
    if (revision.state === "provisional" || revision.period === null) return false;
    const isStart = revision.class === "period_start" || revision.class === "race_start";
    const isEnd = revision.class === "period_end";
    if (!isStart && !isEnd) return false;
    const known = this.periods.get(revision.period) ?? emptyPeriod(revision.period);
    const time = revision.state === "retracted" ? null : revision.corrected.time;
    const anchor = revision.state === "retracted" ? null : revision.anchor;
    const next = isStart ? { ...known, start: time, startAnchor: anchor } : { ...known, end: time, endAnchor: anchor };
    const isChange = isStart ? known.start !== time : known.end !== time;
    if (isChange && (this.periods.has(revision.period) || this.periods.size < MAX_PERIODS)) {
      this.periods.set(revision.period, next);
    }
    return isChange;
  }

  list(): readonly HeardPeriod[] {
    return [...this.periods.values()];
  }

  restore(periods: readonly HeardPeriod[]): void {
    this.periods = new Map(periods.slice(0, MAX_PERIODS).map((period) => [period.period, period]));
  }
}

function emptyPeriod(period: string): HeardPeriod {
  return { period, start: null, startAnchor: null, end: null, endAnchor: null };
}
