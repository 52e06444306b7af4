import { describe, expect, it } from "vitest";
import { correctionRows, linkReport, methodRows } from "../../../daemon/score/event-tables.js";
import type { ScoreCase, ScoredRecord, Verdict } from "../../../daemon/score/index.js";
import { addSeconds, type HeardCue, unixMicros } from "../../../sync/index.js";

const T0 = unixMicros(1_778_956_200e6);
const at = (sec: number) => addSeconds(T0, sec);

function record(eventId: string, truthSec: number, change: Partial<ScoredRecord> = {}): ScoredRecord {
  return {
    eventId,
    logger: "a",
    class: "foul",
    period: "1",
    stamp: at(truthSec + 5),
    arrival: at(truthSec + 3),
    truth: at(truthSec),
    anchor: "whistle",
    cueId: null,
    fault: null,
    ...change,
  };
}

function verdict(eventId: string, timeSec: number, change: Partial<Verdict> = {}): Verdict {
  return {
    eventId,
    early: at(timeSec),
    time: at(timeSec),
    interval: { lo: at(timeSec - 0.2), hi: at(timeSec + 0.2) },
    notBefore: at(timeSec + 0.5),
    confidence: 0.9,
    anchor: "whistle",
    cues: [],
    flags: [],
    revisions: 2,
    trace: null,
    ...change,
  };
}

function caseOf(records: ScoredRecord[], cueTruth: [string, string][] = [], cues: HeardCue[] = []): ScoreCase {
  return {
    session: "s",
    start: T0,
    log: [],
    cues,
    cueTruth: new Map(cueTruth),
    records,
    loggers: null,
    secondHalf: null,
  };
}

describe("correctionRows", () => {
  it("compares logged, early and final times with the truth, by what the truth hangs on", () => {
    const match = caseOf([record("a/1", 10), record("a/2", 20, { anchor: "none", class: "corner" })]);
    const verdicts = [verdict("a/1", 10.1, { early: at(10.8) }), verdict("a/2", 21.5)];
    const rows = correctionRows([{ match, verdicts }]);
    expect(rows.map((row) => [row.group, row.after.n])).toEqual([
      ["whistle", 1],
      ["roar", 0],
      ["none", 1],
      ["all", 2],
    ]);
    const [whistle, roar, none] = rows;
    expect(whistle!.before.within).toEqual([0, 0, 0, 0]);
    expect(whistle!.early.within).toEqual([0, 0, 1, 1]);
    expect(whistle!.after.within).toEqual([1, 1, 1, 1]);
    expect(whistle!.movedLater).toBe(1);
    expect(none!.after.within).toEqual([0, 0, 0, 1]);
    expect(none!.movedLater).toBe(0);
    expect(roar!.coverage).toBeNull();
  });

  it("counts truths inside the interval, borders included, and what would be told too early at notBefore", () => {
    const match = caseOf([record("a/1", 10), record("a/2", 20), record("a/3", 30, { fault: "gross" })]);
    const verdicts = [verdict("a/1", 10.2), verdict("a/2", 19.3), verdict("a/3", 30.3)];
    const [whistle] = correctionRows([{ match, verdicts }]);
    expect(whistle!.coverage).toBeCloseTo(1 / 3, 9);
    expect(whistle!.coverageSound).toBeCloseTo(1 / 2, 9);
    expect(whistle!.notBeforeViolations).toBeCloseTo(1 / 3, 9);
    expect(whistle!.confidence).toBeCloseTo(0.9, 9);
  });

  it("leaves verdicts without an interval out of the coverage", () => {
    const match = caseOf([record("a/1", 10)]);
    const [whistle] = correctionRows([{ match, verdicts: [verdict("a/1", 10, { interval: null, notBefore: null })] }]);
    expect(whistle!.coverage).toBeNull();
    expect(whistle!.notBeforeViolations).toBeNull();
  });
});

describe("linkReport", () => {
  it("knows right links, wrong ones and missed ones", () => {
    const records = [
      record("a/1", 10, { cueId: "c1" }),
      record("a/2", 20, { cueId: "c2" }),
      record("a/3", 30, { cueId: "c3" }),
      record("a/4", 40, { cueId: "c4" }),
    ];
    const truth: [string, string][] = [
      ["h1", "c1"],
      ["h2", "c2"],
      ["h9", "c9"],
      ["h3", "c3"],
    ];
    const verdicts = [
      verdict("a/1", 10, { cues: ["h1"] }),
      verdict("a/2", 25, { cues: ["h9"] }),
      verdict("a/3", 30, { cues: [], anchor: "clock" }),
    ];
    const report = linkReport([{ match: caseOf(records, truth), verdicts }]);
    expect(report.linkable).toBe(3);
    expect(report.recall).toBeCloseTo(1 / 3, 9);
    expect(report.precision).toBeCloseTo(1 / 2, 9);
    expect(report.missing).toBe(1);
  });

  it("counts conflicts that are raised for gross stamps and those raised for nothing", () => {
    const records = [record("a/1", 10, { fault: "gross" }), record("a/2", 20, { fault: "gross" }), record("a/3", 30)];
    const verdicts = [
      verdict("a/1", 10, { flags: ["conflict"] }),
      verdict("a/2", 20),
      verdict("a/3", 30, { flags: ["conflict"] }),
    ];
    const report = linkReport([{ match: caseOf(records), verdicts }]);
    expect(report.grossFlagged).toBe(0.5);
    expect(report.falseConflictsPerMatch).toBe(1);
  });
});

describe("methodRows", () => {
  it("puts the product among the baselines and leaves the oracle out where it knows nothing", () => {
    const match = caseOf([record("a/1", 10)]);
    const rows = methodRows([{ match, verdicts: [verdict("a/1", 10.1)] }]);
    const methods = [...new Set(rows.map((row) => row.method))];
    expect(methods).toEqual([
      "raw log",
      "kick-off anchor",
      "global offset",
      "offset + rate",
      "nearest whistle",
      "monotone DP",
      "touchline",
    ]);
    const product = rows.find((row) => row.method === "touchline" && row.group === "whistle")!;
    expect(product.shares.within).toEqual([1, 1, 1, 1]);
    expect(product.wrongLinks).toBe(0);
  });

  it("calls a whistle link more than a second off wrong", () => {
    const match = caseOf([record("a/1", 10), record("a/2", 20)]);
    const verdicts = [verdict("a/1", 12), verdict("a/2", 23, { anchor: "clock" })];
    const product = methodRows([{ match, verdicts }]).find((row) => row.wrongLinks !== null);
    expect(product!.wrongLinks).toBe(0.5);
  });
});
