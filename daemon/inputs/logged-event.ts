import { type LoggedEvent, MICROS_PER_SECOND, parseRfc3339, type UnixMicros } from "../../sync/index.js";

/** What is believed of a stamp. Live, a stamp far from its arrival is a broken clock; in an archive it is normal. */
export interface StampRule {
  /** Seconds that a stamp may lie before or after its arrival; `null`: any distance. */
  readonly maxDistanceSec: number | null;
}

/** A day: wider than any wrong time zone, narrower than any clock that lost its date. */
export const LIVE_STAMPS: StampRule = { maxDistanceSec: 86_400 };
export const ARCHIVED_STAMPS: StampRule = { maxDistanceSec: null };

const YEAR_2000 = Date.UTC(2000, 0, 1) * 1000;
const YEAR_2101 = Date.UTC(2101, 0, 1) * 1000;

/**
 * A checked `log` message as the aligner takes it. Never throws. A stamp that cannot be read or cannot be true is dropped (the event
 * then rests on its arrival) and flagged; `input` keeps it as it came. Without a zone it is read as UTC and flagged: a wrong zone is
 * one more offset of that logger's clock.
 */
export function toLoggedEvent(
  message: Readonly<Record<string, unknown>>,
  arrival: UnixMicros | null,
  defaultSession: string,
  rule: StampRule = LIVE_STAMPS,
): LoggedEvent {
  const stamp = readStamp(message.stamp, arrival, rule);
  const logger = textOf(message.logger) ?? "";
  const { resolutionMs, version } = message;
  return {
    eventId: `${logger}/${textOf(message.id) ?? ""}`,
    logger,
    session: textOf(message.session) ?? defaultSession,
    version: typeof version === "number" ? version : null,
    op: message.op === "delete" ? "delete" : "upsert",
    class: textOf(message.class) ?? "",
    period: textOf(message.period),
    stamp: stamp.at,
    resolutionSec: typeof resolutionMs === "number" ? resolutionMs / 1000 : stamp.resolutionSec,
    arrival,
    occurrence: textOf(message.occurrence),
    flags: stamp.flags,
    input: message,
  };
}

/** Ids and periods come as text or as numbers; inside they are text. Empty is missing. */
function textOf(value: unknown): string | null {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : null;
}

interface Stamp {
  readonly at: UnixMicros | null;
  readonly resolutionSec: number;
  readonly flags: readonly string[];
}

const FINEST_SEC = 0.001;

function readStamp(value: unknown, arrival: UnixMicros | null, rule: StampRule): Stamp {
  if (value === undefined || value === null || value === "") return { at: null, resolutionSec: 1, flags: [] };
  const read = typeof value === "number" ? readEpoch(value) : readText(String(value).trim());
  if (read === null) return { at: null, resolutionSec: 1, flags: ["unreadableStamp"] };
  if (isImpossible(read.at, arrival, rule)) return { ...read, at: null, flags: [...read.flags, "impossibleStamp"] };
  return read;
}

function readText(text: string): (Stamp & { readonly at: UnixMicros }) | null {
  const zoned = parseRfc3339(text);
  const at = zoned ?? parseRfc3339(`${text}Z`);
  if (at === null) return null;
  const fraction = /[.,](\d+)/.exec(text)?.[1] ?? "";
  return { at, resolutionSec: secondsOfDigits(fraction.length), flags: zoned === null ? ["stampWithoutZone"] : [] };
}

/** Whole seconds are floored by the feeds that send them, tenths are tenths; finer ones count as milliseconds. */
function secondsOfDigits(digits: number): number {
  return digits === 0 ? 1 : digits === 1 ? 0.1 : FINEST_SEC;
}

/** Seconds, milliseconds and microseconds since 1970 are told apart by size: their ranges for 2000 to 2100 do not touch. */
function readEpoch(value: number): (Stamp & { readonly at: UnixMicros }) | null {
  if (!Number.isFinite(value)) return null;
  const size = Math.abs(value);
  const factor = size < 1e11 ? MICROS_PER_SECOND : size < 1e14 ? 1000 : 1;
  const at = Math.round(value * factor) as UnixMicros;
  if (!Number.isSafeInteger(at)) return null;
  const resolutionSec = factor === MICROS_PER_SECOND && Number.isInteger(value) ? 1 : FINEST_SEC;
  return { at, resolutionSec, flags: [] };
}

function isImpossible(at: UnixMicros, arrival: UnixMicros | null, rule: StampRule): boolean {
  if (at < YEAR_2000 || at >= YEAR_2101) return true;
  if (arrival === null || rule.maxDistanceSec === null) return false;
  return Math.abs(at - arrival) > rule.maxDistanceSec * MICROS_PER_SECOND;
}
