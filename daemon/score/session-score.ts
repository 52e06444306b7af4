import type { CueKind } from "../../dsp/index.js";
import { type HeardCue, secondsBetween, type UnixMicros } from "../../sync/index.js";
import { type CueReport, ROAR_TOLERANCE, reportCues, WHISTLE_TOLERANCE } from "./cue-report.js";
import {
  type CorrectionRow,
  correctionRows,
  type LinkReport,
  linkReport,
  type MethodRow,
  methodRows,
} from "./event-tables.js";
import { type Found, matchCues, type Target } from "./match-cues.js";
import { type MomentRank, rankGoals } from "./moment-ranks.js";
import { type OutputCue, readOutput } from "./read-output.js";
import { recordedCase } from "./recorded-case.js";
import { readTruth, type Truth } from "./truth-files.js";

export interface SessionScore {
  readonly corrections: readonly CorrectionRow[];
  readonly methods: readonly MethodRow[];
  readonly links: LinkReport;
  readonly cues: readonly { readonly kind: string; readonly report: CueReport }[];
  /** False whistles by what really sounded there; `nothing` where nothing did. */
  readonly falseWhistles: Readonly<Record<string, number>>;
  readonly moments: readonly MomentRank[];
}

/**
 * Compares the records a session made with the session's truth.
 * @throws TouchlineError REC_INVALID, FILE_UNREADABLE
 */
export async function scoreSession(dir: string, outputPath: string, session: string): Promise<SessionScore> {
  const truth = await readTruth(dir);
  const output = await readOutput(outputPath);
  const match = await recordedCase(dir, truth, output.cues.map(toHeardCue), session);
  const cases = [{ match, verdicts: output.verdicts }];
  return {
    corrections: correctionRows(cases),
    methods: methodRows(cases),
    links: linkReport(cases),
    cues: ["whistle", "roar"].map((kind) => ({ kind, report: reportKind(kind, truth, output.cues) })),
    falseWhistles: explainFalseWhistles(truth, output.cues),
    moments: await rankGoals(truth.events, outputPath),
  };
}

function toHeardCue(cue: OutputCue): HeardCue {
  return { ...cue, kind: cue.kind as CueKind, reported: cue.reported ?? cue.onset, isFinal: true };
}

function reportKind(kind: string, truth: Truth, cues: readonly OutputCue[]): CueReport {
  const origin = originOf(truth, cues);
  const targets = targetsOf(kind, truth, origin);
  const ends = [...truth.sounds.map((sound) => sound.end), ...truth.events.map((event) => event.time)];
  const durationSec = Math.max(0, ...ends.map((end) => secondsBetween(origin, end)));
  const tolerance = kind === "roar" ? ROAR_TOLERANCE : WHISTLE_TOLERANCE;
  return reportCues([{ targets, found: foundOf(kind, cues, origin), ignored: [], durationSec }], tolerance);
}

function explainFalseWhistles(truth: Truth, cues: readonly OutputCue[]): Record<string, number> {
  const origin = originOf(truth, cues);
  const { falseAlarms } = matchCues(
    targetsOf("whistle", truth, origin),
    foundOf("whistle", cues, origin),
    [],
    WHISTLE_TOLERANCE.wideSec,
  );
  const counts: Record<string, number> = {};
  for (const alarm of falseAlarms) {
    const cause = truth.sounds.find((sound) => {
      const sinceSec = alarm.onsetSec - secondsBetween(origin, sound.onset);
      return sinceSec >= -0.3 && sinceSec <= secondsBetween(sound.onset, sound.end) + 0.5;
    });
    const name = cause === undefined ? "nothing" : cause.isDistractor ? cause.kind : `true ${cause.kind}, mistimed`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

function originOf(truth: Truth, cues: readonly OutputCue[]): UnixMicros {
  return truth.sounds[0]?.onset ?? truth.events[0]?.time ?? cues[0]?.onset ?? (0 as UnixMicros);
}

function targetsOf(kind: string, truth: Truth, origin: UnixMicros): Target[] {
  return truth.sounds
    .filter((sound) => sound.kind === kind && !sound.isDistractor)
    .map((sound) => ({
      id: sound.cueId,
      onsetSec: secondsBetween(origin, sound.onset),
      endSec: secondsBetween(origin, sound.end),
    }));
}

function foundOf(kind: string, cues: readonly OutputCue[], origin: UnixMicros): Found[] {
  return cues
    .filter((cue) => cue.kind === kind)
    .map((cue) => ({
      onsetSec: secondsBetween(origin, cue.onset),
      reportedSec: cue.reported === null ? null : secondsBetween(origin, cue.reported),
    }));
}
