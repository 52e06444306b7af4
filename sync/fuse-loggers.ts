import { normalCdf } from "./gaussian.js";
import { MICROS_PER_SECOND, type UnixMicros } from "./time.js";
import type { Told, TrackedEvent } from "./tracked-event.js";

/** Records of one play by several loggers lie this near after correction, seconds. */
export const SAME_PLAY_SEC = 3;
/** Two estimates further apart than this many of their common sds are of two plays, or one of them is wrong: neither helps the other. */
const AGREE_SDS = 2;
/** A link this sure speaks for the other loggers' records of its play. */
const SPEAKS_P = 0.9;
/** What is left of that certainty: the two records may be of two plays. */
const SAME_PLAY_P = 0.95;
/** Both calibrations rest on the same cues and the same belief on lags: together they know less than two strangers would. */
const SHARED_ERROR = 1.15;
/** The far bounds hold gross errors too; they shrink less than the interval. */
const LEAST_BOUND_SHRINK = 0.6;
const SDS_OF_INTERVAL = 3.92;

/**
 * What one logger's own estimate becomes beside those that other loggers' records of the same play have by themselves: a record without a cue
 * takes over the cue of a sure link, two clocks are weighed by their variances. `own` itself where there is nothing to gain.
 */
export function fuseLoggers(tracked: TrackedEvent, own: Told, events: readonly TrackedEvent[]): Told {
  if (own.anchor !== "clock") return own;
  const others = nearestOfEach(tracked, own, events);
  const speaker = others.find((other) => other.cues[0] !== undefined && other.linkP > SPEAKS_P);
  if (speaker !== undefined) return isFree(speaker, tracked, events) ? takenOver(own, speaker) : own;
  return others.filter(({ anchor }) => anchor === "clock").reduce(weighed, own);
}

/** The other loggers' own estimates of the play, the nearest of each. */
function nearestOfEach(tracked: TrackedEvent, own: Told, events: readonly TrackedEvent[]): Told[] {
  const nearest = new Map<string, Told>();
  for (const other of events) {
    if (other.own === null || other.status === "retracted" || other.own.anchor === "none" || other.pin !== null)
      continue;
    if (other.logged.logger === tracked.logged.logger || other.logged.class !== tracked.logged.class) continue;
    const apart = Math.abs(other.own.time - own.time);
    if (apart > SAME_PLAY_SEC * MICROS_PER_SECOND) continue;
    const known = nearest.get(other.logged.logger);
    if (known === undefined || apart < Math.abs(known.time - own.time)) nearest.set(other.logged.logger, other.own);
  }
  return [...nearest.values()];
}

/** Whether no other record of this logger holds the cue already. */
function isFree(speaker: Told, tracked: TrackedEvent, events: readonly TrackedEvent[]): boolean {
  const cueId = speaker.cues[0];
  return !events.some(
    (other) => other !== tracked && other.logged.logger === tracked.logged.logger && other.told?.cues[0] === cueId,
  );
}

function takenOver(own: Told, speaker: Told): Told {
  const { time, lo, hi, notBefore, anchor, cues } = speaker;
  const confidence = Math.max(own.confidence, speaker.confidence * SAME_PLAY_P);
  return { ...own, time, lo, hi, notBefore, anchor, cues, confidence, linkP: 0 };
}

function weighed(own: Told, other: Told): Told {
  const [sd, otherSd] = [sdOf(own), sdOf(other)];
  const apart = (other.time - own.time) / MICROS_PER_SECOND;
  if (Math.abs(apart) > AGREE_SDS * Math.hypot(sd, otherSd)) return own;
  const share = sd ** 2 / (sd ** 2 + otherSd ** 2);
  const shrink = Math.min(1, SHARED_ERROR * Math.sqrt(1 - share));
  const time = own.time + share * (other.time - own.time);
  const bound = (at: UnixMicros, factor: number) => Math.round(time + (at - own.time) * factor) as UnixMicros;
  const within = 2 * normalCdf(1, 0, Math.max(1e-3, sd * shrink)) - 1;
  return {
    ...own,
    time: Math.round(time) as UnixMicros,
    lo: bound(own.lo, shrink),
    hi: bound(own.hi, shrink),
    notBefore: bound(own.notBefore, Math.max(LEAST_BOUND_SHRINK, shrink)),
    confidence: Math.max(own.confidence, Math.round(within * SAME_PLAY_P * 1e4) / 1e4),
  };
}

function sdOf({ lo, hi }: Told): number {
  return Math.max(0.01, (hi - lo) / SDS_OF_INTERVAL / MICROS_PER_SECOND);
}
