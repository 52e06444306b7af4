import { describe, expect, it } from "vitest";
import {
  BASELINES,
  kickOffAnchor,
  nearestWhistle,
  oracle,
  rawLog,
  scanOffset,
} from "../../../daemon/score/baselines.js";
import type { ScoreCase } from "../../../daemon/score/index.js";
import { simulatedCase } from "../../../daemon/score/index.js";
import { sharesOf } from "../../../daemon/score/shares.js";
import { DETECTORS, type Detector, type LoggerFault, type PersonaName } from "../../../daemon/simulate/index.js";
import { addSeconds, secondsBetween } from "../../../sync/index.js";

function caseOf(
  seed: number,
  persona: PersonaName = "venue",
  faults: LoggerFault[] = [],
  detector: Detector = DETECTORS.perfect,
) {
  return simulatedCase(seed, { persona, detector, faults, minutes: 90 });
}

function within(match: ScoreCase, estimates: ReadonlyMap<string, number> | null, group: string): (number | null)[] {
  const errors = match.records
    .filter((record) => record.anchor === group)
    .map((record) => secondsBetween(record.truth, estimates!.get(record.eventId) as never));
  return [...sharesOf(errors).within];
}

describe("baselines", () => {
  it("recover the offset of the clock to within the lags' median", () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const match = caseOf(seed, "venue", ["offset300"]);
      const logger = match.loggers![0]!;
      const found = scanOffset(match, "scout-1", [0]).offsetSec;
      // What is found is offset plus a typical lag of whistle classes.
      expect(found - logger.offsetSec, `seed ${seed}`).toBeGreaterThan(0);
      expect(found - logger.offsetSec, `seed ${seed}`).toBeLessThan(3.5);
    }
  });

  it("recover the offset of a log without lag to a fraction of a second", () => {
    for (const seed of [1, 2, 3]) {
      const match = caseOf(seed, "post-match");
      const { offsetSec, stepSec } = match.loggers![0]!;
      const found = scanOffset(match, "scout-1", [0]).offsetSec;
      const nearest = Math.min(Math.abs(found - offsetSec), Math.abs(found - offsetSec - stepSec));
      expect(nearest).toBeLessThan(0.9);
    }
  });

  it("stand in the order they have always had: nothing, kick-off, offset, nearest whistle, oracle", () => {
    const seeds = [11, 12, 13, 14, 15, 16];
    const mean = (share: (match: ScoreCase) => number) =>
      seeds.map((seed) => share(caseOf(seed, "venue", [], DETECTORS["97/95"]))).reduce((a, b) => a + b, 0) /
      seeds.length;
    const whistle1 = (method: (match: ScoreCase) => ReadonlyMap<string, number> | null) =>
      mean((match) => within(match, method(match), "whistle")[2] ?? 0);
    const raw = whistle1(rawLog);
    const kickOff = whistle1(kickOffAnchor);
    const offset = whistle1(BASELINES["global offset"]!);
    const nearest = whistle1(nearestWhistle);
    const best = whistle1(oracle);
    expect(raw).toBeLessThan(0.3);
    expect(kickOff).toBeGreaterThan(raw);
    expect(offset).toBeGreaterThan(0.45);
    expect(nearest).toBeGreaterThan(offset + 0.15);
    expect(best).toBeGreaterThan(nearest);
    expect(best).toBeGreaterThan(0.97);
  });

  it("put each period's kick-off exactly right when that is the anchor", () => {
    const match = caseOf(3);
    const estimates = kickOffAnchor(match);
    const kickOffs = match.records.filter((record) => record.class === "period_start");
    expect(kickOffs.length).toBeGreaterThan(0);
    for (const record of kickOffs) expect(estimates.get(record.eventId)).toBe(record.truth);
  });

  it("move nothing without cues but by the zero offset, and have no oracle without the loggers' truth", () => {
    const match = { ...caseOf(1), cues: [], cueTruth: new Map(), loggers: null };
    expect([...nearestWhistle(match)]).toEqual([...rawLog(match)]);
    expect(oracle(match)).toBeNull();
  });

  it("fall back on the arrival where a record has no stamp", () => {
    const match = caseOf(1);
    const [first, ...rest] = match.records;
    const arrival = addSeconds(first!.truth, 4);
    const bare = { ...match, records: [{ ...first!, stamp: null, arrival }, ...rest] };
    expect(rawLog(bare).get(first!.eventId)).toBe(arrival);
  });
});
