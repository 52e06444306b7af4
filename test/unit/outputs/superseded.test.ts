import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { messageBytes, toMessage, toSuperseded } from "../../../daemon/outputs/cloud-message.js";
import { findSuperseded, mayWait } from "../../../daemon/outputs/superseded.js";
import {
  type Delivery,
  LANE_OF_KIND,
  type RecordKind,
  toEnvelope,
  withSequence,
} from "../../../daemon/records/index.js";
import { BOX, draft } from "../../store-fixture.js";

interface Made {
  readonly kind?: RecordKind;
  readonly subject?: string;
  readonly session?: string;
  readonly data?: Record<string, unknown>;
}

function deliveries(made: readonly Made[]): Delivery[] {
  return made.map(({ kind = "fuel", subject = "44", session = "race", data = {} }, i) => {
    const sequence = i + 1;
    const event = withSequence(
      toEnvelope(draft(sequence, { kind, subject, session, data }), BOX, "e1", sequence),
      sequence,
    );
    return { output: "cloud", lane: LANE_OF_KIND[kind], sequence, number: sequence, kind, natsSubject: "s", event };
  });
}

describe("superseded records", () => {
  it("are all but the newest of a car, and name it", () => {
    const waiting = deliveries([{ subject: "7" }, { subject: "44" }, { subject: "7" }, { subject: "7" }]);
    expect([...findSuperseded(waiting)].sort()).toEqual([
      [1, 4],
      [3, 4],
    ]);
  });

  it("are of one race: the same car in another one is told, too", () => {
    expect(findSuperseded(deliveries([{ session: "race" }, { session: "practice" }])).size).toBe(0);
  });

  it("are never those that tell something once: laps, stints, a fill that changes the past", () => {
    const once = [{ laps: [{ lap: 3 }] }, { stints: [{ stint: 1 }] }, { rebases: [{}] }, { rebased: true }];
    const waiting = deliveries([...once.map((data) => ({ data })), { data: { rebased: false } }, {}]);
    expect([...findSuperseded(waiting)]).toEqual([[5, 6]]);
  });

  it("are never of a kind whose revisions a consumer may want each", () => {
    const kinds = ["event", "session", "cue", "moment", "timecode", "gap"] as const;
    for (const kind of kinds) expect(findSuperseded(deliveries([{ kind }, { kind }])).size).toBe(0);
    expect(findSuperseded(deliveries([{ kind: "health" }, { kind: "health" }])).size).toBe(1);
    expect(deliveries([{}, { kind: "cue" }]).map(mayWait)).toEqual([true, false]);
  });

  it("leave the newest of each subject whole, and each names a later one of its subject", () => {
    const one = fc.record({ subject: fc.constantFrom("7", "44", "9"), kind: fc.constantFrom("fuel", "health", "cue") });
    fc.assert(
      fc.property(fc.array(one as fc.Arbitrary<Made>), (made) => {
        const superseded = findSuperseded(deliveries(made));
        for (const [i, { subject, kind }] of made.entries()) {
          const by = superseded.get(i + 1);
          const isLast = !made.slice(i + 1).some((later) => later.subject === subject && later.kind === kind);
          expect(by === undefined).toBe(isLast || kind === "cue");
          if (by === undefined) continue;
          expect(made[by - 1]).toEqual({ subject, kind });
          expect(superseded.has(by)).toBe(false);
        }
      }),
    );
  });

  it("travel as a mark with all that a proof needs, in a third of a record's bytes", () => {
    const [delivery] = deliveries([{ data: { text: "x".repeat(1700) } }]);
    if (delivery === undefined) throw new Error("no delivery");
    const whole = toMessage(delivery);
    const mark = toSuperseded(delivery, 9);
    expect(JSON.parse(String(mark.body))).toEqual({ tombstone: true, reason: "superseded", by: 9 });
    const of = (name: string) => whole.headers.find(([header]) => header === name);
    for (const name of [
      "ce-id",
      "ce-source",
      "ce-type",
      "ce-subject",
      "ce-sequence",
      "ce-epoch",
      "ce-lane",
      "ce-recordedtime",
      "Nats-Msg-Id",
    ])
      expect(mark.headers).toContainEqual(of(name));
    expect(messageBytes(mark)).toBeLessThan(messageBytes(whole) / 3);
  });
});
