import type { CueKind } from "../dsp/cue.js";
import type { UnixMicros } from "./time.js";

/** A cue on Unix time, at the source as far as path delay and travel are known. */
export interface HeardCue {
  readonly cueId: string;
  readonly kind: CueKind;
  readonly onset: UnixMicros;
  readonly end: UnixMicros | null;
  /** Standard deviation of the onset, seconds, unknown path and travel included. */
  readonly onsetSdSec: number;
  readonly score: number;
  /** Position in its train, from 1. */
  readonly count: number;
  readonly channel: string;
  /** When it could first be told. */
  readonly reported: UnixMicros;
  readonly isFinal: boolean;
}
