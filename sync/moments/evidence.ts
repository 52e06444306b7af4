import type { EventRevision } from "../event-revision.js";
import type { HeardCue } from "../heard-cue.js";
import { addSeconds, secondsBetween, type UnixMicros } from "../time.js";
import type { Swell } from "./crowd-track.js";
import type { Evidence } from "./moment.js";

interface ClassInterest {
  readonly weight: number;
  readonly leadSec: number;
  readonly tailSec: number;
}

/**
 * What an event is worth looking at by its class alone, and how much of the play before and after it shows it. Judged: a goal is above
 * everything, a thing most matches have dozens of is nothing. A class that is not here makes no moment by itself.
 */
const INTEREST: Readonly<Record<string, ClassInterest>> = {
  goal: { weight: 0.8, leadSec: 12, tailSec: 15 },
  penalty_kick: { weight: 0.65, leadSec: 8, tailSec: 12 },
  card: { weight: 0.3, leadSec: 10, tailSec: 6 },
  shot_on: { weight: 0.3, leadSec: 8, tailSec: 6 },
  shot_off: { weight: 0.2, leadSec: 8, tailSec: 5 },
  injury: { weight: 0.25, leadSec: 8, tailSec: 8 },
  race_start: { weight: 0.7, leadSec: 8, tailSec: 25 },
  checkered: { weight: 0.7, leadSec: 12, tailSec: 12 },
  red_flag: { weight: 0.6, leadSec: 15, tailSec: 15 },
  incident: { weight: 0.6, leadSec: 8, tailSec: 15 },
  lead_change: { weight: 0.6, leadSec: 10, tailSec: 8 },
  caution: { weight: 0.4, leadSec: 12, tailSec: 12 },
  restart: { weight: 0.4, leadSec: 5, tailSec: 15 },
  overtake: { weight: 0.3, leadSec: 6, tailSec: 5 },
};
/** An event whose time is not known to within this is looked for in so much more, not in minutes. */
const MOST_UNSURE_SEC = 5;
const SOUND_LEAD_SEC = 8;
const SOUND_TAIL_SEC = 3;
/** A roar of 20 s counts twice one that was only just heard. */
const ROAR_WEIGHT = 0.25;
const LONG_ROAR_SEC = 20;
const HORN_WEIGHT = 0.2;
/** A swell of this area counts 63 %: a goal has about 150 dB s, a shot 30, singing 60. */
const SWELL_AREA_DB_SEC = 60;
const SWELL_WEIGHT = 0.8;
/** The crowd's answer to a play is above 6 dB, singing and applause are below. */
const SWELL_PEAK_DB = 6;
const SWELL_PEAK_SCALE_DB = 1;

/** `null` when the event is nothing to look at, or is no more. */
export function eventEvidence(revision: EventRevision): Evidence | null {
  const interest = Object.hasOwn(INTEREST, revision.class) ? INTEREST[revision.class] : undefined;
  if (interest === undefined || revision.state === "retracted") return null;
  const { time, intervals } = revision.corrected;
  const wide = intervals.find(({ p }) => p === 0.95);
  const unsure = (other: UnixMicros | undefined) =>
    other === undefined ? 0 : Math.min(MOST_UNSURE_SEC, Math.abs(secondsBetween(time, other)));
  const { team } = revision.input;
  return {
    ...interest,
    id: revision.eventId,
    part: "event",
    what: revision.class,
    from: addSeconds(time, -unsure(wide?.lo)),
    to: addSeconds(time, unsure(wide?.hi)),
    isOpen: false,
    reason: {
      code: "eventLogged",
      params: {
        eventId: revision.eventId,
        class: revision.class,
        ...(typeof team === "string" && team !== "" ? { team } : {}),
      },
    },
  };
}

/** `null` for sounds that are everyday ones. */
export function cueEvidence(cue: HeardCue): Evidence | null {
  if (cue.kind !== "roar" && cue.kind !== "horn") return null;
  const to = cue.end ?? cue.reported;
  const seconds = Math.max(0, secondsBetween(cue.onset, to));
  const score = Math.min(1, Math.max(0, cue.score));
  const length = cue.kind === "roar" ? 1 + Math.min(1, seconds / LONG_ROAR_SEC) : 1;
  return {
    id: cue.cueId,
    part: "cue",
    what: cue.kind,
    from: cue.onset,
    to: to < cue.onset ? cue.onset : to,
    leadSec: SOUND_LEAD_SEC,
    tailSec: SOUND_TAIL_SEC,
    weight: (cue.kind === "roar" ? ROAR_WEIGHT : HORN_WEIGHT) * score * length,
    isOpen: !cue.isFinal,
    reason: {
      code: cue.kind === "roar" ? "roarHeard" : "hornHeard",
      params: {
        cueId: cue.cueId,
        seconds: Math.round(seconds * 10) / 10,
        ...(isNamed(cue.sound?.character) ? { character: cue.sound?.character ?? "" } : {}),
      },
    },
  };
}

export function swellEvidence(swell: Swell): Evidence {
  const { channel, from, to, peakDb, areaDbSec, isOpen } = swell;
  const isAnswer = 1 / (1 + Math.exp((SWELL_PEAK_DB - peakDb) / SWELL_PEAK_SCALE_DB));
  return {
    id: `${channel}@${from}`,
    part: "crowd",
    what: "crowd",
    from,
    to,
    leadSec: SOUND_LEAD_SEC,
    tailSec: SOUND_TAIL_SEC,
    weight: SWELL_WEIGHT * isAnswer * (1 - Math.exp(-areaDbSec / SWELL_AREA_DB_SEC)),
    isOpen,
    reason: {
      code: "crowdLoud",
      params: { channel, riseDb: Math.round(peakDb * 10) / 10, seconds: Math.round(secondsBetween(from, to)) },
    },
  };
}

function isNamed(character: string | undefined): boolean {
  return character !== undefined && character !== "unknown";
}
