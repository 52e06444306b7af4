import {
  asNumber,
  brokenFile,
  compact,
  type LogMessage,
  NominalClock,
  type ProviderFormat,
  readRecords,
} from "./provider.js";
import { childNamed, elementsNamed, parseXml, type XmlElement } from "./xml.js";

/**
 * SportsCode / Hudl instances: seconds of the video, as a clip from `start` to `end`. The code button opens the clip some seconds before
 * the press and closes it after it, so the middle is the best guess of the act and the clip's length its resolution.
 */
export const SPORTSCODE: ProviderFormat = {
  name: "sportscode",
  recognises: (head) => head.includes("<ALL_INSTANCES"),
  read(text, { logger, kickOff }) {
    const root = parseXml(text);
    if (root === null) return brokenFile("is no well-formed XML");
    const clock = new NominalClock(kickOff);
    const elements = elementsNamed(root, "instance");
    return readRecords(elements, true, (_, index) => toMessage(elements[index], logger, clock));
  },
};

function toMessage(element: XmlElement | undefined, logger: string, clock: NominalClock): LogMessage | null | string {
  if (element === undefined) return "is missing";
  const textOf = (name: string) => childNamed(element, name)?.text.trim();
  const id = textOf("ID");
  const code = textOf("code");
  const start = asNumber(textOf("start"));
  const end = asNumber(textOf("end"));
  if (id === undefined || code === undefined || start === null || end === null || end < start) {
    return "has no ID, code, start or end";
  }
  const labels = labelsOf(element);
  return compact<LogMessage>({
    id,
    logger,
    class: code.toLowerCase().replace(/[^a-z0-9]+/g, "_"),
    version: undefined,
    op: undefined,
    period: labels.Half ?? labels.Period,
    stamp: clock.stampOf(1, (start + end) / 2),
    resolutionMs: 1,
    matchClock: undefined,
    occurrence: undefined,
    team: labels.Team,
    player: labels.Player,
    payload: { code, startSec: start, endSec: end, labels },
  });
}

function labelsOf(element: XmlElement): Record<string, string> {
  const labels: Record<string, string> = Object.create(null);
  for (const label of element.children.filter((child) => child.name === "label")) {
    labels[childNamed(label, "group")?.text.trim() ?? ""] = childNamed(label, "text")?.text.trim() ?? "";
  }
  return { ...labels };
}
