import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkMessage, isInputKind, messageProblems, parseJson } from "../../../daemon/inputs/index.js";
import { INPUT_KINDS, type InputKind } from "../../../daemon/outbox/index.js";

const LOG = { id: "17", logger: "scout", class: "goal" };

/** The design's example of each message. */
const GOOD: readonly [InputKind, unknown][] = [
  ["log", LOG],
  [
    "log",
    {
      ...LOG,
      id: 17,
      version: 3,
      op: "delete",
      session: "cup-final",
      period: 1,
      stamp: "2026-05-16T18:30:00.5+02:00",
      media: [{ feed: "tv", timecode: "18:30:00:12", rate: "30000/1001" }],
      matchClock: "45+2:13",
      resolutionMs: 100,
      occurrence: "o-1",
      team: "home",
      player: "9",
      payload: { any: ["thing"] },
      somethingNew: true,
    },
  ],
  ["log", { ...LOG, stamp: null, session: null, op: null, team: null, media: null }],
  [
    "session",
    { session: "cup-final", sport: "football", scheduledStart: "2026-05-16T18:30:00Z", fixtureIds: { opta: "1" } },
  ],
  [
    "telemetry",
    { car: "07", t: 12.5, speedMps: 80, rpm: 9000, throttle: 0.98, brake: 0, gear: 4, lap: 3, lapPct: 0.4 },
  ],
  [
    "telemetry",
    [
      { car: "07", t: 1 },
      { car: "7", t: "2026-05-16T18:30:00Z" },
    ],
  ],
  ["race", { type: "fill", car: "07", t: 100, kg: 41.5, full: true, how: "weighed" }],
  ["race", { flag: "caution", t: 99 }],
  ["control", { act: "pinTime", eventId: "scout/17", time: "2026-05-16T18:30:00Z", by: "operator" }],
];

