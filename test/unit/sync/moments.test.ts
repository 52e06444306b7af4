import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addSeconds,
  type EventRevision,
  type HeardCue,
  MOMENTS_SNAPSHOT_VERSION,
  MomentFinder,
  type MomentInput,
  type MomentRevision,
  parseRfc3339,
  type UnixMicros,
} from "../../../sync/index.js";

const START = parseRfc3339("2026-05-16T18:30:00Z") as UnixMicros;
const at = (sec: number) => addSeconds(START, sec);
const secOf = (time: UnixMicros) => (time - START) / 1e6;

function event(id: string, sec: number, fields: Partial<EventRevision> = {}): MomentInput {
  const time = at(sec);
  const revision: EventRevision = {
    eventId: `scout/${id}`,
    revision: 1,
    occurrenceId: `scout/${id}`,
    session: "cup",
    input: { team: "home" },
    class: "goal",
    period: "1",
    state: "confirmed",
    anchor: "roar",
    flags: [],
    corrected: { time, intervals: [{ p: 0.95, lo: at(sec - 0.5), hi: at(sec + 0.5) }], notBefore: time },
    shiftSec: -2,
    confidence: 0.95,
    cues: [],
    alternatives: [],
    sources: [],
    clock: null,
    utcUncertaintySec: 0.02,
    finalBy: time,
    reason: null,
    ...fields,
  };
  return { type: "event", revision };
}

function roar(id: string, onsetSec: number, endSec: number | null): MomentInput {
  const cue: HeardCue = {
    cueId: id,
    kind: "roar",
    onset: at(onsetSec),
    end: endSec === null ? null : at(endSec),
    onsetSdSec: 0.2,
    score: 0.98,
    count: 1,
    channel: "ambience",
    reported: at(endSec ?? onsetSec + 1.2),
    isFinal: endSec !== null,
  };
  return { type: "cue", cue };
}

const level = (sec: number, riseDb: number, bedDb = -30, channel = "ambience"): MomentInput => ({
  type: "level",
  level: { channel, at: at(sec), rmsDb: bedDb + riseDb, crowdRiseDb: riseDb, excitement: 0 },
});

/** Pushes inputs at their times with all ticks that fall due between them. */
function run(inputs: readonly (readonly [number, MomentInput])[], untilSec: number, finder = new MomentFinder("cup")) {
  const told: MomentRevision[] = [];
  const ticksUntil = (limit: UnixMicros) => {
    for (let due = finder.nextDue(); due !== null && due <= limit; due = finder.nextDue()) {
      told.push(...finder.push({ type: "tick" }, due));
    }
  };
  for (const [sec, input] of inputs) {
    ticksUntil(at(sec));
    told.push(...finder.push(input, at(sec)));
  }
  ticksUntil(at(untilSec));
  return { told, finder };
}

const quiet = (toSec: number): [number, MomentInput][] =>
  Array.from({ length: toSec }, (_, second) => [second + 1, level(second + 1, 0)]);

