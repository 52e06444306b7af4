import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addSeconds, type LoggedEvent, type UnixMicros } from "../../../sync/index.js";
import { drive, inputsOf, lastOf, newAligner } from "./aligner-driver.js";
import { MATCH_START, type MadeMatch, makeMatch } from "./match-generator.js";

const YEAR_SEC = 365 * 86_400;
const whole = makeMatch(91, { offsetSec: 8 });
const PART: Pick<MadeMatch, "events" | "cues"> = { events: whole.events.slice(0, 50), cues: whole.cues.slice(0, 35) };

const changed = (change: (event: LoggedEvent, index: number) => Partial<LoggedEvent>) => ({
  ...PART,
  events: PART.events.map((event, index) => ({ ...event, ...change(event, index) })),
});

describe("Aligner, logs that are none", () => {
  it.each<[string, Pick<MadeMatch, "events" | "cues">]>([
    ["nothing at all", { events: [], cues: [] }],
    ["one event", { ...PART, events: PART.events.slice(0, 1) }],
    ["one event and no cues", { events: PART.events.slice(0, 1), cues: [] }],
    ["no cues", { ...PART, cues: [] }],
    ["only cues", { ...PART, events: [] }],
    ["all events at one time", changed(() => ({ stamp: MATCH_START, arrival: MATCH_START }))],
    ["all stamps at one time, each with its arrival", changed(() => ({ stamp: MATCH_START }))],
    [
      "stamps a hundred years ahead",
      changed(({ stamp }) => ({ stamp: addSeconds(stamp ?? MATCH_START, 100 * YEAR_SEC) })),
    ],
    ["stamps before 1970", changed(({ stamp }) => ({ stamp: addSeconds(stamp ?? MATCH_START, -100 * YEAR_SEC) }))],
    ["stamps that are no numbers", changed(() => ({ stamp: Number.NaN as UnixMicros }))],
    ["neither stamps nor arrivals", changed(() => ({ stamp: null, arrival: null }))],
    ["negative periods", changed((_, index) => ({ period: String(-index) }))],
    ["negative resolutions", changed((_, index) => ({ resolutionSec: -index }))],
    ["stamps that run backwards", changed(({ stamp }) => ({ stamp: (2 * MATCH_START - (stamp ?? 0)) as UnixMicros }))],
  ])("%s: every event is told and made final once, at a time that is one", (_, match) => {
    const { told, aligner } = drive(newAligner(), inputsOf(match));
    const last = lastOf(told);
    expect(new Set(last.keys())).toEqual(new Set(match.events.map(({ eventId }) => eventId)));
    for (const revision of last.values()) {
      expect(revision.state).toBe("final");
      expect(Number.isSafeInteger(revision.corrected.time)).toBe(true);
      const { lo, hi } = revision.corrected.intervals[0]!;
      expect(lo <= revision.corrected.time && revision.corrected.time <= hi).toBe(true);
      if (match.cues.length === 0) expect(revision).toMatchObject({ anchor: "none", confidence: 0, cues: [] });
    }
    expect(aligner.status()).toMatchObject({ events: match.events.length, open: 0, cues: match.cues.length });
    if (match.cues.length === 0) expect(aligner.status().loggers.every(({ locked }) => !locked)).toBe(true);
  });

  it("live, a constant added to all stamps moves no corrected time by more than a millisecond", () => {
    const plain = lastOf(drive(newAligner(), inputsOf(PART)).told);
    fc.assert(
      fc.property(fc.integer({ min: -200_000_000, max: 200_000_000 }), (micros) => {
        const moved = changed(({ stamp }) => ({ stamp: stamp === null ? null : ((stamp + micros) as UnixMicros) }));
        const last = lastOf(drive(newAligner(), inputsOf(moved)).told);
        for (const [eventId, { corrected }] of plain) {
          expect(Math.abs(last.get(eventId)!.corrected.time - corrected.time)).toBeLessThanOrEqual(1000);
        }
      }),
      { numRuns: 5 },
    );
  });
});
