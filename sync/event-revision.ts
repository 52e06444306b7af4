import type { UnixMicros } from "./time.js";

export type EventState = "provisional" | "confirmed" | "final" | "retracted";
/** Where a corrected time comes from. Open set. */
export type Anchor = "whistle" | "roar" | "beep" | "horn" | "clock" | "operator" | "none";

/** A code with parameters; words are made from it at the edge. */
export interface Reason {
  readonly code: string;
  readonly params: Readonly<Record<string, string | number | boolean>>;
}

/** One revision of a corrected event. Revisions of one `eventId` count from 1 without a gap. */
export interface EventRevision {
  readonly eventId: string;
  readonly revision: number;
  readonly occurrenceId: string;
  readonly session: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly class: string;
  readonly period: string | null;
  readonly state: EventState;
  readonly anchor: Anchor;
  /** Open set: `conflict`, `noLock`, `scheduledTime`, `impossibleStamp`, ... */
  readonly flags: readonly string[];
  readonly corrected: {
    /** Median of what is believed. */
    readonly time: UnixMicros;
    readonly intervals: readonly { readonly p: number; readonly lo: UnixMicros; readonly hi: UnixMicros }[];
    /** Upper 99.5 % bound, for those who must never be early: shown at this time, an event is a spoiler in one case of 200. */
    readonly notBefore: UnixMicros;
  };
  /** corrected - logged, seconds. */
  readonly shiftSec: number;
  /** P(|time - truth| <= 1 s). */
  readonly confidence: number;
  /** Ids of the linked cues. */
  readonly cues: readonly string[];
  readonly alternatives: readonly { readonly time: UnixMicros; readonly p: number }[];
  /** Other loggers' records of the same occurrence. */
  readonly sources: readonly string[];
  readonly clock: {
    readonly logger: string;
    /** Logger's clock - UTC, seconds. */
    readonly offsetSec: number;
    readonly driftPpm: number;
    /** Rises each time the calibration is solved anew. */
    readonly version: number;
    readonly persona: string;
  } | null;
  readonly utcUncertaintySec: number;
  readonly finalBy: UnixMicros;
  readonly reason: Reason | null;
}