describe("MomentFinder", () => {
  it("makes one moment of a goal, its roar and the loud crowd, with in and out points around them and each named as a reason", () => {
    const loud = Array.from({ length: 20 }, (_, n): [number, MomentInput] => [101 + n, level(101 + n, 11)]);
    const after = Array.from({ length: 10 }, (_, n): [number, MomentInput] => [121 + n, level(121 + n, 0)]);
    const inputs: [number, MomentInput][] = [
      ...quiet(100),
      ...loud,
      ...after,
      [101.5, roar("r1", 100.5, null)],
      [121, roar("r1", 100.5, 120)],
      [102.5, event("1", 100)],
    ];
    inputs.sort((a, b) => a[0] - b[0]);
    const { told, finder } = run(inputs, 200);
    const [moment, ...others] = finder.moments();
    expect(others).toEqual([]);
    expect(moment).toMatchObject({ momentId: "cup-m1", state: "closed", events: ["scout/1"], cues: ["r1"] });
    expect(moment?.reasons.map(({ code }) => code).sort()).toEqual(["crowdLoud", "eventLogged", "roarHeard"]);
    expect(moment?.reasons[0]).toEqual({
      code: "eventLogged",
      params: { eventId: "scout/1", class: "goal", team: "home" },
    });
    expect(secOf(moment?.in as UnixMicros)).toBeLessThan(95);
    expect(secOf(moment?.out as UnixMicros)).toBeGreaterThan(120);
    expect(moment?.interest).toBeGreaterThan(0.9);
    expect(told.map(({ revision }) => revision)).toEqual(told.map((_, index) => index + 1));
    expect(told.map(({ state }) => state).at(-1)).toBe("closed");
  });

  it("does not call a crowd loud that only grows through the match, nor a whistle that lifts the level alone", () => {
    const inputs: [number, MomentInput][] = [];
    for (let sec = 1; sec <= 5400; sec++) {
      const isWhistle = sec % 300 < 4;
      const growing = -30 + (6 * sec) / 5400 + 1.5 * Math.sin(sec / 40);
      const rise = isWhistle ? 12 : 0;
      inputs.push([
        sec,
        {
          type: "level",
          level: { channel: "a", at: at(sec), rmsDb: growing + rise, crowdRiseDb: rise / 12, excitement: 0 },
        },
      ]);
    }
    expect(run(inputs, 5500).told).toEqual([]);
  });

  it("tells one goal that two loggers logged once, and no more interesting for it", () => {
    const one = run([[12, event("1", 10)]], 60).finder.moments();
    const two = run(
      [
        [12, event("1", 10)],
        [13, event("2", 10.4)],
      ],
      60,
    ).finder.moments();
    expect(two.length).toBe(1);
    expect(two[0]?.events).toEqual(["scout/1", "scout/2"]);
    expect(two[0]?.interest).toBe(one[0]?.interest);
  });

  it("moves with a late correction, as a revision of the same moment", () => {
    const { told, finder } = run(
      [
        [12, event("1", 10)],
        [100, event("1", 4, { revision: 2 })],
      ],
      200,
    );
    expect(new Set(told.map(({ momentId }) => momentId)).size).toBe(1);
    expect(secOf(finder.moments()[0]?.in as UnixMicros)).toBe(4 - 0.5 - 12);
  });

  it("stays silent when a correction moves nothing that matters", () => {
    const before = run([[12, event("1", 10)]], 100);
    const after = run([[100, event("1", 10.2, { revision: 2, state: "final" })]], 200, before.finder);
    expect(after.told).toEqual([]);
  });

  it("merges two moments that a correction brings together: one goes on, the other is retracted and names it", () => {
    const { told, finder } = run(
      [
        [12, event("1", 10)],
        [62, event("2", 60, { class: "penalty_kick" })],
        [120, event("2", 14, { class: "penalty_kick", revision: 2 })],
      ],
      200,
    );
    expect(finder.moments().map(({ momentId, events }) => ({ momentId, events }))).toEqual([
      { momentId: "cup-m1", events: ["scout/1", "scout/2"] },
    ]);
    const gone = told.filter(({ momentId }) => momentId === "cup-m2").at(-1);
    expect(gone).toMatchObject({ state: "retracted", mergedInto: "cup-m1" });
    expect(gone?.reasons).toEqual([{ code: "mergedInto", params: { momentId: "cup-m1" } }]);
  });

  it("retracts a moment whose only event is withdrawn", () => {
    const { told, finder } = run(
      [
        [12, event("1", 10)],
        [50, event("1", 10, { revision: 2, state: "retracted" })],
      ],
      100,
    );
    expect(finder.moments()).toEqual([]);
    expect(told.at(-1)).toMatchObject({ state: "retracted", mergedInto: null });
    expect(told.at(-1)?.reasons[0]?.code).toBe("evidenceGone");
  });

  it("makes nothing of everyday events", () => {
    const classes = ["throw_in", "foul", "corner", "constructor", ""];
    const inputs = classes.map((name, n): [number, MomentInput] => [n * 30, event(String(n), n * 30, { class: name })]);
    expect(run(inputs, 300).told).toEqual([]);
  });

  it("closes a moment whose roar is never told to have ended", () => {
    const { finder } = run(
      [
        [11, roar("r1", 10, null)],
        [12, event("1", 9.5)],
      ],
      600,
    );
    expect(finder.moments().map(({ state }) => state)).toEqual(["closed"]);
    expect(finder.nextDue()).toBeNull();
  });

  it("never lets two moments overlap, whatever comes, in whatever order, and counts revisions without a gap", () => {
    const input = fc.oneof(
      fc
        .tuple(fc.nat(8), fc.integer({ min: 0, max: 900 }), fc.constantFrom("goal", "card", "shot_on", "injury"))
        .map(([id, sec, name]) => event(String(id), sec, { class: name })),
      fc
        .tuple(fc.nat(8), fc.integer({ min: 0, max: 900 }))
        .map(([id, sec]) => event(String(id), sec, { state: "retracted" })),
      fc
        .tuple(fc.nat(8), fc.integer({ min: 0, max: 900 }), fc.option(fc.nat(80)))
        .map(([id, sec, length]) => roar(`r${id}`, sec, length === null ? null : sec + length)),
    );
    fc.assert(
      fc.property(fc.array(input, { maxLength: 40 }), (inputs) => {
        const { told, finder } = run(
          inputs.map((one, n) => [900 + 3 * n, one]),
          3000,
        );
        const standing = finder.moments().sort((a, b) => a.in - b.in);
        standing.forEach((moment, n) => {
          expect(moment.in).toBeLessThan(moment.out);
          expect(moment.in).toBeGreaterThanOrEqual((standing[n - 1]?.out ?? moment.in) - 5e5);
        });
        const revisions = new Map<string, number>();
        for (const { momentId, revision, interest } of told) {
          expect(revision).toBe((revisions.get(momentId) ?? 0) + 1);
          expect(interest).toBeGreaterThanOrEqual(0);
          expect(interest).toBeLessThanOrEqual(1);
          revisions.set(momentId, revision);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("goes on from a snapshot as if nothing had happened", () => {
    const inputs: [number, MomentInput][] = [
      ...quiet(60),
      ...Array.from({ length: 20 }, (_, n): [number, MomentInput] => [61 + n, level(61 + n, n < 12 ? 10 : 0)]),
      [82, event("1", 60)],
      [85, roar("r", 60.5, 72)],
      [90, event("1", 57, { revision: 2 })],
    ];
    const whole = run(inputs, 200).told;
    let finder = new MomentFinder("cup");
    const parts: MomentRevision[] = [];
    for (const input of inputs) {
      parts.push(...run([input], input[0], finder).told);
      const next = new MomentFinder("cup");
      expect(next.restore(MOMENTS_SNAPSHOT_VERSION, finder.snapshot())).toBe(true);
      finder = next;
    }
    parts.push(...run([], 200, finder).told);
    expect(parts).toEqual(whole);
  });

  it("starts fresh from a snapshot it cannot read", () => {
    const finder = new MomentFinder("cup");
    for (const body of ["", "null", "{}", "[]", '{"evidence":3}', "{"]) {
      expect(finder.restore(MOMENTS_SNAPSHOT_VERSION, body)).toBe(false);
    }
    expect(finder.restore(99, new MomentFinder("cup").snapshot())).toBe(false);
  });

  it("holds bounded evidence, and leaves old moments as they were told", () => {
    const finder = new MomentFinder("cup");
    const inputs = Array.from({ length: 500 }, (_, n): [number, MomentInput] => [40 * n, event(String(n), 40 * n)]);
    const { told } = run(inputs, 21_000, finder);
    expect(finder.moments().length).toBeLessThanOrEqual(400);
    expect(told.filter(({ state }) => state === "retracted")).toEqual([]);
  });

  it("takes numbers that are none", () => {
    const bad = [Number.NaN, Number.POSITIVE_INFINITY, -1e300];
    const finder = new MomentFinder("cup");
    for (const value of bad) {
      finder.push(event("1", value), START);
      finder.push(roar("r", value, value), START);
      finder.push(level(value, value), START);
      finder.push({ type: "tick" }, value as UnixMicros);
    }
    expect(finder.push({ type: "end" }, at(10))).toEqual([]);
  });
});
