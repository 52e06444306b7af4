import type { CueKind } from "../dsp/cue.js";
import type { UnixMicros } from "./time.js";

/** What it sounds like: for people, not for the alignment. */
export interface SoundTraits {
  /** dBFS */
  readonly levelDb: number;
  readonly tonesHz: readonly number[];
  /** Of a roar: what the crowd does, and the probabilities of that. */
  readonly character?: string;
  readonly characterShares?: Readonly<Record<string, number>>;
}

/** A cue on Unix time, at the source as far as path delay and travel are known. */
export interface HeardCue {
  readonly cueId: string;
  readonly kind: CueKind;
  readonly onset: UnixMicros;
  readonly end: UnixMicros | null;
  /** Standard deviation of the onset, seconds, unknown path and travel included. */
  readonly onsetSdSec: number;
  /** From the sound alone, also where a hint lowered the threshold. */
  readonly score: number;
  /** Position in its train, from 1. */
  readonly count: number;
  readonly channel: string;
  /** When it could first be told. */
  readonly reported: UnixMicros;
  readonly isFinal: boolean;
  readonly sound?: SoundTraits;
  /** Open set; `replay`: the same sound as an earlier cue. */
  readonly flags?: readonly string[];
  /** Of a replay: `cueId` of the cue it repeats, where that is remembered. */
  readonly replayOf?: string;
  /** Told only because the log expected it: an event may claim it, but it says nothing for the log's clock. */
  readonly primed?: boolean;
  /** Of a primed cue: sounds like it an hour, expected or not. */
  readonly backgroundPerHour?: number;
}
