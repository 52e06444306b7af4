import { addSeconds, parseRfc3339, secondsBetween, type UnixMicros } from "../../sync/index.js";
import { EARLY_SEC } from "./align-run.js";
import { type JsonObject, numberOrNull, readJsonLines, textOrNull } from "./read-lines.js";
import type { Verdict } from "./score-case.js";

/** A cue as it went out, the last telling of it. */
export interface OutputCue {
  readonly cueId: string;
  readonly kind: string;
  readonly onset: UnixMicros;
  readonly end: UnixMicros | null;
  readonly score: number;
  readonly count: number;
  readonly onsetSdSec: number;
  readonly channel: string;
  /** When it could first be told. */
  readonly reported: UnixMicros | null;
}

export interface SessionOutput {
  readonly verdicts: readonly Verdict[];
  readonly cues: readonly OutputCue[];
}

interface EventTold {
  readonly firstAt: UnixMicros;
  early: UnixMicros;
  last: JsonObject;
}

/**
 * The event and cue records of an `output.jsonl` (one CloudEvent a line): of each event the last revision and the time believed a second
 * after its first one. Lines without what is needed (other kinds, other versions) are passed over: consumers are tolerant.
 * @throws TouchlineError FILE_UNREADABLE, REC_INVALID
 */
export async function readOutput(path: string): Promise<SessionOutput> {
  const events = new Map<string, EventTold>();
  const cues = new Map<string, OutputCue>();
  for await (const line of readJsonLines(path)) {
    const data = objectOrNull(line.data);
    if (data === null) continue;
    const recordedAt = timeOrNull(line.recordedtime);
    if (line.type === "touchline.event.v1") takeEvent(events, data, recordedAt);
    else if (line.type === "touchline.cue.v1") takeCue(cues, data, recordedAt);
  }
  const verdicts = [...events.values()].flatMap((told) => {
    const verdict = verdictOf(told);
    return verdict === null ? [] : [verdict];
  });
  return { verdicts, cues: [...cues.values()] };
}

function takeEvent(events: Map<string, EventTold>, data: JsonObject, recordedAt: UnixMicros | null): void {
  const eventId = textOrNull(data.eventId);
  const time = timeOrNull(objectOrNull(data.corrected)?.time);
  if (eventId === null || time === null) return;
  const told = events.get(eventId);
  if (told === undefined) {
    events.set(eventId, { firstAt: recordedAt ?? time, early: time, last: data });
    return;
  }
  if (recordedAt !== null && recordedAt <= addSeconds(told.firstAt, EARLY_SEC)) told.early = time;
  // Records lie in the order in which they were made, but a file put together by hand may not.
  if ((numberOrNull(data.revision) ?? 0) >= (numberOrNull(told.last.revision) ?? 0)) told.last = data;
}

function takeCue(cues: Map<string, OutputCue>, data: JsonObject, recordedAt: UnixMicros | null): void {
  const cueId = textOrNull(data.cueId);
  const onset = timeOrNull(data.onset);
  if (cueId === null || onset === null) return;
  const before = cues.get(cueId);
  cues.set(cueId, {
    cueId,
    kind: textOrNull(data.kind) ?? "",
    onset,
    end: timeOrNull(data.end),
    score: numberOrNull(data.score) ?? 0,
    count: numberOrNull(data.count) ?? 1,
    onsetSdSec: numberOrNull(data.onsetSdSec) ?? 0,
    channel: textOrNull(data.channel) ?? "",
    reported: before === undefined ? (timeOrNull(data.reported) ?? recordedAt) : before.reported,
  });
}

function verdictOf({ early, last }: EventTold): Verdict | null {
  const corrected = objectOrNull(last.corrected);
  const time = timeOrNull(corrected?.time);
  if (time === null || last.state === "retracted") return null;
  return {
    eventId: textOrNull(last.eventId) ?? "",
    early,
    time,
    interval: intervalOf(corrected?.intervals),
    notBefore: timeOrNull(corrected?.notBefore),
    confidence: numberOrNull(last.confidence),
    anchor: textOrNull(last.anchor) ?? "none",
    cues: textsOf(last.cues),
    flags: textsOf(last.flags),
    revisions: numberOrNull(last.revision) ?? 1,
    trace: null,
  };
}

function intervalOf(intervals: unknown): Verdict["interval"] {
  if (!Array.isArray(intervals)) return null;
  const found = intervals.map(objectOrNull).find((interval) => interval !== null && interval.p === 0.95);
  const lo = timeOrNull(found?.lo);
  const hi = timeOrNull(found?.hi);
  return lo === null || hi === null || secondsBetween(lo, hi) < 0 ? null : { lo, hi };
}

function objectOrNull(value: unknown): JsonObject | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

function timeOrNull(value: unknown): UnixMicros | null {
  return typeof value === "string" ? parseRfc3339(value) : null;
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
}
