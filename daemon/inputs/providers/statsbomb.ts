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

const PASS_CLASSES: Readonly<Record<string, string>> = {
  "Throw-in": "throw_in",
  "Free Kick": "free_kick",
  Corner: "corner",
  "Goal Kick": "goal_kick",
  "Kick Off": "kick_off",
};

const SHOT_ON = new Set(["Saved", "Saved to Post"]);

/**
 * StatsBomb open-data events: a list of records with the time in their period to the millisecond. A foul's time is the contact, not the
 * whistle. Passes, carries and the like are no events of ours and are left out.
 */
export const STATSBOMB: ProviderFormat = {
  name: "statsbomb",
  recognises: (head) => /^\s*\[/.test(head) && head.includes('"possession_team"'),
  read(text, { logger, kickOff }) {
    const records = asList(parseJsonFile(text));
    if (records.length === 0) return brokenFile("is no list of StatsBomb events");
    const clock = new NominalClock(kickOff);
    for (const record of records) clock.note(asNumber(dig(record, "period")) ?? 1, elapsedOf(asObject(record)) ?? 0);
    const started = new Set<string>();
    return readRecords(records, true, (record) => toMessage(record, logger, clock, started));
  },
};

function toMessage(
  record: Json,
  logger: string,
  clock: NominalClock,
  started: Set<string>,
): LogMessage | null | string {
  const name = classOf(record);
  if (name === null) return null;
  const id = asText(record.id);
  const period = asNumber(record.period);
  const elapsedSec = elapsedOf(record);
  if (id === undefined || period === null || elapsedSec === null) return "has no id, period or timestamp";
  // Both teams report the start and the end of a half: one record is enough.
  if (name === "period_start" || name === "period_end") {
    if (started.has(`${name}${period}`)) return null;
    started.add(`${name}${period}`);
  }
  return compact<LogMessage>({
    id,
    logger,
    class: name,
    version: undefined,
    op: undefined,
    period: String(period),
    stamp: clock.stampOf(period, elapsedSec),
    resolutionMs: 1,
    matchClock: `${asNumber(record.minute) ?? 0}:${String(asNumber(record.second) ?? 0).padStart(2, "0")}`,
    occurrence: undefined,
    team: asText(dig(record, "team", "name")),
    player: asText(dig(record, "player", "name")),
    payload: { type: asText(dig(record, "type", "name")) ?? "" },
  });
}

function classOf(record: Json): string | null {
  switch (asText(dig(record, "type", "name"))) {
    case "Half Start":
      return "period_start";
    case "Half End":
      return "period_end";
    case "Foul Committed":
      return dig(record, "foul_committed", "advantage") === true ? "foul_advantage" : "foul";
    case "Offside":
      return "offside";
    case "Bad Behaviour":
      return "card";
    case "Substitution":
      return "substitution";
    case "Injury Stoppage":
      return "injury";
    case "Referee Ball-Drop":
      return "drop_ball";
    case "Shot":
      return shotClass(record);
    case "Pass":
      return passClass(record);
    default:
      return null;
  }
}

function shotClass(record: Json): string {
  const outcome = asText(dig(record, "shot", "outcome", "name")) ?? "";
  if (outcome === "Goal") return "goal";
  return SHOT_ON.has(outcome) ? "shot_on" : "shot_off";
}

function passClass(record: Json): string | null {
  if (asText(dig(record, "pass", "outcome", "name")) === "Pass Offside") return "offside";
  const kind = asText(dig(record, "pass", "type", "name")) ?? "";
  // The kick-off of a half is its start, which has a record of its own.
  if (kind === "Kick Off" && (elapsedOf(record) ?? 0) < 20) return null;
  return PASS_CLASSES[kind] ?? null;
}

function elapsedOf(record: Json | null): number | null {
  const match = /^(\d+):(\d+):(\d+(?:\.\d+)?)$/.exec(asText(record?.timestamp) ?? "");
  return match === null ? null : Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3]);
}
