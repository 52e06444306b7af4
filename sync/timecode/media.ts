import type { EventRevision } from "../event-revision.js";
import { formatRfc3339, isTime, MICROS_PER_SECOND, parseRfc3339, type UnixMicros } from "../time.js";
import { parseFrameRate } from "./frame-rate.js";
import { formatTimecode, framesOfMicros, parseTimecode } from "./timecode.js";

/** Where an event lies in one feed, put right. */
export interface CorrectedMedia {
  readonly feed: string;
  readonly timecode?: string;
  readonly rate?: string | number;
  /** Seconds. */
  readonly pts?: number;
  readonly programDateTime?: string;
  /** How far the stamps were moved, seconds: negative is earlier. */
  readonly movedSec: number;
  /** Open set: `timecodeUnread`, `ptsUnread`, `programDateTimeUnread` (left as it came), `stampConflict` (moved by a doubtful stamp). */
  readonly flags: readonly string[];
}

const MAX_MEDIA = 32;
const LATEST_DAYS = 400;
/** Flags of records whose stamp was set aside: their logged time is the arrival. */
const WITHOUT_STAMP = ["impossibleStamp", "unreadableStamp"];

/**
 * How long after the event the button was pressed, as a move: what a feed's own stamp of the press must be moved by.
 *
 * `shiftSec` holds two things: the lag of the human, which the feed's stamp shares, and the error of the logger's clock, which it does
 * not, for a feed counts on a clock of its own. So the clock's offset is given back.
 */
export function mediaMoveSec(revision: EventRevision): number {
  const { shiftSec, clock, input, flags } = revision;
  const hasStamp =
    input.stamp !== undefined && input.stamp !== null && !flags.some((one) => WITHOUT_STAMP.includes(one));
  return hasStamp && clock !== null ? shiftSec + clock.offsetSec : shiftSec;
}

/** The feeds' stamps of a record, each moved in its feed's own count. What cannot be read stays as it came, with a flag. Never throws. */
export function correctedMedia(revision: EventRevision): CorrectedMedia[] {
  const stamps = mediaStamps(revision);
  const sought = mediaMoveSec(revision);
  const isPossible = Number.isFinite(sought) && Math.abs(sought) < LATEST_DAYS * 86_400;
  const micros = isPossible ? Math.round(sought * MICROS_PER_SECOND) : 0;
  const doubts = revision.flags.includes("conflict") || !isPossible ? ["stampConflict"] : [];
  return stamps.map((stamp) => moveStamp(stamp, micros, doubts));
}

/** The feeds' stamps of a record as they came; what names no feed is left out. */
export function mediaStamps({ input }: EventRevision): MediaStamp[] {
  if (!Array.isArray(input.media)) return [];
  return input.media.slice(0, MAX_MEDIA).flatMap((one: unknown) => asStamp(one) ?? []);
}

function moveStamp(stamp: MediaStamp, micros: number, doubts: readonly string[]): CorrectedMedia {
  const flags = [...doubts];
  /** `read` where it could be moved, else as it came. */
  const moved = <T extends string | number>(value: T, read: T | null, name: string): T => {
    if (read === null) flags.push(`${name}Unread`);
    return read ?? value;
  };
  const { feed, timecode, rate, pts, programDateTime } = stamp;
  return {
    feed,
    ...(timecode === null ? {} : { timecode: moved(timecode, moveTimecode(timecode, rate, micros), "timecode") }),
    ...(rate === null ? {} : { rate }),
    ...(pts === null ? {} : { pts: moved(pts, movePts(pts, micros), "pts") }),
    ...(programDateTime === null
      ? {}
      : { programDateTime: moved(programDateTime, moveDateTime(programDateTime, micros), "programDateTime") }),
    movedSec: micros / MICROS_PER_SECOND,
    flags,
  };
}

function moveTimecode(text: string, rate: string | number | null, micros: number): string | null {
  const known = rate === null ? null : parseFrameRate(rate);
  const read = known === null ? null : parseTimecode(text.trim(), known);
  return read === null ? null : formatTimecode(read.frame + framesOfMicros(micros, read.format.rate), read.format);
}

function movePts(pts: number, micros: number): number | null {
  const moved = Math.round(pts * MICROS_PER_SECOND) + micros;
  return Number.isSafeInteger(moved) ? moved / MICROS_PER_SECOND : null;
}

function moveDateTime(text: string, micros: number): string | null {
  const at = parseRfc3339(text.trim());
  return at === null || !isTime(at + micros) ? null : formatRfc3339((at + micros) as UnixMicros);
}

/** A feed's stamp of a record as it came, checked. */
export interface MediaStamp {
  readonly feed: string;
  readonly timecode: string | null;
  readonly rate: string | number | null;
  readonly pts: number | null;
  readonly programDateTime: string | null;
}

function asStamp(value: unknown): MediaStamp | null {
  if (typeof value !== "object" || value === null) return null;
  const { feed, timecode, rate, pts, programDateTime } = value as Record<string, unknown>;
  if (typeof feed !== "string" || feed === "") return null;
  return {
    feed,
    timecode: textOrNull(timecode),
    rate: typeof rate === "number" ? rate : textOrNull(rate),
    pts: typeof pts === "number" && Number.isFinite(pts) ? pts : null,
    programDateTime: textOrNull(programDateTime),
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
