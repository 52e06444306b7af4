import { describe, expect, it } from "vitest";
import { monotoneDp, rawLog } from "../../../daemon/score/baselines.js";
import { TraceBook } from "../../../daemon/score/event-trace.js";
import { goalRows } from "../../../daemon/score/goal-rows.js";
import { simulatedCase } from "../../../daemon/score/index.js";
import { alignInOrder } from "../../../daemon/score/monotone-dp.js";
import type { ScoreCase, Verdict } from "../../../daemon/score/score-case.js";
import { DETECTORS } from "../../../daemon/simulate/index.js";
import { addSeconds, type EventRevision, secondsBetween, type UnixMicros } from "../../../sync/index.js";

const T0 = 1_778_956_200e6 as UnixMicros;
const at = (seconds: number) => addSeconds(T0, seconds);
const CONDITION = { persona: "venue", detector: "97/95", faults: [], reference: null, cpuMsPerRecord: 3 };

function perfect(match: ScoreCase, errorSec: number): Verdict[] {
  return match.records.map((record) => {
    const time = addSeconds(record.truth, errorSec);
    return {
      eventId: record.eventId,
      early: time,
      time,
      interval: { lo: addSeconds(time, -0.1), hi: addSeconds(time, 0.1) },
      notBefore: addSeconds(time, 0.3),
      confidence: 0.99,
      anchor: record.anchor === "none" ? "clock" : record.anchor,
      cues: [],
      flags: record.fault === "gross" ? ["conflict"] : [],
      revisions: 1,
      trace: null,
    };
  });
}

describe("the goals of the alignment", () => {
  const match = simulatedCase(5, { persona: "venue", detector: DETECTORS["97/95"], faults: [], minutes: 90 });

  it("are all met by the truth but for intervals that are too wide, and those that need a trace are left out", () => {
    const rows = goalRows([{ match, verdicts: perfect(match, 0) }], CONDITION);
    expect(rows.filter(({ isMet }) => isMet === false).map(({ what }) => what)).toEqual(
      rows.filter(({ what }) => what.includes("interval covers")).map(({ what }) => what),
    );
    expect(rows.map(({ goal }) => goal)).toEqual(expect.arrayContaining(["G1", "G3", "G4", "G5", "G8", "early"]));
    expect(rows.some(({ what }) => what.startsWith("confirmed"))).toBe(false);
  });

  it("are missed by what is two seconds late or early", () => {
    const rows = goalRows([{ match, verdicts: perfect(match, -2.1) }], CONDITION);
    const missed = rows.filter(({ isMet }) => isMet === false).map(({ goal }) => goal);
    expect(missed).toEqual(expect.arrayContaining(["G1", "G3", "G4", "G5", "G8", "early"]));
  });

  it("of a fault are told against the same matches without it", () => {
    const reference = [{ match, verdicts: perfect(match, 0) }];
    const rows = goalRows([{ match, verdicts: perfect(match, 1.5) }], { ...CONDITION, faults: ["step5"], reference });
    const lost = rows.find(({ goal, what }) => goal === "G9" && what.includes("within 1 s"));
    expect([lost?.value, lost?.isMet]).toEqual([1, false]);
  });
});

describe("the trace of an event", () => {
  const revision = (number: number, state: string, seconds: number, cues: string[] = []) =>
    ({ eventId: "a/1", revision: number, state, cues, corrected: { time: at(seconds) } }) as unknown as EventRevision;

  it("counts from the last message about it, and sees a broken promise", () => {
    const book = new TraceBook();
    book.arrived("a/1", at(0));
    book.add(revision(1, "provisional", 5), at(0));
    book.arrived("a/1", at(10));
    book.add(revision(2, "confirmed", 6, ["w1"]), at(10.05));
    book.add(revision(3, "provisional", 7), at(10.9));
    book.add(revision(4, "final", 8, ["w2"]), at(40));
    book.add(revision(5, "final", 9, ["w2"]), at(50));
    const trace = book.traceOf("a/1");
    expect(trace).toMatchObject({
      first: at(6),
      corrected: at(7),
      isRelinked: true,
      fellBack: true,
      movedWhenFinal: true,
    });
    expect(trace?.confirmedAfterSec).toBeCloseTo(0.05, 6);
    expect(book.traceOf("a/2")).toBeNull();
  });
});

describe("monotone pairing", () => {
  it("keeps both orders, takes the nearer of two, and leaves out what is too far", () => {
    expect(alignInOrder([at(10), at(20), at(30)], [at(9.5), at(12), at(30.2), at(50)])).toEqual([
      [0, 0],
      [2, 2],
    ]);
    expect(alignInOrder([], [at(1)])).toEqual([]);
  });

  it("puts most whistled records of a match on their whistle", () => {
    const match = simulatedCase(6, { persona: "venue", detector: DETECTORS["97/95"], faults: [], minutes: 90 });
    const whistled = match.records.filter(({ anchor }) => anchor === "whistle");
    const share = (estimates: ReadonlyMap<string, UnixMicros>) =>
      whistled.filter(({ eventId, truth }) => Math.abs(secondsBetween(truth, estimates.get(eventId) ?? truth)) < 1)
        .length / whistled.length;
    expect(share(monotoneDp(match))).toBeGreaterThan(0.7);
    expect(share(monotoneDp(match))).toBeGreaterThan(share(rawLog(match)));
  });
});
