import { formatFrameRate, formatRfc3339, type GeneratorReport, type UnixMicros } from "../../sync/index.js";
import type { RecordDraft } from "./record.js";
import { roundSec } from "./rounding.js";
import type { TimecodeData } from "./schemas/index.js";

/** The record of how one generator stands to UTC. */
export function timecodeDraft(report: GeneratorReport, session: string, recordedAt: UnixMicros): RecordDraft {
  return {
    kind: "timecode",
    session,
    subject: report.generator,
    class: report.form,
    key: report.feed,
    time: report.at,
    recordedAt,
    data: timecodeData(report),
  };
}

export function timecodeData(report: GeneratorReport): TimecodeData {
  const { rate, likelyRate, jumpSec } = report;
  return {
    generator: report.generator,
    feed: report.feed,
    form: report.form,
    offsetSec: roundSec(report.offsetSec),
    offsetSdSec: roundSec(report.offsetSdSec),
    driftPpm: roundPpm(report.driftPpm),
    driftSdPpm: roundPpm(report.driftSdPpm),
    ...(rate === null ? {} : { rate: formatFrameRate(rate) }),
    ...(likelyRate === null ? {} : { likelyRate }),
    segment: {
      number: report.segment,
      from: formatRfc3339(report.segmentFrom),
      to: null,
      ...(jumpSec === null ? {} : { jumpSec: roundSec(jumpSec) }),
    },
    diagnosis: report.diagnosis,
    pairs: report.pairs,
    outliers: report.outliers,
  };
}

/** A thousandth of a millionth is 4 us in an hour. */
function roundPpm(ppm: number): number {
  return Math.round(ppm * 1e3) / 1e3 + 0;
}
