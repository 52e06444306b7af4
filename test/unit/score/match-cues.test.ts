import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reportCues } from "../../../daemon/score/cue-report.js";
import { matchCues } from "../../../daemon/score/match-cues.js";

const target = (onsetSec: number, endSec = onsetSec + 0.5) => ({ id: `t${onsetSec}`, onsetSec, endSec });
const found = (onsetSec: number, reportedSec: number | null = null) => ({ onsetSec, reportedSec });

describe("matchCues", () => {
  it("pairs the nearest first, each once", () => {
    const result = matchCues([target(1), target(1.3)], [found(1.2), found(1.35)], [], 0.25);
    expect(result.pairs.map((pair) => [pair.target.onsetSec, pair.found.onsetSec])).toEqual([
      [1.3, 1.35],
      [1, 1.2],
    ]);
    expect(result.falseAlarms).toEqual([]);
  });

  it("takes a difference of just the tolerance, either way, and no more", () => {
    expect(matchCues([target(10)], [found(10.25)], [], 0.25).pairs).toHaveLength(1);
    expect(matchCues([target(10)], [found(9.75)], [], 0.25).pairs).toHaveLength(1);
    expect(matchCues([target(10)], [found(10.2501)], [], 0.25).pairs).toHaveLength(0);
  });

  it("lets a found sound be told again from 0.25 s before its onset to 0.3 s after its end", () => {
    const told = [found(5), found(4.76), found(5.79), found(5.81), found(4.74)];
    const result = matchCues([target(5, 5.5)], told, [], 0.25);
    expect(result.duplicates).toBe(2);
    expect(result.falseAlarms.map((one) => one.onsetSec)).toEqual([5.81, 4.74]);
  });

  it("counts a telling inside a missed sound as false: it is no second telling", () => {
    const result = matchCues([target(5, 6)], [found(5.6)], [], 0.25);
    expect(result.missed).toHaveLength(1);
    expect(result.duplicates).toBe(0);
    expect(result.falseAlarms).toHaveLength(1);
  });

  it("lets what falls into an ignored stretch, widened by 0.25 s, be free", () => {
    const result = matchCues([], [found(1.76), found(3.24), found(3.26)], [[2, 3]], 0.25);
    expect(result.ignored).toBe(2);
    expect(result.falseAlarms.map((one) => one.onsetSec)).toEqual([3.26]);
  });

  it("counts every target and every telling exactly once", () => {
    const times = fc.array(fc.float({ min: 0, max: 30, noNaN: true }), { maxLength: 30 });
    fc.assert(
      fc.property(times, times, (onsets, tellings) => {
        const targets = onsets.map((onset) => target(onset));
        const told = tellings.map((onset) => found(onset));
        const result = matchCues(targets, told, [[5, 6]], 0.25);
        expect(result.pairs.length + result.missed.length).toBe(targets.length);
        expect(result.pairs.length + result.duplicates + result.ignored + result.falseAlarms.length).toBe(told.length);
      }),
      { numRuns: 200 },
    );
  });
});

describe("reportCues", () => {
  it("counts over files, gives bias and lateness in seconds, false alarms a minute", () => {
    const report = reportCues([
      { targets: [target(1), target(5)], found: [found(1.02, 1.2), found(5.2, 5.5)], ignored: [], durationSec: 30 },
      { targets: [target(2)], found: [found(9)], ignored: [], durationSec: 30 },
    ]);
    expect(report).toMatchObject({ targets: 3, found: 2, falseAlarms: 1, minutes: 1, falseAlarmsPerMinute: 1 });
    expect(report.precision).toBeCloseTo(2 / 3, 9);
    expect(report.recall).toBeCloseTo(2 / 3, 9);
    expect(report.f1).toBeCloseTo(2 / 3, 9);
    expect(report.f1Narrow).toBeCloseTo(1 / 3, 9);
    expect(report.onsetBiasSec).toBeCloseTo(0.11, 9);
    expect(report.latencySec).toBeCloseTo(0.35, 9);
  });

  it("says nothing where there is nothing to say: silence, beds without whistles", () => {
    const silent = reportCues([{ targets: [target(1)], found: [], ignored: [], durationSec: 60 }]);
    expect(silent).toMatchObject({ precision: null, recall: 0, f1: 0, onsetBiasSec: null, latencySec: null });
    const bed = reportCues([{ targets: [], found: [found(3)], ignored: [], durationSec: 60 }]);
    expect(bed).toMatchObject({ precision: 0, recall: null, f1: null, falseAlarmsPerMinute: 1 });
    expect(reportCues([])).toMatchObject({ targets: 0, falseAlarmsPerMinute: null });
  });
});
