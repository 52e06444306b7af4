import { parseRfc3339 } from "../../../sync/index.js";
import { brokenFile, compact, type LogMessage, type ProviderFormat, readRecords } from "./provider.js";
import { elementsNamed, parseXml, type XmlElement } from "./xml.js";

const CLASSES: Readonly<Record<string, string>> = {
  KickOff: "kick_off",
  FinalWhistle: "period_end",
  Foul: "foul",
  Offside: "offside",
  Caution: "card",
  SendOff: "card",
  Substitution: "substitution",
  CornerKick: "corner",
  ThrowIn: "throw_in",
  GoalKick: "goal_kick",
  FreeKick: "free_kick",
  Penalty: "penalty_kick",
  RefereeBall: "drop_ball",
};

const SHOT_CLASSES: Readonly<Record<string, string>> = { SuccessfulShot: "goal", SavedShot: "shot_on" };
const SECTIONS: Readonly<Record<string, string>> = {
  firstHalf: "1",
  secondHalf: "2",
  firstHalfExtra: "3",
  secondHalfExtra: "4",
};

/**
 * Sportec / DFL event XML: `EventTime` with a zone, entered by a human; `Delete` takes a record back. The machine's `CalculatedTimestamp`
 * is kept in the payload and not used. The period is told only by kick-offs and final whistles, so records take that of the last kick-off.
 */
export const SPORTEC: ProviderFormat = {
  name: "sportec",
  recognises: (head) => head.includes("<PutDataRequest") || /<Event\b[^>]*\bEventTime=/.test(head),
  read(text, { logger }) {
    const root = parseXml(text);
    if (root === null) return brokenFile("is no well-formed XML");
    const elements = elementsNamed(root, "Event").filter((element) => element.attributes.EventId !== undefined);
    const periods = periodsOf(elements);
    return readRecords(elements, false, (_, index) => toMessage(elements[index], logger, periods[index] ?? "1"));
  },
};

function periodsOf(elements: readonly XmlElement[]): string[] {
  const starts = elements
    .flatMap((element) => {
      const section = element.children.find((child) => child.attributes.GameSection !== undefined)?.attributes
        .GameSection;
      const at = parseRfc3339(element.attributes.EventTime ?? "");
      const isStart = element.children.some((child) => child.name === "KickOff");
      return section === undefined || at === null || !isStart ? [] : [{ at, period: SECTIONS[section] ?? section }];
    })
    .sort((a, b) => a.at - b.at);
  return elements.map((element) => {
    const at = parseRfc3339(element.attributes.EventTime ?? "") ?? 0;
    return starts.findLast((start) => start.at <= at)?.period ?? starts[0]?.period ?? "1";
  });
}

function toMessage(element: XmlElement | undefined, logger: string, period: string): LogMessage | null | string {
  const id = element?.attributes.EventId;
  const play = element?.children[0];
  if (element === undefined || id === undefined) return "has no EventId";
  if (play?.name === "Delete") return compact<LogMessage>({ ...blank(), id, logger, class: "deleted", op: "delete" });
  const name = play === undefined ? undefined : classOf(play);
  if (play === undefined || name === undefined) return null;
  const stamp = element.attributes.EventTime;
  if (stamp === undefined || parseRfc3339(stamp) === null) return "has no EventTime";
  return compact<LogMessage>({
    ...blank(),
    id,
    logger,
    class: name,
    period,
    stamp,
    resolutionMs: 1,
    team: play.attributes.Team ?? play.attributes.TeamFouler,
    player: play.attributes.Player ?? play.attributes.Fouler,
    payload: compact<Record<string, unknown>>({
      type: play.name,
      decisionTimestamp: play.attributes.DecisionTimestamp,
      calculatedTimestamp: element.attributes.CalculatedTimestamp,
    }),
  });
}

function classOf(play: XmlElement): string | undefined {
  if (play.name === "KickOff" && play.attributes.GameSection !== undefined) return "period_start";
  if (play.name !== "ShotAtGoal") return CLASSES[play.name];
  return SHOT_CLASSES[play.children[0]?.name ?? ""] ?? "shot_off";
}

function blank() {
  return {
    version: undefined,
    op: undefined,
    period: undefined,
    stamp: undefined,
    resolutionMs: undefined,
    matchClock: undefined,
    occurrence: undefined,
    team: undefined,
    player: undefined,
    payload: undefined,
  } as const;
}
