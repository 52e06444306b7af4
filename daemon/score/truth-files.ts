import { existsSync } from "node:fs";
import { join } from "node:path";
import type { UnixMicros } from "../../sync/index.js";
import { TouchlineError } from "../errors.js";
import type { AnchorGroup, LoggerTruth } from "../simulate/index.js";
import { readJsonLines, textIn, textOrNull, timeIn } from "./read-lines.js";

export interface TrueEvent {
  readonly eventId: string;
  readonly time: UnixMicros;
  readonly anchor: AnchorGroup;
  readonly cueId: string | null;
  readonly class: string | null;
  readonly period: string | null;
  readonly fault: string | null;
}

export interface TrueSound {
  readonly cueId: string;
  readonly kind: string;
  readonly onset: UnixMicros;
  readonly end: UnixMicros;
  readonly isDistractor: boolean;
}

export interface Truth {
  readonly events: readonly TrueEvent[];
  readonly sounds: readonly TrueSound[];
  readonly loggers: readonly LoggerTruth[] | null;
}

/**
 * The truth beside a recording.
 * @throws TouchlineError REC_INVALID when there is none or a line of it is wrong, FILE_UNREADABLE
 */
export async function readTruth(dir: string): Promise<Truth> {
  const eventsPath = join(dir, "truth", "events.jsonl");
  if (!existsSync(eventsPath)) {
    throw new TouchlineError("REC_INVALID", [
      dir,
      "no truth/events.jsonl: only recordings with their truth can be scored",
    ]);
  }
  const events: TrueEvent[] = [];
  for await (const line of readJsonLines(eventsPath)) {
    events.push({
      eventId: textIn(line, "eventId"),
      time: timeIn(line, "time"),
      anchor: anchorGroupOf(line.anchor),
      cueId: textOrNull(line.cueId),
      class: textOrNull(line.class),
      period: textOrNull(line.period),
      fault: textOrNull(line.fault),
    });
  }
  return { events, sounds: await readSounds(dir), loggers: await readLoggers(dir) };
}

async function readSounds(dir: string): Promise<TrueSound[]> {
  const path = join(dir, "truth", "cues.jsonl");
  const sounds: TrueSound[] = [];
  if (!existsSync(path)) return sounds;
  for await (const line of readJsonLines(path)) {
    const onset = timeIn(line, "onset");
    sounds.push({
      cueId: textIn(line, "cueId"),
      kind: textIn(line, "kind"),
      onset,
      end: line.end === undefined || line.end === null ? onset : timeIn(line, "end"),
      isDistractor: line.distractor === true,
    });
  }
  return sounds;
}

async function readLoggers(dir: string): Promise<LoggerTruth[] | null> {
  const path = join(dir, "truth", "loggers.jsonl");
  if (!existsSync(path)) return null;
  const loggers: LoggerTruth[] = [];
  for await (const { at: _, ...line } of readJsonLines(path)) loggers.push(line as unknown as LoggerTruth);
  return loggers;
}

/** Anchors other than whistle and roar (beeps, horns, clocks) are told with those that have none. */
function anchorGroupOf(value: unknown): AnchorGroup {
  return value === "whistle" || value === "roar" ? value : "none";
}
