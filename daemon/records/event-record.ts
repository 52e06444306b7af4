import { correctedMedia, type EventRevision, formatRfc3339, type UnixMicros } from "../../sync/index.js";
import type { RecordDraft } from "./record.js";
import { roundSec } from "./rounding.js";
import type { EventData } from "./schemas/index.js";

/** The record of one revision of a corrected event; `team` is the token that who follows a team filters by. */
export function eventDraft(revision: EventRevision, team: string | null, recordedAt: UnixMicros): RecordDraft {
  return {
    kind: "event",
    session: revision.session,
    subject: revision.eventId,
    class: revision.class === "" ? "_" : revision.class,
    key: team === null || team === "" ? "_" : team,
    time: revision.corrected.time,
    recordedAt,
    data: eventData(revision),
  };
}

/** `data` of an event record: also one line of `align`. */
export function eventData(revision: EventRevision): EventData {
  const { corrected, clock } = revision;
  const media = correctedMedia(revision);
  return {
    eventId: revision.eventId,
    revision: revision.revision,
    occurrenceId: revision.occurrenceId,
    input: { ...revision.input },
    class: revision.class,
    period: periodAsItCame(revision),
    state: revision.state,
    anchor: revision.anchor,
    flags: [...revision.flags],
    corrected: {
      time: formatRfc3339(corrected.time),
      ...(media.length === 0 ? {} : { media: media.map((one) => ({ ...one, flags: [...one.flags] })) }),
      intervals: corrected.intervals.map(({ p, lo, hi }) => ({ p, lo: formatRfc3339(lo), hi: formatRfc3339(hi) })),
      notBefore: formatRfc3339(corrected.notBefore),
    },
    shiftSec: roundSec(revision.shiftSec),
    confidence: roundSec(revision.confidence),
    cues: [...revision.cues],
    alternatives: revision.alternatives.map(({ time, p }) => ({ time: formatRfc3339(time), p: roundSec(p) })),
    sources: [...revision.sources],
    clock:
      clock === null ? null : { ...clock, offsetSec: roundSec(clock.offsetSec), driftPpm: roundSec(clock.driftPpm) },
    utcUncertaintySec: roundSec(revision.utcUncertaintySec),
    finalBy: formatRfc3339(revision.finalBy),
    ...(revision.reason === null
      ? {}
      : { reason: { code: revision.reason.code, params: { ...revision.reason.params } } }),
  };
}

/** A period that came as a number goes out as one. */
function periodAsItCame({ period, input }: EventRevision): string | number | null {
  return typeof input.period === "number" && String(input.period) === period ? input.period : period;
}
