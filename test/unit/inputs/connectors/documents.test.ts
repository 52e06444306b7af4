import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readDocument, readPushedLine } from "../../../../daemon/inputs/connectors/document.js";
import { SeenMessages } from "../../../../daemon/inputs/connectors/seen-messages.js";
import { unixMicros } from "../../../../sync/index.js";
import { event } from "./provider-server.js";

const OPTIONS = { format: null, logger: "feed", kickOff: unixMicros(1_779_000_000_000_000) };
const [a, b] = [event("a"), event("b")];

describe("a document of a feed", () => {
  it.each([
    ["JSON lines", `${JSON.stringify(a)}\n\n${JSON.stringify(b)}\n`],
    ["an array", JSON.stringify([a, b])],
    ["a list under messages", JSON.stringify({ messages: [a, b] })],
    ["a list under events, after a byte order mark", `\uFEFF${JSON.stringify({ events: [a, b] })}`],
  ])("holds our own messages as %s", (_, text) => {
    expect(readDocument(text, OPTIONS)).toEqual({ messages: [a, b], broken: [] });
  });

  it("is read in a provider's format, with the connector as the logger", () => {
    const timeline = [{ id: 7, type: "corner_kick", time: "2026-05-16T18:40:00+00:00" }];
    const text = JSON.stringify({ schema: "http://schemas.sportradar.com/x", sport_event: {}, timeline });
    expect(readDocument(text, OPTIONS).messages).toMatchObject([{ id: "7", logger: "feed", class: "corner" }]);
  });

  it("tells each broken part with its place and reads its neighbours", () => {
    const read = readDocument(`${JSON.stringify(a)}\n{"id":\n[1]\n${JSON.stringify(b)}`, OPTIONS);
    expect(read.messages).toEqual([a, b]);
    expect(read.broken.map(({ place }) => place)).toEqual(["line 2", "line 3"]);
  });

  it("of an unknown format is broken as a whole, and an empty one holds nothing", () => {
    expect(readDocument("<html>maintenance</html>", OPTIONS)).toMatchObject({
      messages: [],
      broken: [{ place: "document" }],
    });
    expect(readDocument(" \n", OPTIONS)).toEqual({ messages: [], broken: [] });
  });

  it("never throws, whatever it is", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.json()),
        fc.constantFrom(null, "touchline", "sportradar"),
        (text, format) => {
          readDocument(text, { ...OPTIONS, format });
          readPushedLine(text, { ...OPTIONS, format });
        },
      ),
    );
  });
});

describe("a pushed line", () => {
  it.each(["", "  ", '{"heartbeat":{"interval":5000}}', '{"type":"heartbeat"}'])("%j is a sign of life", (line) => {
    expect(readPushedLine(line, OPTIONS)).toBeNull();
  });

  it("is one of our messages, or a provider's", () => {
    expect(readPushedLine(JSON.stringify(a), OPTIONS)?.messages).toEqual([a]);
    const pushed = { payload: { event: { id: 9, type: "score_change", time: "2026-05-16T18:41:00+00:00" } } };
    const read = readPushedLine(JSON.stringify(pushed), { ...OPTIONS, format: "sportradar" });
    expect(read?.messages).toMatchObject([{ id: "9", class: "goal", logger: "feed" }]);
    expect(readPushedLine('{"payload":{"statistics":{}}}', { ...OPTIONS, format: "sportradar" })).toBeNull();
  });

  it("that is broken is told", () => {
    expect(readPushedLine('{"id":', OPTIONS)?.broken).toHaveLength(1);
  });
});

describe("what a feed has said", () => {
  const many = Array.from({ length: 20 }, (_, index) => event(`m${index}`));

  it("is sent once, and again when it changed", () => {
    const seen = new SeenMessages();
    expect(seen.changed([a, b])).toEqual([a, b]);
    seen.accepted([a, b]);
    expect(seen.changed([b, a])).toEqual([]);
    const edited = { ...b, class: "goal" };
    expect(seen.changed([a, edited])).toEqual([edited]);
  });

  it("is taken back when two documents in a row do not hold it, once", () => {
    const seen = new SeenMessages();
    seen.accepted(many);
    expect(seen.vanished(many.slice(1)).deletes).toEqual([]);
    expect(seen.vanished(many).deletes).toEqual([]);
    expect(seen.vanished(many.slice(1)).deletes).toEqual([]);
    const { deletes } = seen.vanished(many.slice(1));
    expect(deletes).toEqual([{ id: "m0", logger: "scout", op: "delete" }]);
    seen.retracted(deletes);
    expect(seen.vanished(many.slice(1)).deletes).toEqual([]);
    expect(seen.changed(many.slice(0, 1))).toEqual(many.slice(0, 1));
  });

  it("is not taken back because a document lost most of itself", () => {
    const seen = new SeenMessages();
    seen.accepted(many);
    for (let look = 0; look < 3; look++) expect(seen.vanished([])).toEqual({ deletes: [], refused: 20 });
  });

  it("goes on after a restart, and begins anew with a snapshot that cannot be read", () => {
    const seen = new SeenMessages();
    seen.accepted(many);
    const after = new SeenMessages();
    after.restore(seen.snapshot());
    expect(after.changed(many)).toEqual([]);
    for (const body of ["", "{}", '[["x"]]', '[["no key","d"]]', "[1,null]"]) {
      after.restore(body);
      expect(after.size).toBe(0);
    }
  });

  it("is forgotten from its oldest end beyond 20,000 messages", () => {
    const seen = new SeenMessages();
    const flood = Array.from({ length: 20_050 }, (_, index) => event(`f${index}`));
    seen.accepted(flood);
    expect(seen.size).toBe(20_000);
    expect(seen.changed(flood)).toHaveLength(50);
  });
});
