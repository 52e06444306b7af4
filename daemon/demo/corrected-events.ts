import { parseRfc3339, secondsBetween, type UnixMicros } from "../../sync/index.js";
import type { RecordDraft } from "../records/index.js";
import type { TrueEvent } from "../score/index.js";

/** One logged event as the demo shows it: what the human said, what became of it, what is true. */
export interface CorrectedEvent {
  readonly eventId: string;
  readonly class: string;
  readonly period: string;
  readonly logged: UnixMicros | null;
  readonly corrected: UnixMicros;
  readonly lo: UnixMicros;
  readonly hi: UnixMicros;
  readonly anchor: string;
  readonly confidence: number;
  readonly truth: UnixMicros;
}

interface EventData {
  readonly eventId: string;
  readonly state: string;
  readonly class: string;
  readonly anchor: string;
  readonly confidence: number;
  readonly input: { readonly stamp?: unknown };
  readonly corrected: {
    readonly time: string;
    readonly intervals: readonly { readonly p: number; readonly lo: string; readonly hi: string }[];
  };
}

/** Keeps the last revision of each event of a replay. Bounded by the session's events. */
export class CorrectedEvents {
  readonly #latest = new Map<string, EventData>();

  made(drafts: readonly RecordDraft[]): void {
    for (const draft of drafts) {
      if (draft.kind === "event") this.#latest.set(draft.subject, draft.data as unknown as EventData);
    }
  }

  /** The events that stand at the end and whose truth is known, in the order of the truth. */
  beside(truth: readonly TrueEvent[]): CorrectedEvent[] {
    return truth
      .flatMap((known) => {
        const event = this.#latest.get(known.eventId);
        return event === undefined || event.state === "retracted" ? [] : [toCorrected(event, known)];
      })
      .sort((a, b) => a.truth - b.truth);
  }
}

function toCorrected(event: EventData, known: TrueEvent): CorrectedEvent {
  const { stamp } = event.input;
  const interval = event.corrected.intervals.find(({ p }) => p === 0.95);
  const corrected = timeOf(event.corrected.time);
  return {
    eventId: event.eventId,
    class: event.class,
    period: known.period ?? "",
    logged: typeof stamp === "string" ? parseRfc3339(stamp) : null,
    corrected,
    lo: interval === undefined ? corrected : timeOf(interval.lo),
    hi: interval === undefined ? corrected : timeOf(interval.hi),
    anchor: event.anchor,
    confidence: event.confidence,
    truth: known.time,
  };
}

function timeOf(text: string): UnixMicros {
  return parseRfc3339(text) ?? (0 as UnixMicros);
}

/** Corrected minus true, seconds: positive is late. */
export function errorSec(event: CorrectedEvent): number {
  return secondsBetween(event.truth, event.corrected);
}

export function loggedErrorSec(event: CorrectedEvent): number | null {
  return event.logged === null ? null : secondsBetween(event.truth, event.logged);
}
