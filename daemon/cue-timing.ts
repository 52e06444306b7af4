import type { Cue } from "../dsp/index.js";
import {
  addSeconds,
  type ChannelWay,
  formatRfc3339,
  type HeardCue,
  pathSdSec,
  type SampleClock,
  timeOfSample,
} from "../sync/index.js";

/** What turns a cue on the sample clock into one on Unix time. */
export interface ChannelTiming {
  readonly channel: string;
  readonly clock: SampleClock;
  readonly pathDelayMs: number | null;
  /** What the microphone hears; default `ambience`. */
  readonly role?: string;
  /** Metres from the centre of the field of play. */
  readonly position?: readonly [number, number] | null;
}

/** Timing of what a report of the channel tells. */
export function timingOf({ channel, clock, pathDelayMs, role, position }: ChannelTiming): ChannelTiming {
  return { channel, clock, pathDelayMs, ...(role === undefined ? {} : { role }), position: position ?? null };
}

export function wayOf({ pathDelayMs, role, position }: Omit<ChannelTiming, "clock" | "channel">): ChannelWay {
  return { role: role ?? "ambience", isDelayKnown: pathDelayMs !== null, position: position ?? null };
}

/**
 * The cue at the microphone, the channel's path delay taken off where it is known and put into the sd where not.
 * `cueId` holds channel, kind and the first told onset: the same on every box that hears the same input.
 */
export function placeCue(cue: Cue, timing: ChannelTiming, knownId: string | null): HeardCue {
  const delaySec = (timing.pathDelayMs ?? 0) / 1000;
  const at = (sample: number) => addSeconds(timeOfSample(timing.clock, sample), -delaySec);
  const onset = at(cue.onset);
  return {
    cueId: knownId ?? `${timing.channel}-${cue.kind}-${formatRfc3339(onset)}`,
    kind: cue.kind,
    onset,
    end: cue.end === null ? null : at(cue.end),
    onsetSdSec: Math.hypot(cue.onsetSdSec, pathSdSec(wayOf(timing))),
    score: cue.score,
    count: cue.count,
    channel: timing.channel,
    reported: timeOfSample(timing.clock, cue.reported),
    isFinal: cue.isFinal,
    flags: cue.flags,
    sound: {
      levelDb: cue.levelDb,
      tonesHz: cue.tonesHz,
      ...(cue.character === undefined ? {} : { character: cue.character }),
      ...(cue.characterShares === undefined ? {} : { characterShares: { ...cue.characterShares } }),
    },
  };
}
