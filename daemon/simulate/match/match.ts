import type { UnixMicros } from "../../../sync/index.js";

/** What a class's truth hangs on: the table of an accuracy report is split by it. */
export type AnchorGroup = "whistle" | "roar" | "none";

/** One thing that happened in the match, whatever number of loggers told it. Seconds count from the session's start. */
export interface Play {
  /** `p001`, ... in order of time. */
  readonly key: string;
  readonly class: string;
  readonly period: string;
  /** The truth of the class: the whistle's onset, the first blast, or the act itself. */
  readonly timeSec: number;
  readonly anchor: AnchorGroup;
  /** The sound it made; `null` when it made none. */
  readonly cueId: string | null;
  readonly team: "home" | "away" | null;
}

/** A referee's blast or a roar of the crowd, as it reaches the microphone. */
export interface TrueCue {
  readonly cueId: string;
  readonly kind: "whistle" | "roar";
  readonly onsetSec: number;
  readonly endSec: number;
  /** Position in its train, from 1. */
  readonly count: number;
  /** Key of the play it belongs to; `null` for a restart whistle and for all blasts of a train but the first. */
  readonly play: string | null;
  /** Why it sounded: the class of its play, or `restart`, `goalSignal`, `substitution`, `warning`, `nextBlast`. */
  readonly what: string;
}

export interface Period {
  readonly period: string;
  readonly startSec: number;
  readonly endSec: number;
  /** When it was to start by the programme. */
  readonly scheduledSec: number;
}

export interface Match {
  readonly start: UnixMicros;
  readonly durationSec: number;
  readonly periods: readonly Period[];
  readonly plays: readonly Play[];
  readonly cues: readonly TrueCue[];
}

export interface MatchOptions {
  readonly start: UnixMicros;
  /** Playing time without added time, minutes, 1 to 180. */
  readonly minutes: number;
  /** Length of the half-time break, minutes. */
  readonly breakMinutes: number;
}
