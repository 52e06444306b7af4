import { type OptaRecord, optaMessage, zonedStamp } from "./opta.js";
import { brokenFile, type ProviderFormat, readRecords } from "./provider.js";
import { elementsNamed, parseXml, type XmlElement } from "./xml.js";

/** Opta F24: an `Event` per record, stamps in UTC or local time without a zone, `version` rising with each edit. */
export const OPTA_F24: ProviderFormat = {
  name: "opta-f24",
  recognises: (head) => head.includes("<Games") && /<Event\b[^>]*\btype_id=/.test(head),
  read(text, { logger }) {
    const root = parseXml(text);
    if (root === null) return brokenFile("is no well-formed XML");
    const started = new Set<string>();
    const elements = elementsNamed(root, "Event");
    return readRecords(elements, false, (_, index) => optaMessage(toRecord(elements[index]), logger, started));
  },
};

function toRecord(element: XmlElement | undefined): OptaRecord {
  const attributes = element?.attributes ?? {};
  const qualifiers = (element?.children ?? []).map((child) => child.attributes.qualifier_id ?? "");
  return {
    id: attributes.id,
    typeId: attributes.type_id,
    periodId: attributes.period_id,
    minute: attributes.min,
    second: attributes.sec,
    stamp: zonedStamp(attributes.timestamp),
    version: attributes.version,
    outcome: attributes.outcome,
    team: attributes.team_id,
    player: attributes.player_id,
    qualifiers: new Set(qualifiers),
  };
}
