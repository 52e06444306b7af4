import type { Cue } from "../dsp/index.js";
import { addSeconds, formatRfc3339, type HeardCue, type SampleClock, timeOfSample } from "../sync/index.js";

/** Standard deviation of an unmeasured console, embedder and converter chain, seconds: one video frame at 25 Hz, halved. */
const UNKNOWN_PATH_SD_SEC = 0.02;

/** What turns a cue on the sample clock into one on Unix time. */
export interface ChannelTiming {
  readonly channel: string;
  readonly clock: SampleClock;
  readonly pathDelayMs: number | null;
}

/**
 * The cue at the microphone, the channel's path delay taken off where it is known and put into the sd where not.
 * `cueId` holds channel, kind and the first told onset: the same on every box that hears the same input.
 */
export function placeCue(cue: Cue, timing: ChannelTiming, knownId: string | null): HeardCue {
  const delaySec = (timing.pathDelayMs ?? 0) / 1000;
  const at = (sample: number) => addSeconds(timeOfSample(timing.clock, sample), -delaySec);
  const onset = at(cue.onset);
  const pathSdSec = timing.pathDelayMs === null ? UNKNOWN_PATH_SD_SEC : 0;
  return {
    cueId: knownId ?? `${timing.channel}-${cue.kind}-${formatRfc3339(onset)}`,
    kind: cue.kind,
    onset,
    end: cue.end === null ? null : at(cue.end),
    onsetSdSec: Math.hypot(cue.onsetSdSec, pathSdSec),
    score: cue.score,
    count: cue.count,
    channel: timing.channel,
    reported: timeOfSample(timing.clock, cue.reported),
    isFinal: cue.isFinal,
  };
}
