import { describe, expect, it } from "vitest";
import { fuseLoggers } from "../../../sync/fuse-loggers.js";
import { addSeconds } from "../../../sync/index.js";
import type { Told, TrackedEvent } from "../../../sync/tracked-event.js";
import { drive, inputsOf, lastOf, newAligner } from "./aligner-driver.js";
import { logged, MATCH_START, makeMatch } from "./match-generator.js";

function told(sec: number, halfSec: number, change: Partial<Told> = {}): Told {
  return {
    state: "provisional",
    anchor: "clock",
    flags: [],
    time: addSeconds(MATCH_START, sec),
    lo: addSeconds(MATCH_START, sec - halfSec),
    hi: addSeconds(MATCH_START, sec + halfSec),
    notBefore: addSeconds(MATCH_START, sec + 1.5 * halfSec),
    confidence: 0.6,
    cues: [],
    linkP: 0,
    heldP: 0,
    alternatives: [],
    clock: null,
    reason: null,
    ...change,
  };
}

function tracked(eventId: string, own: Told, eventClass = "throw_in"): TrackedEvent {
  return {
    logged: logged(eventId, eventClass, own.time, own.time),
    stamp: own.time,
    order: 0,
    arrivedAt: own.time,
    revision: 1,
    status: "open",
    isWaiting: false,
    isConfirmed: false,
    frozenCue: null,
    pin: null,
    finalBy: own.time,
    occurrenceId: eventId,
    sources: [],
    told: own,
    toldTime: null,
    own,
  };
}

const secondsOf = (one: Told) => (one.time - MATCH_START) / 1e6;
const widthOf = (one: Told) => (one.hi - one.lo) / 1e6;

describe("fuseLoggers", () => {
  const mine = tracked("a/1", told(10, 2));

  it("weighs two clocks by their variances and narrows the interval", () => {
    const sharp = tracked("b/1", told(11, 1));
    const fused = fuseLoggers(mine, told(10, 2), [mine, sharp]);
    expect(secondsOf(fused)).toBeCloseTo(10.8, 3);
    expect(widthOf(fused)).toBeLessThan(widthOf(told(10, 2)) * 0.6);
    expect(fused.confidence).toBeGreaterThan(0.6);
  });

  it("gives both loggers nearly the same time, whichever is asked", () => {
    const other = tracked("b/1", told(11.2, 1.4));
    const events = [mine, other];
    const here = secondsOf(fuseLoggers(mine, told(10, 2), events));
    expect(here).toBeCloseTo(secondsOf(fuseLoggers(other, told(11.2, 1.4), events)), 3);
  });

  it("takes over the cue of a sure link, but none that another of its records holds", () => {
    const cued = told(9.4, 0.1, { anchor: "whistle", cues: ["c1"], linkP: 0.99, confidence: 1 });
    const sure = tracked("b/1", cued);
    expect(fuseLoggers(mine, told(10, 2), [mine, sure])).toMatchObject({
      anchor: "whistle",
      cues: ["c1"],
      time: cued.time,
    });
    const rival = tracked("a/2", told(9.4, 0.1, { cues: ["c1"] }));
    expect(fuseLoggers(mine, told(10, 2), [mine, sure, rival])).toEqual(told(10, 2));
  });

  it.each([
    ["another class", [tracked("b/1", told(10.5, 2), "corner")]],
    ["the same logger", [tracked("a/2", told(10.5, 2))]],
    ["another play", [tracked("b/1", told(13.5, 2))]],
    ["an estimate that contradicts its own", [tracked("b/1", told(12.8, 0.2))]],
    ["a logger without a lock", [tracked("b/1", told(10.5, 2, { anchor: "none" }))]],
  ])("leaves it as it is beside %s", (_, others) => {
    const own = told(10, 1);
    expect(fuseLoggers(tracked("a/1", own), own, others)).toEqual(own);
  });
});

describe("Aligner with two loggers of one match", () => {
  /** The same plays told twice: same match, different person. */
  function twoLoggers(seed: number) {
    const one = makeMatch(seed, { offsetSec: 6, logger: "a" });
    const two = makeMatch(seed, { offsetSec: -14, logger: "b", loggerSeed: seed + 900 });
    return { one, two };
  }

  it("puts events without a cue nearer to the truth than one logger can, with one occurrence for both records", () => {
    let alone = 0;
    let together = 0;
    let shared = 0;
    let events = 0;
    for (const seed of [61, 63]) {
      const { one, two } = twoLoggers(seed);
      const single = lastOf(drive(newAligner(), inputsOf(one)).told);
      const both = lastOf(
        drive(newAligner(), inputsOf({ events: [...one.events, ...two.events], cues: one.cues })).told,
      );
      for (const [eventId, truth] of one.truth) {
        if (truth.cueId !== null) continue;
        events++;
        alone += Math.min(3, Math.abs((single.get(eventId)!.corrected.time - truth.time) / 1e6));
        together += Math.min(3, Math.abs((both.get(eventId)!.corrected.time - truth.time) / 1e6));
        if (both.get(eventId)!.sources.length > 0) shared++;
      }
    }
    expect(together / events).toBeLessThan((alone / events) * 0.95);
    expect(shared / events).toBeGreaterThan(0.6);
  }, 300_000);
});