describe("a message", () => {
  it.each(GOOD)("of kind %s as the design describes it is accepted", (what, message) => {
    expect(messageProblems(what, message)).toEqual([]);
    expect(checkMessage(what, message)).toBeNull();
  });

  it("let a delete name what it takes back without repeating it", () => {
    expect(messageProblems("log", { id: "1", logger: "a", op: "delete" })).toEqual([]);
  });

  it.each<[InputKind, unknown, string[]]>([
    ["log", {}, ["/class: is missing", "/id: is missing", "/logger: is missing"]],
    ["log", { id: "1", logger: "a", class: null }, ["/class: must be text (got nothing)"]],
    ["log", "goal", ['/: must be a group of keys (got "goal")']],
    ["log", { ...LOG, class: 3 }, ["/class: must be text (got 3). Put it in quotes"]],
    ["log", { ...LOG, op: "remove" }, ['/op: must be one of upsert or delete (got "remove")']],
    ["log", { ...LOG, logger: "a/b" }, ["/logger: must hold no '/' and no control characters (got \"a/b\")"]],
    ["log", { ...LOG, media: [{ feed: "x" }, {}] }, ["/media/1/feed: is missing"]],
    ["log", { ...LOG, resolutionMs: -1 }, ["/resolutionMs: must be at least 0 (got -1)"]],
    ["log", { ...LOG, stamp: {} }, ["/stamp: must be text or a number (got a group of keys)"]],
    [
      "session",
      { session: "s", sport: "football", scheduledStart: "soon" },
      [
        '/scheduledStart: must be a time with its zone such as 2026-05-16T18:30:00Z or 2026-05-16T20:30:00+02:00 (got "soon")',
      ],
    ],
    ["telemetry", { car: 7, t: 0 }, ["/car: must be text (got 7). Put it in quotes"]],
    ["telemetry", [{ car: "7", t: 0 }, { car: "7" }], ["/1/t: is missing"]],
    ["telemetry", [], ["/: must hold at least one sample"]],
    ["race", { kg: -4 }, ["/kg: must be at least 0 (got -4)"]],
    ["control", {}, ["/act: is missing"]],
  ])("of kind %s that is %o is refused, with the pointer", (what, message, expected) => {
    expect(messageProblems(what, message)).toEqual(expected);
    expect(checkMessage(what, message)).toBe(expected.join("; "));
  });

  it("that nests without end or never ends is refused, not followed", () => {
    let deep: unknown = {};
    for (let level = 0; level < 100_000; level++) deep = { deep };
    expect(checkMessage("log", { ...LOG, payload: deep })).toBe("/: nests deeper than 32 levels");
    expect(checkMessage("log", { ...LOG, payload: "x".repeat(2_000_000) })).toContain("is larger than");
  });

  it("of a kind nobody knows is not one of ours", () => {
    expect([...INPUT_KINDS, "logs", "__proto__"].map(isInputKind)).toEqual([
      true,
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it("of any shape is answered without an exception", () => {
    fc.assert(
      fc.property(fc.constantFrom(...INPUT_KINDS), fc.anything({ withNullPrototype: true }), (what, message) => {
        const answer = checkMessage(what, message);
        expect(answer === null || answer.startsWith("/")).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe("a JSON text", () => {
  it.each([
    ['{"a":1,}', 'a key in double quotes was expected, not "}" at column 8'],
    ['{"a" 1}', "':' was expected, not \"1}\" at column 6"],
    ["[1,2", "the text ends where ',' or the end of the group was expected at column 5"],
    ['{"a":"x\ny"}', "a line break or control character inside a text at column 8"],
    ['{\n  "a": "\\q"\n}', "is no escape at line 2, column 9"],
    ["{a:1}", "a key in double quotes or '}' was expected, not \"a:1}\" at column 2"],
    ['{"a":01}', 'a value was expected, not "01}" at column 6'],
    ['{"a":1}}', 'nothing more was expected, not "}" at column 8'],
    ['"abc', "the text that begins here does not end at column 1"],
    ["[1,\n2 3]", "',' or the end of the group was expected, not \"3]\" at line 2, column 3"],
    ['{"a":NaN}', 'a value was expected, not "NaN}" at column 6'],
    ["[1}", "',' or the end of the group was expected, not \"}\" at column 3"],
    ["", "is empty"],
    ["[".repeat(40), "nests deeper than 32 levels at column 33"],
  ])("%j is refused with the place", (text, expected) => {
    const result = parseJson(text);
    expect(result.ok ? "accepted" : result.message).toContain(expected);
  });

  it("is refused when it is too large or no UTF-8", () => {
    expect(parseJson("[1,2]", { maxBytes: 4, maxDepth: 2 })).toEqual({
      ok: false,
      message: "has 5 bytes, more than the 4 that are allowed",
    });
    expect(parseJson(new Uint8Array([0x22, 0xff, 0x22]))).toEqual({ ok: false, message: "is not UTF-8 text" });
  });

  it("may begin with a byte order mark, as files from some editors do", () => {
    expect(parseJson("\ufeff[1]")).toEqual({ ok: true, value: [1] });
    expect(parseJson(new TextEncoder().encode("\ufeff[1]"))).toEqual({ ok: true, value: [1] });
  });

  it("does not count brackets inside texts", () => {
    expect(parseJson(JSON.stringify("[{".repeat(100))).ok).toBe(true);
    expect(parseJson(JSON.stringify({ a: `\\"${"[".repeat(100)}` })).ok).toBe(true);
  });

  it("that is valid is read as it is", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => {
        expect(parseJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
      }),
    );
  });

  it("that is broken anywhere is refused with a place inside it", () => {
    const broken = fc
      .tuple(fc.json({ maxDepth: 4 }), fc.nat(), fc.constantFrom("", "}", ",", '"', "\\", "x", "\u0001"))
      .map(([text, at, put]) => text.slice(0, at % text.length) + put + text.slice((at % text.length) + 1));
    fc.assert(
      fc.property(broken, (text) => {
        const result = parseJson(text);
        const place = result.ok ? null : /(?:line (\d+), )?column (\d+)$/.exec(result.message);
        expect(result.ok || text.trim() === "" || place !== null).toBe(true);
        expect(Number(place?.[2] ?? 1)).toBeLessThanOrEqual(text.length + 1);
      }),
      { numRuns: 500 },
    );
  });
});
