import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { messageProblems } from "../../../../daemon/inputs/messages.js";
import {
  findProviderFormat,
  guessProviderFormat,
  type LogMessage,
  PROVIDER_FORMATS,
  type ProviderFile,
} from "../../../../daemon/inputs/providers/index.js";
import { PACKAGE_ROOT } from "../../../../daemon/package-files.js";
import { parseRfc3339, type UnixMicros } from "../../../../sync/index.js";

const KICK_OFF = parseRfc3339("2026-05-16T18:30:00Z") as UnixMicros;
const EVENTS_FOLDER = join(PACKAGE_ROOT, "..", "shared", "data", "events");

function read(format: string, text: string): ProviderFile {
  return findProviderFormat(format)!.read(text, { logger: format, kickOff: KICK_OFF });
}

function brief(file: ProviderFile): [string, string, string | undefined, string | undefined][] {
  return file.messages.map(({ id, class: name, period, stamp }) => [id, name, period, stamp]);
}

describe("provider files become logged events", () => {
  it("StatsBomb: periods after each other on a nominal clock, one record per start, passes left out", () => {
    const record = (id: string, type: string, period: number, timestamp: string, more: object = {}) => ({
      id,
      type: { name: type },
      period,
      timestamp,
      minute: 1,
      second: 2,
      possession_team: { id: 1 },
      team: { name: "A" },
      ...more,
    });
    const text = JSON.stringify([
      record("a", "Half Start", 1, "00:00:00.000"),
      record("b", "Half Start", 1, "00:00:00.000"),
      record("c", "Pass", 1, "00:00:09.000"),
      record("d", "Shot", 1, "00:10:00.250", { shot: { outcome: { name: "Goal" } } }),
      record("e", "Half End", 1, "00:46:00.000"),
      record("f", "Foul Committed", 2, "00:01:00.000", { foul_committed: { advantage: true } }),
      record("g", "Foul Committed", 2, "not a time"),
    ]);
    expect(guessProviderFormat(text)?.name).toBe("statsbomb");
    const file = read("statsbomb", text);
    expect(brief(file)).toEqual([
      ["a", "period_start", "1", "2026-05-16T18:30:00.000000Z"],
      ["d", "goal", "1", "2026-05-16T18:40:00.250000Z"],
      ["e", "period_end", "1", "2026-05-16T19:16:00.000000Z"],
      ["f", "foul_advantage", "2", "2026-05-16T19:32:00.000000Z"],
    ]);
    expect(file.broken).toEqual([{ place: "record 7", reason: expect.stringContaining("timestamp") }]);
    expect(file.isNominal).toBe(true);
  });

  it("Sportradar: whole seconds of UTC, repeated records once, unknown types kept under their own name", () => {
    const text = JSON.stringify({
      schema: "http://schemas.sportradar.com/x",
      sport_event: { id: "sr:match:1" },
      timeline: [
        { id: 1, type: "match_started", time: "2026-05-16T18:30:52+00:00" },
        { id: 2, type: "period_start", time: "2026-05-16T18:30:52+00:00", period: 1 },
        { id: 3, type: "score_change", time: "2026-05-16T18:45:00+00:00", period: 1, team: "home", match_time: 15 },
        { id: 4, type: "break_start", time: "2026-05-16T19:17:00+00:00" },
        { id: 5, type: "video_review", time: "2026-05-16T19:40:00+00:00", period: 2 },
        { id: 6, type: "offside", time: "soon" },
      ],
    });
    expect(guessProviderFormat(text)?.name).toBe("sportradar");
    const file = read("sportradar", text);
    expect(brief(file).map(([id, name, period]) => [id, name, period])).toEqual([
      ["2", "period_start", "1"],
      ["3", "goal", "1"],
      ["4", "period_end", "1"],
      ["5", "video_review", "2"],
    ]);
    expect(file.messages[1]).toMatchObject({ resolutionMs: 1000, team: "home", stamp: "2026-05-16T18:45:00+00:00" });
    expect(file.broken).toHaveLength(1);
  });

  it("Wyscout: seconds of the half, goals by their tag", () => {
    const text = JSON.stringify({
      events: [
        { id: 1, matchPeriod: "1H", eventSec: 12.5, eventName: 2, subEventName: 20, teamId: 7 },
        { id: 2, matchPeriod: "2H", eventSec: 3, eventName: 10, subEventName: 100, tags: [{ id: 101 }] },
        { id: 3, matchPeriod: "2H", eventSec: 5, eventName: 8, subEventName: 85 },
      ],
    });
    expect(guessProviderFormat(text)?.name).toBe("wyscout");
    expect(brief(read("wyscout", text))).toEqual([
      ["1", "foul", "1", "2026-05-16T18:30:12.500000Z"],
      ["2", "goal", "2", "2026-05-16T18:45:15.500000Z"],
    ]);
  });

  it("SoccerNet: milliseconds of the half's video", () => {
    const text = JSON.stringify({
      annotations: [
        { gameTime: "1 - 00:20", label: "Substitution", position: "20382", team: "home", visibility: "visible" },
        { gameTime: "2 - 01:00", label: "Foul", position: "60000", team: "away", visibility: "visible" },
        { gameTime: "half - 1", label: "Foul", position: "x" },
      ],
    });
    expect(guessProviderFormat(text)?.name).toBe("soccernet");
    const file = read("soccernet", text);
    expect(brief(file).map(([, name, period]) => [name, period])).toEqual([
      ["substitution", "1"],
      ["foul", "2"],
    ]);
    expect(file.broken).toHaveLength(1);
  });

  it("Opta F24: one start per period, committed fouls only, deletes as deletes, stamps without a zone as UTC", () => {
    const event = (id: number, type: number, more = "") =>
      `<Event id="${id}" type_id="${type}" period_id="1" min="3" sec="4" outcome="0" team_id="1" timestamp="2026-05-16T18:33:04.250" version="${id}" ${more}`;
    const text = `<?xml version="1.0"?><Games><Game><!-- two teams -->
      ${event(1, 32)}/>${event(2, 32)}/>${event(3, 4)}/>
      ${event(4, 1)}><Q id="9" qualifier_id="107"/></Event>
      ${event(5, 43)}/>${event(6, 1)}/></Game></Games>`;
    expect(guessProviderFormat(text)?.name).toBe("opta-f24");
    const file = read("opta-f24", text);
    expect(file.messages.map(({ id, class: name, op, version }) => [id, name, op, version])).toEqual([
      ["1", "period_start", undefined, 1],
      ["3", "foul", undefined, 3],
      ["4", "throw_in", undefined, 4],
      ["5", "deleted", "delete", 5],
    ]);
    expect(file.messages[0]!.stamp).toBe("2026-05-16T18:33:04.250Z");
  });

  it("MA3: the same events as JSON", () => {
    const text = JSON.stringify({
      matchInfo: {},
      liveData: {
        event: [
          {
            id: 1,
            typeId: 16,
            periodId: 2,
            timeMin: 50,
            timeSec: 1,
            timeStamp: "2026-05-16T19:33:04.250Z",
            outcome: 1,
          },
          { id: 2, typeId: 1, periodId: 2, timeMin: 50, timeSec: 9, timeStamp: "bad", qualifier: [{ qualifierId: 6 }] },
        ],
      },
    });
    expect(guessProviderFormat(text)?.name).toBe("ma3");
    const file = read("ma3", text);
    expect(brief(file)).toEqual([["1", "goal", "2", "2026-05-16T19:33:04.250Z"]]);
    expect(file.broken).toHaveLength(1);
  });

  it("Sportec: the human's time, the machine's kept in the payload, deletes as deletes", () => {
    const text = `<PutDataRequest>
      <Event EventId="1" EventTime="2026-05-16T20:30:00.210+02:00"><KickOff GameSection="firstHalf"/></Event>
      <Event EventId="2" EventTime="2026-05-16T20:31:19.690+02:00" CalculatedTimestamp="2026-05-16T20:31:17.200+02:00">
        <ShotAtGoal Team="T" Player="P &amp; Q"><SuccessfulShot/></ShotAtGoal></Event>
      <Event EventId="2"><Delete/></Event></PutDataRequest>`;
    expect(guessProviderFormat(text)?.name).toBe("sportec");
    const file = read("sportec", text);
    expect(file.messages.map(({ id, class: name, op }) => [id, name, op])).toEqual([
      ["1", "period_start", undefined],
      ["2", "goal", undefined],
      ["2", "deleted", "delete"],
    ]);
    expect(file.messages[1]).toMatchObject({
      player: "P & Q",
      payload: { calculatedTimestamp: "2026-05-16T20:31:17.200+02:00" },
    });
  });

  it("SportsCode: the middle of the clip, labels kept", () => {
    const text = `<file><ALL_INSTANCES><instance><ID>P1</ID><start>10</start><end>14</end><code>Free Kick</code>
      <label><group>Team</group><text>A</text></label></instance></ALL_INSTANCES></file>`;
    expect(guessProviderFormat(text)?.name).toBe("sportscode");
    expect(read("sportscode", text).messages[0]).toMatchObject({
      id: "P1",
      class: "free_kick",
      stamp: "2026-05-16T18:30:12.000000Z",
      team: "A",
    });
  });

  it("makes messages that the inbox accepts", () => {
    const text = JSON.stringify({
      events: [{ id: 1, matchPeriod: "1H", eventSec: 1, eventName: 6, subEventName: "" }],
    });
    for (const message of read("wyscout", text).messages) expect(messageProblems("log", message)).toEqual([]);
  });

  it("never throws, whatever the file holds", () => {
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom("<a><b></a>", "<Games><Event", "[{}]", '{"timeline":[null,1,{}]}', '{"events":{}}', "[[[["),
      fc
        .array(fc.constantFrom("<Event ", "id='1'", ">", "</Event>", "<!--", "-->", "&#99999999;", "<Games>"))
        .map((a) => a.join("")),
    );
    fc.assert(
      fc.property(texts, (text) => {
        for (const format of PROVIDER_FORMATS) {
          format.recognises(text);
          const file = format.read(text, { logger: "x", kickOff: KICK_OFF });
          expect(Array.isArray(file.messages)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** Real feeds are not ours to ship: these run only where they lie beside the checkout. */
const REAL_FEEDS: readonly [string, string, (messages: readonly LogMessage[]) => void][] = [
  ["statsbomb", "statsbomb/events_15986.json", (messages) => expect(countOf(messages, "goal")).toBe(4)],
  ["sportradar", "sportradar/completed_timeline.json", (messages) => expect(countOf(messages, "goal")).toBe(3)],
  ["sportradar", "sportradar/live_timeline.json", (messages) => expect(countOf(messages, "offside")).toBe(5)],
  ["wyscout", "wyscout/wyscout_events_v2.json", (messages) => expect(countOf(messages, "foul")).toBe(27)],
  ["opta-f24", "opta_f24/opta_f24.xml", (messages) => expect(countOf(messages, "period_start")).toBeGreaterThan(0)],
  ["ma3", "statsperform_ma3/ma3.json", (messages) => expect(countOf(messages, "period_start")).toBe(2)],
  ["sportec", "sportec_dfl/sportec_events.xml", (messages) => expect(messages.length).toBeGreaterThan(5)],
  ["soccernet", "soccernet/Labels-v2.json", (messages) => expect(messages.length).toBeGreaterThan(20)],
  ["sportscode", "sportscode_xml/code_xml.xml", (messages) => expect(messages).toHaveLength(3)],
];

describe("real feeds", () => {
  for (const [format, file, check] of REAL_FEEDS) {
    const path = join(EVENTS_FOLDER, file);
    if (!existsSync(path)) it.skip(`skipped: reads ${file} (the feed is not beside the checkout)`, () => undefined);
    else {
      it(`reads ${file} whole, with nothing broken, and knows its format`, () => {
        const text = readFileSync(path, "utf8");
        expect(guessProviderFormat(text)?.name).toBe(format);
        const { messages, broken } = read(format, text);
        expect(broken).toEqual([]);
        check(messages);
        for (const message of messages) {
          expect(messageProblems("log", message)).toEqual([]);
          if (message.op !== "delete") expect(parseRfc3339(message.stamp ?? "")).not.toBeNull();
        }
      });
    }
  }
});

function countOf(messages: readonly LogMessage[], name: string): number {
  return messages.filter((message) => message.class === name).length;
}
