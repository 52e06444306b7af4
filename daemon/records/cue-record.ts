import { formatRfc3339, type HeardCue, type UnixMicros } from "../../sync/index.js";
import type { RecordDraft } from "./record.js";
import { roundSec } from "./rounding.js";
import type { CueData } from "./schemas/index.js";

/** A cue with what the listener knows of its sound. */
export interface SoundedCue extends HeardCue {
  /** dBFS */
  readonly levelDb: number;
  readonly tonesHz: readonly number[];
  /** `source` where the travel of the sound is taken off, `microphone` where it is not. */
  readonly reference: "source" | "microphone";
  readonly flags: readonly string[];
  /** Of a roar. */
  readonly character?: string;
  readonly characterShares?: Readonly<Record<string, number>>;
  /** Those that heard it, where there are several. */
  readonly channels?: readonly string[];
  /** A hint from the log lowered the threshold. */
  readonly primed?: boolean;
}

const TONE_DIGITS = 10;

/** The record of one telling of a cue: as it begins, or at its end. */
export function cueDraft(cue: SoundedCue, session: string, recordedAt: UnixMicros): RecordDraft {
  return {
    kind: "cue",
    session,
    subject: cue.cueId,
    class: cue.kind,
    key: cue.channel,
    time: cue.onset,
    recordedAt,
    data: cueData(cue),
  };
}

export function cueData(cue: SoundedCue): CueData {
  return {
    cueId: cue.cueId,
    kind: cue.kind,
    state: cue.isFinal ? "final" : "provisional",
    onset: formatRfc3339(cue.onset),
    onsetSdSec: roundSec(cue.onsetSdSec),
    end: cue.end === null ? null : formatRfc3339(cue.end),
    score: roundSec(cue.score),
    count: cue.count,
    channel: cue.channel,
    reference: cue.reference,
    levelDb: Math.round(cue.levelDb * 100) / 100,
    ...(cue.tonesHz.length === 0
      ? {}
      : { tonesHz: cue.tonesHz.map((tone) => Math.round(tone * TONE_DIGITS) / TONE_DIGITS) }),
    reported: formatRfc3339(cue.reported),
    flags: [...cue.flags],
    ...(cue.primed === true ? { primed: true } : {}),
    ...(cue.character === undefined ? {} : { character: cue.character }),
    ...(cue.characterShares === undefined ? {} : { characterShares: mapShares(cue.characterShares) }),
    ...(cue.replayOf === undefined ? {} : { replayOf: cue.replayOf }),
    ...(cue.channels === undefined || cue.channels.length < 2 ? {} : { channels: [...cue.channels] }),
  };
}

function mapShares(shares: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(shares).map(([name, share]) => [name, roundSec(share)]));
}
