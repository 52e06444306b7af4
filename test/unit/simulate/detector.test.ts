import { describe, expect, it } from "vitest";
import { DETECTORS, makeMatch, simulateCues } from "../../../daemon/simulate/index.js";
import { secondsBetween, unixMicros } from "../../../sync/index.js";

const START = unixMicros(Date.UTC(2026, 4, 16, 18, 30) * 1000);
const matches = Array.from({ length: 40 }, (_, seed) =>
  makeMatch(seed, { start: START, minutes: 90, breakMinutes: 3 }),
);

describe("simulateCues", () => {
  it("is the same for a seed", () => {
    const once = simulateCues(matches[0]!, DETECTORS["97/95"], 1);
    expect(simulateCues(matches[0]!, DETECTORS["97/95"], 1)).toEqual(once);
    expect(simulateCues(matches[0]!, DETECTORS["97/95"], 2).cues).not.toEqual(once.cues);
  });

  it.each(["97/95", "90/85"] as const)("has the recall, precision and jitter it is named after: %s", (name) => {
    const detector = DETECTORS[name];
    let told = 0;
    let right = 0;
    let blown = 0;
    let squares = 0;
    for (const [seed, match] of matches.entries()) {
      const { cues, truth } = simulateCues(match, detector, seed);
      blown += match.cues.filter((cue) => cue.kind === "whistle").length;
      const onsets = new Map(match.cues.map((cue) => [cue.cueId, cue.onsetSec]));
      for (const cue of cues) {
        if (cue.kind !== "whistle") continue;
        told += 1;
        const of = truth.get(cue.cueId);
        if (of === undefined) continue;
        right += 1;
        squares += (secondsBetween(START, cue.onset) - onsets.get(of)!) ** 2;
      }
    }
    expect(right / blown).toBeCloseTo(detector.recall, 1.7);
    expect(right / told).toBeCloseTo(detector.precision, 1.7);
    expect(Math.sqrt(squares / right)).toBeCloseTo(detector.jitterSec, 2);
  });

  it("tells cues in the order in which they could be told, after their onset, blasts of a train counted", () => {
    const { cues, truth } = simulateCues(matches[1]!, DETECTORS.perfect, 1);
    for (const [index, cue] of cues.entries()) {
      expect(cue.reported).toBeGreaterThan(cue.onset);
      if (index > 0) expect(cue.reported).toBeGreaterThanOrEqual(cues[index - 1]!.reported);
    }
    const counts = new Map(matches[1]!.cues.map((cue) => [cue.cueId, cue.count]));
    const whistles = cues.filter((cue) => cue.kind === "whistle");
    expect(whistles.map((cue) => cue.count)).toEqual(whistles.map((cue) => counts.get(truth.get(cue.cueId)!)));
    expect(truth.size).toBe(matches[1]!.cues.length);
  });
});
