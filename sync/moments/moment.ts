import type { Reason } from "../event-revision.js";
import type { UnixMicros } from "../time.js";

/** `open` while it still lasts, `closed` when its out point is passed; a closed one may still be moved by a late correction. */
export type MomentState = "open" | "closed" | "retracted";

/** One revision of a moment. Revisions of one `momentId` count from 1 without a gap. */
export interface MomentRevision {
  readonly momentId: string;
  readonly revision: number;
  readonly state: MomentState;
  readonly in: UnixMicros;
  readonly out: UnixMicros;
  /** 0..1; moments of one session are ranked by it. */
  readonly interest: number;
  /** What the interest is made of, each 0..1: `interest` = 1 - (1 - event)(1 - crowd)(1 - cue)(1 - race); `race` only where it is some. */
  readonly parts: Readonly<Record<"event" | "crowd" | "cue", number>> & { readonly race?: number };
  /**
   * `eventLogged`, `roarHeard`, `hornHeard`, `crowdLoud`, of a race `cautionBegan`, `restarted`, `greenStop` and others (`race-watch.ts`);
   * of a retracted one `mergedInto` or `evidenceGone`.
   */
  readonly reasons: readonly Reason[];
  /** Ids of the events and cues in it, sorted. */
  readonly events: readonly string[];
  readonly cues: readonly string[];
  /** The moment that tells of this one's evidence now; `null` but for a merged one. */
  readonly mergedInto: string | null;
}

/** One second of a channel: what is left of 20 levels a second, so that a match of levels costs little. */
export interface LevelSecond {
  readonly channel: string;
  /** End of the second, Unix time. */
  readonly at: UnixMicros;
  /** Median of the second, dBFS. */
  readonly rmsDb: number;
  /** Median of the second: 300-4000 Hz over the median of the 20 s before, dB. */
  readonly crowdRiseDb: number;
  /** Highest of the second, 0..1. */
  readonly excitement: number;
}

/** Something that speaks for a moment: plain data, so that a snapshot holds all of it. */
export interface Evidence {
  readonly id: string;
  readonly part: "event" | "crowd" | "cue" | "race";
  /** Event class or cue kind; evidence of one thing counts once, whoever tells of it. */
  readonly what: string;
  /** What it is about, before the in and out points are set around it. */
  readonly from: UnixMicros;
  readonly to: UnixMicros;
  /** How much of the play before and after belongs to it, seconds. */
  readonly leadSec: number;
  readonly tailSec: number;
  /** 0..1 */
  readonly weight: number;
  /** The sound still lasts. */
  readonly isOpen: boolean;
  readonly reason: Reason;
}
