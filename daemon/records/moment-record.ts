import { formatRfc3339, type MomentRevision, type UnixMicros } from "../../sync/index.js";
import type { RecordDraft } from "./record.js";
import type { MomentData } from "./schemas/index.js";

/** The record of one revision of a moment. */
export function momentDraft(moment: MomentRevision, session: string, recordedAt: UnixMicros): RecordDraft {
  return {
    kind: "moment",
    session,
    subject: moment.momentId,
    class: "_",
    key: "_",
    time: moment.in,
    recordedAt,
    data: momentData(moment),
  };
}

export function momentData(moment: MomentRevision): MomentData {
  return {
    momentId: moment.momentId,
    revision: moment.revision,
    state: moment.state,
    in: formatRfc3339(moment.in),
    out: formatRfc3339(moment.out),
    interest: roundShare(moment.interest),
    parts: Object.fromEntries(Object.entries(moment.parts).map(([part, share]) => [part, roundShare(share)])),
    reasons: moment.reasons.map(({ code, params }) => ({ code, params: { ...params } })),
    events: [...moment.events],
    cues: [...moment.cues],
    ...(moment.mergedInto === null ? {} : { mergedInto: moment.mergedInto }),
  };
}

/** Four digits tell any two moments apart that people could. */
function roundShare(share: number): number {
  return Math.round(share * 1e4) / 1e4;
}
