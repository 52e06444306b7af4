import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AggregateRecord, type FollowedRecord, VenueFollower } from "../../../daemon/cloud/index.js";

interface Made {
  readonly box: string;
  readonly sequence: number;
  readonly about: string;
  readonly revision?: number;
  readonly type?: string;
  readonly venue?: string;
  readonly epoch?: string;
}

function message({
  box,
  sequence,
  about,
  revision,
  type = "event",
  venue = "arena",
  epoch = "1",
}: Made): AggregateRecord {
  const headers: Record<string, string> = {
    "ce-source": `/venues/${venue}/boxes/${box}/sessions/cup`,
    "ce-sequence": String(sequence).padStart(12, "0"),
    "ce-epoch": epoch,
    "ce-lane": "live",
    "ce-type": `touchline.${type}.v1`,
    "ce-subject": about,
  };
  const body = JSON.stringify(revision === undefined ? {} : { revision });
  return { subject: "s", body, header: (name) => headers[name] ?? "" };
}

function follower(): { follower: VenueFollower; given: string[]; gaps: unknown[]; clock: { ms: number } } {
  const given: string[] = [];
  const gaps: unknown[] = [];
  const clock = { ms: 0 };
  const onRecord = ({ about, revision }: FollowedRecord): void => void given.push(`${about}#${revision ?? "-"}`);
  const parts = {
    venue: "arena",
    main: "a",
    onRecord,
    onGap: (gap: unknown) => void gaps.push(gap),
    nowMs: () => clock.ms,
  };
  return { follower: new VenueFollower(parts), given, gaps, clock };
}

describe("VenueFollower", () => {
  it("reads bodies that are packed, and passes over one that is broken", () => {
    const { follower: one, given } = follower();
    const packed = (made: Made, damage = 0): AggregateRecord => {
      const plain = message(made);
      const body = gzipSync(plain.body).subarray(damage);
      return { ...plain, body, header: (name) => (name === "Content-Encoding" ? "gzip" : plain.header(name)) };
    };
    one.take(packed({ box: "a", sequence: 1, about: "x", revision: 1 }));
    one.take(packed({ box: "a", sequence: 2, about: "x", revision: 2 }, 5));
    one.take(packed({ box: "a", sequence: 3, about: "x", revision: 3 }));
    expect(given).toEqual(["x#1", "x#3"]);
  });

  it("gives what the main box sends, once, and nothing of other venues or of the backup", () => {
    const { follower: one, given } = follower();
    one.take(message({ box: "a", sequence: 1, about: "x", revision: 1 }));
    one.take(message({ box: "b", sequence: 1, about: "x", revision: 1 }));
    one.take(message({ box: "a", sequence: 1, about: "x", revision: 1 }));
    one.take(message({ box: "a", sequence: 1, about: "y", revision: 1, venue: "track" }));
    one.take(message({ box: "a", sequence: 2, about: "x", revision: 2 }));
    expect(given).toEqual(["x#1", "x#2"]);
    expect(one.doubles).toBe(1);
  });

  it("tells a number that was skipped, and begins anew with an epoch", () => {
    const { follower: one, gaps } = follower();
    one.take(message({ box: "a", sequence: 4, about: "x", revision: 1 }));
    one.take(message({ box: "a", sequence: 7, about: "x", revision: 2 }));
    one.take(message({ box: "a", sequence: 1, about: "y", revision: 1, epoch: "2" }));
    expect(gaps).toEqual([{ box: "a", lane: "live", from: 5, to: 6 }]);
  });

  it("notices a box that says nothing, by its health records, and goes over to the other", () => {
    const { follower: one, given, clock } = follower();
    one.take(message({ box: "a", sequence: 1, about: "x", revision: 1 }));
    for (let n = 1; n <= 3; n++) {
      clock.ms += 10_000;
      one.take(message({ box: "b", sequence: n, about: "b", type: "health" }));
      one.check();
    }
    expect(one.dead()).toEqual(["a"]);
    expect(clock.ms).toBeLessThanOrEqual(30_000);
    expect(one.believed).toBe("b");
    one.take(message({ box: "b", sequence: 4, about: "x", revision: 1 }));
    one.take(message({ box: "b", sequence: 5, about: "x", revision: 2 }));
    expect(given).toEqual(["x#1", "x#2"]);
  });

  it("gives each record once, wherever the boxes are when it goes over, and back", () => {
    const record = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.boolean());
    fc.assert(
      fc.property(
        fc.array(record, { maxLength: 40 }),
        fc.array(fc.constantFrom("a", "b", "switch"), { maxLength: 120 }),
        (made, steps) => {
          const revisions = new Map<number, number>();
          const records = made.map(([about]) => {
            const revision = (revisions.get(about) ?? 0) + 1;
            revisions.set(about, revision);
            return { about: `e${about}`, revision };
          });
          const { follower: one, given, gaps } = follower();
          const sent = { a: 0, b: 0 };
          const send = (box: "a" | "b"): void => {
            const next = records[sent[box]];
            if (next === undefined) return;
            sent[box] += 1;
            one.take(message({ box, sequence: sent[box], ...next }));
          };
          for (const step of steps) {
            if (step === "switch") one.switchTo(one.believed === "a" ? "b" : "a");
            else send(step);
          }
          while (sent.a < records.length) send("a");
          while (sent.b < records.length) send("b");
          expect(given).toEqual(records.map(({ about, revision }) => `${about}#${revision}`));
          expect(gaps).toEqual([]);
        },
      ),
    );
  });

  it("survives what is no record", () => {
    const { follower: one, given } = follower();
    one.take({ subject: "s", body: "{", header: () => "" });
    one.take({ ...message({ box: "a", sequence: 1, about: "x" }), body: "[" });
    expect(given).toEqual([]);
  });
});
