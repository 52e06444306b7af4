import {
  asList,
  asNumber,
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

const CLASSES: Readonly<Record<string, string>> = {
  "Kick-off": "kick_off",
  Goal: "goal",
  "Shots on target": "shot_on",
  "Shots off target": "shot_off",
  "Yellow card": "card",
  "Red card": "card",
  "Yellow->red card": "card",
  Substitution: "substitution",
  Corner: "corner",
  "Throw-in": "throw_in",
  "Direct free-kick": "free_kick",
  "Indirect free-kick": "free_kick",
  Foul: "foul",
  Offside: "offside",
  Penalty: "penalty_kick",
};

/** SoccerNet Labels-v2: milliseconds of the video of each half, in text; the half is in `gameTime`. Labels have no id: their place is it. */
export const SOCCERNET: ProviderFormat = {
  name: "soccernet",
  recognises: (head) => head.includes('"annotations"') && head.includes('"gameTime"'),
  read(text, { logger, kickOff }) {
    const records = asList(dig(parseJsonFile(text), "annotations"));
    if (records.length === 0) return brokenFile("has no annotations");
    const clock = new NominalClock(kickOff);
    for (const record of records) {
      clock.note(halfOf(dig(record, "gameTime")) ?? 1, (asNumber(dig(record, "position")) ?? 0) / 1000);
    }
    return readRecords(records, true, (record, index) => toMessage(record, index, logger, clock));
  },
};

function toMessage(record: Json, index: number, logger: string, clock: NominalClock): LogMessage | null | string {
  const label = asText(record.label);
  const half = halfOf(record.gameTime);
  const position = asNumber(record.position);
  if (label === undefined || half === null || position === null) return "has no label, gameTime or position";
  const name = CLASSES[label];
  if (name === undefined) return null;
  return compact<LogMessage>({
    id: String(index + 1),
    logger,
    class: name,
    version: undefined,
    op: undefined,
    period: String(half),
    stamp: clock.stampOf(half, position / 1000),
    resolutionMs: 1,
    matchClock: asText(record.gameTime)?.replace(/^\d+\s*-\s*/, ""),
    occurrence: undefined,
    team: asText(record.team),
    player: undefined,
    payload: { label, visibility: record.visibility },
  });
}

function halfOf(gameTime: unknown): number | null {
  const match = /^(\d+)\s*-/.exec(asText(gameTime) ?? "");
  return match === null ? null : Number(match[1]);
}
