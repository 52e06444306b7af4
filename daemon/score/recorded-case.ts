import { existsSync } from "node:fs";
import { join } from "node:path";
import type { CueKind } from "../../dsp/index.js";
import { addSeconds, type HeardCue, parseRfc3339, type UnixMicros } from "../../sync/index.js";
import { TouchlineError } from "../errors.js";
import { ARCHIVED_STAMPS, toLoggedEvent } from "../inputs/index.js";
import { type Detector, simulateCues, type TrueCue } from "../simulate/index.js";
import { numberOrNull, readJsonLines, textIn, textOrNull, timeIn } from "./read-lines.js";
import type { ScoreCase, ScoredRecord } from "./score-case.js";
import type { Truth } from "./truth-files.js";

/** A told cue is the true one whose onset is nearest, within this. */
const SAME_CUE_SEC: Readonly<Record<string, number>> = { whistle: 0.25, roar: 1 };

/** A recording with its truth as a case: what was logged from its log, the cues as given. */
export async function recordedCase(
  dir: string,
  truth: Truth,
  cues: readonly HeardCue[],
  session: string,
): Promise<ScoreCase> {
  const log = await readLog(dir, session);
  const start = [...cues.map((cue) => cue.onset), ...truth.events.map((event) => event.time)].reduce(
    (a, b) => (b < a ? b : a),
    (truth.events[0]?.time ?? 0) as UnixMicros,
  );
  return {
    session,
    start,
    log,
    cues,
    cueTruth: pairWithTruth(cues, truth),
    records: truth.events.map((event): ScoredRecord => {
      const own = log.filter((message) => message.eventId === event.eventId);
      const last = own.reduce<(typeof own)[number] | undefined>(
        (a, b) => (a === undefined || (b.version ?? 0) >= (a.version ?? 0) ? b : a),
        undefined,
      );
      return {
        eventId: event.eventId,
        logger: last?.logger ?? event.eventId.split("/")[0] ?? "",
        class: event.class ?? last?.class ?? "",
        period: event.period ?? last?.period ?? null,
        stamp: last?.stamp ?? null,
        arrival: own[0]?.arrival ?? null,
        truth: event.time,
        anchor: event.anchor,
        cueId: event.cueId,
        fault: event.fault,
      };
    }),
    loggers: truth.loggers,
    secondHalf: truth.events.find((event) => event.class === "period_start" && event.period === "2")?.time ?? null,
  };
}

async function readLog(dir: string, session: string) {
  const name = ["log.jsonl", "events.jsonl"].find((candidate) => existsSync(join(dir, candidate)));
  if (name === undefined) throw new TouchlineError("REC_INVALID", [dir, "no log.jsonl"]);
  const log = [];
  for await (const { at: _, arrival, ...message } of readJsonLines(join(dir, name))) {
    const arrivedAt = typeof arrival === "string" ? parseRfc3339(arrival) : null;
    log.push(toLoggedEvent(message, arrivedAt, session, ARCHIVED_STAMPS));
  }
  return log.sort((a, b) => (a.arrival ?? 0) - (b.arrival ?? 0));
}

/** The cues of a `cues.jsonl` as `align` reads it; where `reported` is missing, the delay the contract says stands for it. */
export async function readCues(path: string): Promise<HeardCue[]> {
  const cues: HeardCue[] = [];
  for await (const line of readJsonLines(path)) {
    const onset = timeIn(line, "onset");
    const kind = textIn(line, "kind");
    const end = textOrNull(line.end);
    cues.push({
      cueId: textOrNull(line.id) ?? textIn(line, "cueId"),
      kind: kind as CueKind,
      onset,
      end: end === null ? null : parseRfc3339(end),
      onsetSdSec: numberOrNull(line.sdSec) ?? numberOrNull(line.onsetSdSec) ?? 0.03,
      score: numberOrNull(line.score) ?? 1,
      count: numberOrNull(line.count) ?? 1,
      channel: textOrNull(line.channel) ?? "",
      reported: line.reported === undefined ? addSeconds(onset, kind === "roar" ? 1.5 : 0.5) : timeIn(line, "reported"),
      isFinal: true,
    });
  }
  return cues.sort((a, b) => a.reported - b.reported);
}

/** What a detector of that quality would have told of the true cues of a recording. */
export function degradedCues(truth: Truth, detector: Detector, seed: number): HeardCue[] {
  const start = truth.sounds[0]?.onset ?? truth.events[0]?.time ?? (0 as UnixMicros);
  const last = truth.sounds.at(-1)?.end ?? start;
  const sinceStart = (at: UnixMicros) => (at - start) / 1e6;
  const cues = truth.sounds.flatMap((sound): TrueCue[] =>
    !sound.isDistractor && (sound.kind === "whistle" || sound.kind === "roar")
      ? [
          {
            cueId: sound.cueId,
            kind: sound.kind,
            onsetSec: sinceStart(sound.onset),
            endSec: sinceStart(sound.end),
            count: 1,
            play: null,
            what: "",
          },
        ]
      : [],
  );
  return [...simulateCues({ start, durationSec: sinceStart(last) + 30, cues }, detector, seed).cues];
}

/** Nearest pairs first, each true cue once. */
function pairWithTruth(cues: readonly HeardCue[], truth: Truth): Map<string, string> {
  const candidates = cues.flatMap((cue) =>
    truth.sounds.flatMap((sound) => {
      const apartSec = Math.abs(cue.onset - sound.onset) / 1e6;
      const isSame = !sound.isDistractor && sound.kind === cue.kind && apartSec <= (SAME_CUE_SEC[cue.kind] ?? 0.25);
      return isSame ? [{ heard: cue.cueId, truth: sound.cueId, apartSec }] : [];
    }),
  );
  const pairs = new Map<string, string>();
  const taken = new Set<string>();
  for (const { heard, truth: cueId } of candidates.sort((a, b) => a.apartSec - b.apartSec)) {
    if (pairs.has(heard) || taken.has(cueId)) continue;
    pairs.set(heard, cueId);
    taken.add(cueId);
  }
  return pairs;
}
