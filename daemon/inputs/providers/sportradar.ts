import { parseRfc3339 } from "../../../sync/index.js";
import {
  asList,
  asNumber,
  asText,
  brokenFile,
  compact,
  dig,
  type Json,
  type LogMessage,
  type ProviderFormat,
  parseJsonFile,
  readRecords,
} from "./provider.js";

const CLASSES: Readonly<Record<string, string>> = {
  period_start: "period_start",
  break_start: "period_end",
  match_ended: "period_end",
  score_change: "goal",
  shot_on_target: "shot_on",
  shot_off_target: "shot_off",
  yellow_card: "card",
  yellow_red_card: "card",
  red_card: "card",
  substitution: "substitution",
  corner_kick: "corner",
  throw_in: "throw_in",
  goal_kick: "goal_kick",
  free_kick: "free_kick",
  offside: "offside",
  injury: "injury",
  penalty_awarded: "foul",
};

/** Records that repeat another one (`match_started` is the first `period_start`, a `shot_saved` its `shot_on_target`). */
const REPEATS = new Set(["match_started", "shot_saved"]);

/** Sportradar soccer timeline: UTC in whole seconds, as its scout entered it. A record of an unknown type keeps its own name as class. */
export const SPORTRADAR: ProviderFormat = {
  name: "sportradar",
  recognises: (head) => /^\s*\{/.test(head) && head.includes('"sport_event"') && /schemas?\.sportradar|sr:/.test(head),
  read(text, { logger }) {
    const file = parseJsonFile(text);
    const records = asList(dig(file, "timeline"));
    if (records.length === 0) return brokenFile("has no timeline");
    let period = "1";
    return readRecords(records, false, (record) => {
      const own = asText(record.period);
      if (own !== undefined) period = own;
      return toMessage(record, logger, period);
    });
  },
};

function toMessage(record: Json, logger: string, period: string): LogMessage | null | string {
  const type = asText(record.type);
  const id = asText(record.id);
  if (type === undefined || id === undefined) return "has no id or type";
  if (REPEATS.has(type)) return null;
  const stamp = asText(record.time);
  if (stamp === undefined || parseRfc3339(stamp) === null) return `has no time: ${JSON.stringify(record.time ?? null)}`;
  const minute = asNumber(record.match_time);
  return compact<LogMessage>({
    id,
    logger,
    class: CLASSES[type] ?? type,
    version: undefined,
    op: undefined,
    period,
    stamp,
    resolutionMs: 1000,
    matchClock: asText(record.match_clock) ?? (minute === null ? undefined : `${minute}`),
    occurrence: undefined,
    team: asText(record.team),
    player: asText(dig(record, "player", "name")) ?? asText(dig(record, "goal_scorer", "name")),
    payload: { type },
  });
}
