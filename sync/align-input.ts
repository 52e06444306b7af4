import type { HeardCue } from "./heard-cue.js";
import type { LoggedEvent } from "./logged-event.js";
import type { SportProfile } from "./sport-profile.js";
import type { UnixMicros } from "./time.js";

export type AlignInput =
  | { readonly type: "logged"; readonly event: LoggedEvent }
  /** A provisional cue may come again as final with the same `cueId`. */
  | { readonly type: "cue"; readonly cue: HeardCue }
  | { readonly type: "tick" }
  | {
      readonly type: "control";
      readonly eventId: string;
      readonly op: "pin" | "release";
      readonly time: UnixMicros | null;
      readonly by: string;
    }
  | { readonly type: "rejectCue"; readonly cueId: string }
  /** The session is over: everything becomes final. */
  | { readonly type: "end" };

export interface AlignerOptions {
  readonly session: string;
  readonly profile: SportProfile;
  /** Standard deviation of the box's own clock against UTC, seconds; part of every interval. */
  readonly utcUncertaintySec: number;
  /** Events kept; the oldest final ones go first. Default 5000. */
  readonly maxEvents?: number;
  /** Cues kept, newest first. Default 2000. */
  readonly maxCues?: number;
  /** Offsets searched, seconds to either side. Default 300. */
  readonly scanRangeSec?: number;
  /**
   * Seconds that a stamp may lie from its arrival before it is taken for a broken clock and set aside. Default a day; `null`: any distance,
   * for an archive that is read on another day than it was logged.
   */
  readonly maxStampDistanceSec?: number | null;
  /** `false`: nothing becomes final before `end` (a batch that may use all evidence). Default `true`. */
  readonly finalise?: boolean;
  /** Personas remembered from earlier sessions, by logger. */
  readonly personas?: Readonly<Record<string, string>>;
}

export interface LoggerStatus {
  readonly logger: string;
  readonly locked: boolean;
  /** Logger's clock - UTC, seconds; 0 without a lock. */
  readonly offsetSec: number;
  readonly driftPpm: number;
  readonly persona: string;
  readonly anchors: number;
}

export interface AlignerStatus {
  readonly loggers: readonly LoggerStatus[];
  readonly events: number;
  /** Neither final nor retracted. */
  readonly open: number;
  readonly cues: number;
  readonly unclaimedCues: number;
  /** Records that told nothing new, or came after a newer version. */
  readonly duplicates: number;
  /** Events that carry the flag `conflict`. */
  readonly conflicts: number;
  /** Events given up because there were more than `maxEvents`. */
  readonly shed: number;
  /** Inputs that could not be used: no finite time, unknown event. */
  readonly rejected: number;
  readonly solves: number;
}

export interface AlignerSnapshot {
  readonly version: number;
  readonly body: string;
}
