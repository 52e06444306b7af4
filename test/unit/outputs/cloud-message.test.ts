import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compressed,
  escapeHeader,
  messageBytes,
  toMessage,
  toTombstone,
} from "../../../daemon/outputs/cloud-message.js";
import { covers, differences, streamName, streamSpec, whyUnusable } from "../../../daemon/outputs/stream-check.js";
import { type Delivery, toEnvelope, withSequence } from "../../../daemon/records/index.js";
import { bodyText } from "../../record-body.js";
import { BOX, draft } from "../../store-fixture.js";

function delivery(subject: string, data: Record<string, unknown> = {}): Delivery {
  const event = withSequence(toEnvelope(draft(1, { subject, data }), BOX, "e1", 7), 3);
  return { output: "cloud", lane: "live", sequence: 3, number: 7, kind: "event", natsSubject: "s", event };
}

describe("message", () => {
  it("escapes what may not stand in a header so that it can be read back", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const escaped = escapeHeader(text);
        expect(escaped).toMatch(/^[\x21-\x7e]*$/);
        expect(decodeURIComponent(escaped)).toBe(text);
      }),
    );
  });

  it("carries data as the body and the record's id for the server's own window", () => {
    const message = toMessage(delivery("ana/1", { n: 1 }));
    expect(message.body).toBe('{"n":1}');
    expect(Object.fromEntries(message.headers)).toMatchObject({
      "ce-id": "a.e1.7",
      "Nats-Msg-Id": "a.e1.7",
      "ce-sequence": "000000000003",
      "ce-subject": "ana/1",
    });
  });

  it("fits a tombstone where its record did not", () => {
    const tombstone = toTombstone(delivery("x".repeat(100_000)), "tooBig");
    expect(messageBytes(tombstone)).toBeLessThan(2000);
    expect(JSON.parse(String(tombstone.body))).toEqual({ tombstone: true, reason: "tooBig" });
  });
});

describe("compressed", () => {
  it("gives back every body, marks what is packed, and never makes a message larger", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 3000 }), fc.integer({ min: 1, max: 30 }), (text, times) => {
        const message = toMessage(delivery("ana/1", { text: text.repeat(times).slice(0, 20_000) }));
        const packed = compressed(message);
        const encoding = packed.headers.find(([name]) => name === "Content-Encoding")?.[1] ?? "";
        expect(encoding).toBe(typeof packed.body === "string" ? "" : "gzip");
        expect(bodyText(Buffer.from(packed.body), encoding)).toBe(message.body);
        expect(messageBytes(packed)).toBeLessThanOrEqual(messageBytes(message));
      }),
    );
  });

  it("packs a long body, leaves a short one, and keeps the headers readable", () => {
    const long = toMessage(delivery("ana/1", { text: "whistle ".repeat(100) }));
    const short = toMessage(delivery("ana/1", { text: "whistle ".repeat(40) }));
    expect(compressed(short)).toBe(short);
    const packed = compressed(long);
    expect(packed.headers).toEqual([...long.headers, ["Content-Encoding", "gzip"]]);
    expect(messageBytes(packed)).toBeLessThan(messageBytes(long) / 2 + 300);
  });
});

describe("streams", () => {
  it("are named by venue, box and lane without what a name must not hold", () => {
    expect(streamName({ venue: "st. mary's", box: "a*b" }, "live")).toBe("TOUCHLINE_st--mary-s_a-b_live");
  });

  it.each([
    ["a.>", "a.b.c", true],
    ["a.>", "a", false],
    ["a.*.c", "a.b.c", true],
    ["a.*.c", "a.*.c", true],
    ["a.b.c", "a.*.c", false],
    ["a.*", "a.>", false],
    [">", "a.*.>", true],
    ["a.b", "a.b.c", false],
  ])("%s covers %s: %s", (wide, narrow, expected) => {
    expect(covers(wide, narrow)).toBe(expected);
  });

  it("are refused when they cannot take our records, and compared otherwise", () => {
    const spec = streamSpec(BOX, "live", 1);
    const good = {
      name: spec.name,
      subjects: ["touchline.out.>"],
      lastSequence: 0,
      firstSequence: 0,
      messages: 0,
      maxMessageBytes: -1,
      replicas: 1,
      isFileStorage: true,
      isLimitsRetention: true,
      isDiscardNew: true,
      unusable: null,
    };
    expect(whyUnusable(spec, good)).toBeNull();
    expect(differences(good)).toEqual([]);
    expect(whyUnusable(spec, { ...good, subjects: spec.subjects.slice(1) })).toContain(spec.subjects[0]);
    expect(whyUnusable(spec, { ...good, unusable: "it is sealed" })).toMatch(/sealed/);
    expect(differences({ ...good, isFileStorage: false, isDiscardNew: false }).length).toBe(2);
  });
});
