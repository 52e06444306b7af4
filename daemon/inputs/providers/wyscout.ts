import {
  asList,
  asNumber,
  asObject,
  asText,
  brokenFile,
  compact,
  dig,
  type Json,
  type LogMessage,
  NominalClock,
  type ProviderFormat,
  parseJsonFile,
  readRecords,
} from "./provider.js";

const PERIODS: Readonly<Record<string, number>> = { "1H": 1, "2H": 2, E1: 3, E2: 4, P: 5 };

/** Sub-event numbers (and names, as the public set has them) of the v2 format that are events of ours. */
const CLASSES: Readonly<Record<string, string>> = {
  "20": "foul",
  "21": "foul",
  "22": "foul",
  "23": "foul",
  "24": "foul",
  "26": "foul",
  "27": "foul",
  "30": "corner",
  "31": "free_kick",
  "32": "free_kick",
  "33": "free_kick",
  "34": "goal_kick",
  "35": "penalty_kick",
  "36": "throw_in",
  Corner: "corner",
  "Free Kick": "free_kick",
  "Free kick cross": "free_kick",
  "Free kick shot": "free_kick",
  "Goal kick": "goal_kick",
  Penalty: "penalty_kick",
  "Throw in": "throw_in",
};

const TAG_GOAL = 101;
const TAG_ACCURATE = 1801;

/** Wyscout v2 events: seconds in the half to the microsecond, each half with a zero of its own. */
export const WYSCOUT: ProviderFormat = {
  name: "wyscout",
  recognises: (head) => head.includes('"matchPeriod"') && head.includes('"eventSec"'),
  read(text, { logger, kickOff }) {
    const file = parseJsonFile(text);
    const records = Array.isArray(file) ? file : asList(dig(file, "events"));
    if (records.length === 0) return brokenFile("has no Wyscout events");
    const clock = new NominalClock(kickOff);
    for (const record of records) clock.note(periodOf(asObject(record)), asNumber(dig(record, "eventSec")) ?? 0);
    return readRecords(records, true, (record) => toMessage(record, logger, clock));
  },
};

function toMessage(record: Json, logger: string, clock: NominalClock): LogMessage | null | string {
  const name = classOf(record);
  if (name === null) return null;
  const id = asText(record.id);
  const elapsedSec = asNumber(record.eventSec);
  if (id === undefined || elapsedSec === null) return "has no id or eventSec";
  const period = periodOf(record);
  return compact<LogMessage>({
    id,
    logger,
    class: name,
    version: undefined,
    op: undefined,
    period: String(period),
    stamp: clock.stampOf(period, elapsedSec),
    resolutionMs: 1,
    matchClock: undefined,
    occurrence: undefined,
    team: asText(record.teamId),
    player: asText(record.playerId),
    payload: { eventName: record.eventName, subEventName: record.subEventName },
  });
}

function periodOf(record: Json | null): number {
  return PERIODS[asText(record?.matchPeriod) ?? ""] ?? 1;
}

function classOf(record: Json): string | null {
  const event = asText(record.eventName);
  if (event === "6" || event === "Offside") return "offside";
  if (event === "10" || event === "Shot") {
    const tags = asList(record.tags).map((tag) => asNumber(dig(tag, "id")));
    if (tags.includes(TAG_GOAL)) return "goal";
    return tags.includes(TAG_ACCURATE) ? "shot_on" : "shot_off";
  }
  if (event === "Foul") return "foul";
  return CLASSES[asText(record.subEventName) ?? ""] ?? null;
}
