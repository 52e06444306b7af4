import { type OptaRecord, optaMessage, zonedStamp } from "./opta.js";
import { asList, asText, brokenFile, dig, type ProviderFormat, parseJsonFile, readRecords } from "./provider.js";

/** Stats Perform MA3 (Opta's events as JSON): `timeStamp` in UTC to the millisecond beside a floored match minute and second. */
export const MA3: ProviderFormat = {
  name: "ma3",
  recognises: (head) => head.includes('"matchInfo"'),
  read(text, { logger }) {
    const records = asList(dig(parseJsonFile(text), "liveData", "event"));
    if (records.length === 0) return brokenFile("has no liveData.event");
    const started = new Set<string>();
    return readRecords(records, false, (record) => {
      const qualifiers = asList(record.qualifier).map((qualifier) => asText(dig(qualifier, "qualifierId")) ?? "");
      const opta: OptaRecord = {
        id: asText(record.id),
        typeId: asText(record.typeId),
        periodId: asText(record.periodId),
        minute: asText(record.timeMin),
        second: asText(record.timeSec),
        stamp: zonedStamp(asText(record.timeStamp)),
        version: undefined,
        outcome: asText(record.outcome),
        team: asText(record.contestantId),
        player: asText(record.playerName) ?? asText(record.playerId),
        qualifiers: new Set(qualifiers),
      };
      return optaMessage(opta, logger, started);
    });
  },
};
