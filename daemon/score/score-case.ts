import type { HeardCue, LoggedEvent, UnixMicros } from "../../sync/index.js";
import type { AnchorGroup, LoggerTruth } from "../simulate/index.js";
import type { EventTrace } from "./event-trace.js";

/** One record that stands at the end, with its truth. */
export interface ScoredRecord {
  /** `logger/id`. */
  readonly eventId: string;
  readonly logger: string;
  readonly class: string;
  readonly period: string | null;
  /** The last stamp the logger gave; `null` when there is none, then the arrival stands for it. */
  readonly stamp: UnixMicros | null;
  /** Of the first message about it. */
  readonly arrival: UnixMicros | null;
  readonly truth: UnixMicros;
  readonly anchor: AnchorGroup;
  /** True cue it made. */
  readonly cueId: string | null;
  /** What the simulation did to it: `gross`, `late`, `scheduled`. */
  readonly fault: string | null;
}

/** One match to be scored: what was logged, what was heard, what is true. */
export interface ScoreCase {
  readonly session: string;
  readonly start: UnixMicros;
  /** In order of arrival. */
  readonly log: readonly LoggedEvent[];
  /** In order of `reported`. */
  readonly cues: readonly HeardCue[];
  /** True cue id by heard cue id; a heard cue that is nothing true is not in it. */
  readonly cueTruth: ReadonlyMap<string, string>;
  readonly records: readonly ScoredRecord[];
  /** What an oracle knows; `null` where nobody wrote it down. */
  readonly loggers: readonly LoggerTruth[] | null;
  /** When the second half began: the oracle's clock steps before it. */
  readonly secondHalf: UnixMicros | null;
}

/** What a method says of one record. */
export interface Verdict {
  readonly eventId: string;
  /** What was said one second after the first message arrived. */
  readonly early: UnixMicros | null;
  readonly time: UnixMicros;
  /** The 95 % interval; `null` when there is none. */
  readonly interval: { readonly lo: UnixMicros; readonly hi: UnixMicros } | null;
  readonly notBefore: UnixMicros | null;
  readonly confidence: number | null;
  readonly anchor: string;
  readonly cues: readonly string[];
  readonly flags: readonly string[];
  readonly revisions: number;
  /** How it was told; `null` where only the records are at hand. */
  readonly trace: EventTrace | null;
}

/** The time the log itself gives: the stamp, else the arrival. */
export function loggedTime(record: Pick<ScoredRecord, "stamp" | "arrival" | "truth">): UnixMicros {
  return record.stamp ?? record.arrival ?? record.truth;
}
