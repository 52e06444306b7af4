import { parseRfc3339 } from "../../../sync/index.js";
import { asNumber, compact, type LogMessage } from "./provider.js";

/** One record as F24 and MA3 both have it. */
export interface OptaRecord {
  readonly id: string | undefined;
  readonly typeId: string | undefined;
  readonly periodId: string | undefined;
  readonly minute: string | undefined;
  readonly second: string | undefined;
  readonly stamp: string | undefined;
  readonly version: string | undefined;
  readonly outcome: string | undefined;
  readonly team: string | undefined;
  readonly player: string | undefined;
  readonly qualifiers: ReadonlySet<string>;
}

const TYPE_PASS = "1";
const TYPE_FOUL = "4";
const TYPE_DELETED = "43";

const CLASSES: Readonly<Record<string, string>> = {
  "2": "offside",
  "13": "shot_off",
  "14": "shot_off",
  "15": "shot_on",
  "16": "goal",
  "17": "card",
  "18": "substitution",
  "30": "period_end",
  "32": "period_start",
};

/** Set pieces are passes with one of these qualifiers. */
const PASS_QUALIFIERS: readonly (readonly [string, string])[] = [
  ["107", "throw_in"],
  ["6", "corner"],
  ["124", "goal_kick"],
  ["5", "free_kick"],
  ["279", "kick_off"],
];

/** Opta stamps are UTC where they say so, else local time without a zone: read as UTC, the rest is an offset of that clock. */
export function zonedStamp(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (parseRfc3339(text) !== null) return text;
  return parseRfc3339(`${text}Z`) === null ? undefined : `${text}Z`;
}

/** Both teams report the start and end of a period, and each foul twice (committed and won): one record of each is kept. */
export function optaMessage(record: OptaRecord, logger: string, started: Set<string>): LogMessage | null | string {
  if (record.id === undefined || record.typeId === undefined) return "has no id or type";
  const name = classOf(record);
  if (name === null) return null;
  if (record.stamp === undefined && record.typeId !== TYPE_DELETED) return "has no time stamp";
  const period = record.periodId ?? "";
  if (name === "period_start" || name === "period_end") {
    if (asNumber(period) === null || Number(period) > 5 || started.has(`${name}${period}`)) return null;
    started.add(`${name}${period}`);
  }
  const version = asNumber(record.version);
  return compact<LogMessage>({
    id: record.id,
    logger,
    class: name,
    version: version === null ? undefined : version,
    op: record.typeId === TYPE_DELETED ? "delete" : undefined,
    period,
    stamp: record.stamp,
    resolutionMs: 1,
    matchClock: record.minute === undefined ? undefined : `${record.minute}:${(record.second ?? "0").padStart(2, "0")}`,
    occurrence: undefined,
    team: record.team,
    player: record.player,
    payload: { typeId: record.typeId },
  });
}

function classOf(record: OptaRecord): string | null {
  if (record.typeId === TYPE_DELETED) return "deleted";
  if (record.typeId === TYPE_FOUL) return record.outcome === "0" ? "foul" : null;
  if (record.typeId === TYPE_PASS) {
    // The kick-off of a half is its start, which has a record of its own.
    const isStart = record.qualifiers.has("279") && record.second !== undefined && isHalfStart(record);
    if (isStart) return null;
    return PASS_QUALIFIERS.find(([qualifier]) => record.qualifiers.has(qualifier))?.[1] ?? null;
  }
  return CLASSES[record.typeId ?? ""] ?? null;
}

const HALF_MINUTES: Readonly<Record<string, number>> = { "1": 0, "2": 45, "3": 90, "4": 105 };

function isHalfStart(record: OptaRecord): boolean {
  const start = HALF_MINUTES[record.periodId ?? ""];
  return start !== undefined && asNumber(record.minute) === start && (asNumber(record.second) ?? 60) < 20;
}
