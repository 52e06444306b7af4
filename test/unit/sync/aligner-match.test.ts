import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addSeconds, type EventRevision, type LoggedEvent, type UnixMicros } from "../../../sync/index.js";
import { drive, inputsOf, lastOf, newAligner, type TimedInput } from "./aligner-driver.js";
import { logged, MATCH_START, type MadeMatch, makeMatch } from "./match-generator.js";

const WHISTLED = new Set(["period_start", "period_end", "foul", "offside"]);

/** All evidence at once: cues first, then records, then the end. */
function batch(match: Pick<MadeMatch, "events" | "cues">): Map<string, EventRevision> {
  const aligner = newAligner({ finalise: false });
  const now = MATCH_START;
  for (const cue of match.cues) aligner.push({ type: "cue", cue }, now);
  for (const event of match.events) aligner.push({ type: "logged", event }, now);
  return new Map(aligner.push({ type: "end" }, now).map((revision) => [revision.eventId, revision]));
}

/** Share of whistled events whose error is at most `withinSec`. */
function shareWithin(match: MadeMatch, last: ReadonlyMap<string, EventRevision>, withinSec: number): number {
  const errors = [...match.truth]
    .filter(([, truth]) => WHISTLED.has(truth.class))
    .map(([eventId, truth]) => Math.abs((last.get(eventId)?.corrected.time ?? 0) - truth.time) / 1e6);
  return errors.filter((error) => error <= withinSec).length / errors.length;
}

function moved(events: readonly LoggedEvent[], seconds: number): LoggedEvent[] {
  return events.map((event) => ({ ...event, stamp: event.stamp === null ? null : addSeconds(event.stamp, seconds) }));
}

function allRevisions(inputs: readonly TimedInput[], restartAt: (index: number) => boolean): string[] {
  const { told } = drive(newAligner(), inputs, (aligner, index) => {
    if (!restartAt(index)) return aligner;
    const next = newAligner();
    expect(next.restore(JSON.parse(JSON.stringify(aligner.snapshot())))).toBe(true);
    return next;
  });
  return told.map(({ at, revision }) => JSON.stringify([at, revision]));
}

describe("Aligner on a whole match", () => {
  it.each([
    ["a clock 17 s ahead", { offsetSec: 17 }],
    ["a clock 280 s behind", { offsetSec: -280 }],
    ["a clock that steps 5 s at half-time", { offsetSec: 4, halfTimeStepSec: 5 }],
    ["stamps without arrivals", { offsetSec: -21, hasArrivals: false }],
    ["many false whistles and misses", { offsetSec: 9, recall: 0.88, falseWhistles: 30 }],
  ])("puts whistled events on their whistle with %s", (_, options) => {
    const shares = [11, 12, 13].map((seed) => {
      const match = makeMatch(seed, options);
      return shareWithin(match, batch(match), 1);
    });
    expect(shares.reduce((sum, share) => sum + share, 0) / shares.length).toBeGreaterThan(0.93);
  });

  it("is nearly as good live, a second after each arrival, as with all evidence", () => {
    const match = makeMatch(21, { offsetSec: 6 });
    const { told } = drive(newAligner(), inputsOf(match));
    const firstAt = new Map<string, UnixMicros>();
    const inTime = new Map<string, EventRevision>();
    for (const { at, revision } of told) {
      if (!firstAt.has(revision.eventId)) firstAt.set(revision.eventId, at);
      if (at - firstAt.get(revision.eventId)! <= 1_000_000) inTime.set(revision.eventId, revision);
    }
    expect(shareWithin(match, inTime, 1)).toBeGreaterThan(shareWithin(match, batch(match), 1) - 0.06);
  });

  it("tells an event again only when it moved from what was last told, or more than a number changed", () => {
    const { told } = drive(newAligner(), inputsOf(makeMatch(22, { offsetSec: 6 })));
    const before = new Map<string, EventRevision>();
    const needless: string[] = [];
    const wordsOf = ({ state, anchor, cues, flags, reason }: EventRevision) =>
      JSON.stringify([state, anchor, cues, flags, reason]);
    for (const { revision } of told) {
      const last = before.get(revision.eventId);
      before.set(revision.eventId, revision);
      if (last === undefined || wordsOf(last) !== wordsOf(revision)) continue;
      if (Math.abs(last.corrected.time - revision.corrected.time) <= 150_000) needless.push(revision.eventId);
    }
    expect(needless).toEqual([]);
  });

  it("does not lock a log to the cues of another match", () => {
    let locked = 0;
    for (const seed of [81, 82, 83, 84, 85, 86]) {
      const cues = makeMatch(seed + 100).cues;
      const last = batch({ events: makeMatch(seed, { offsetSec: 20, hasArrivals: false }).events, cues });
      if ([...last.values()].some(({ anchor }) => anchor !== "none")) locked++;
    }
    expect(locked).toBe(0);
  });

  it("covers the truth with its 95 % intervals", () => {
    let covered = 0;
    let total = 0;
    for (const seed of [31, 32, 33]) {
      const match = makeMatch(seed, { offsetSec: 6 });
      const last = batch(match);
      for (const [eventId, truth] of match.truth) {
        const interval = last.get(eventId)!.corrected.intervals[0]!;
        total++;
        if (interval.lo <= truth.time && truth.time <= interval.hi) covered++;
      }
    }
    expect(covered / total).toBeGreaterThan(0.9);
    expect(covered / total).toBeLessThan(0.995);
  });

  it("numbers the revisions of each event from 1 without a gap and ends each with a final one", () => {
    const { told } = drive(newAligner(), inputsOf(makeMatch(41)));
    const counts = new Map<string, number>();
    for (const { revision } of told) {
      expect(revision.revision).toBe((counts.get(revision.eventId) ?? 0) + 1);
      counts.set(revision.eventId, revision.revision);
    }
    for (const revision of lastOf(told).values()) expect(revision.state).toBe("final");
  });

  it("keeps its snapshot small enough to be stored with each commit", () => {
    const { aligner } = drive(newAligner(), inputsOf(makeMatch(42)));
    expect(aligner.snapshot().body.length).toBeLessThan(200_000);
  });
});

describe("Aligner, what must not matter", () => {
  it("a constant added to all stamps changes no corrected time by more than a millisecond", () => {
    const match = makeMatch(51, { offsetSec: 5 });
    const plain = batch(match);
    for (const seconds of [-200, -33.3, 0.07, 41.5, 250]) {
      const shifted = batch({ ...match, events: moved(match.events, seconds) });
      for (const [eventId, revision] of plain) {
        const difference = shifted.get(eventId)!.corrected.time - revision.corrected.time;
        expect(Math.abs(difference)).toBeLessThanOrEqual(1000);
      }
    }
  });

  it("duplicated records change nothing", () => {
    const match = makeMatch(52, { offsetSec: 5 });
    const plain = drive(newAligner(), inputsOf(match)).told;
    const twice = inputsOf(match).flatMap((input) => (input.input.type === "logged" ? [input, input] : [input]));
    expect(drive(newAligner(), twice).told).toEqual(plain);
  });

  it("the order of the same evidence does not change a batch's times by more than 20 ms", () => {
    const match = makeMatch(53, { offsetSec: 5 });
    const plain = batch(match);
    const reversed = batch({ events: [...match.events].reverse(), cues: [...match.cues].reverse() });
    for (const [eventId, revision] of plain) {
      expect(Math.abs(reversed.get(eventId)!.corrected.time - revision.corrected.time)).toBeLessThan(20_000);
    }
  });

  it("a restart between any two inputs gives the very same revisions", () => {
    const match = makeMatch(54, { offsetSec: 5 });
    const inputs = inputsOf({ events: match.events.slice(0, 60), cues: match.cues.slice(0, 40) });
    const plain = allRevisions(inputs, () => false);
    expect(allRevisions(inputs, () => true)).toEqual(plain);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: inputs.length - 1 }), (where) => {
        expect(allRevisions(inputs, (index) => index === where)).toEqual(plain);
      }),
      { numRuns: 4 },
    );
  });

  it("refuses a snapshot that is not its own and stays as it was", () => {
    const aligner = newAligner();
    aligner.push({ type: "logged", event: logged("a/1", "foul", MATCH_START, null) }, MATCH_START);
    const before = aligner.snapshot();
    expect(aligner.restore({ version: 99, body: before.body })).toBe(false);
    expect(aligner.restore({ version: before.version, body: "{" })).toBe(false);
    expect(aligner.restore({ version: before.version, body: "{}" })).toBe(false);
    expect(aligner.snapshot()).toEqual(before);
  });
});

describe("Aligner, bad input", () => {
  const times = fc.oneof(
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 0, -1e18, 8e18, MATCH_START, MATCH_START + 1),
    fc.integer({ min: MATCH_START - 4e15, max: MATCH_START + 4e15 }),
    fc.integer({ min: MATCH_START, max: MATCH_START + 600e6 }),
  ) as fc.Arbitrary<UnixMicros>;
  const names = fc.constantFrom("foul", "goal", "period_end", "throw_in", "", "__proto__", "constructor");
  const inputs = fc.array(
    fc.oneof(
      fc.record({
        type: fc.constant("logged" as const),
        event: fc
          .tuple(
            fc.integer({ min: 0, max: 9 }),
            names,
            fc.option(times),
            fc.option(times),
            fc.constantFrom("upsert", "delete"),
          )
          .map(([id, name, stamp, arrival, op]) =>
            logged(`x/${id}`, name, stamp, arrival, { op: op as "upsert", resolutionSec: id === 3 ? Number.NaN : id }),
          ),
      }),
      fc.record({
        type: fc.constant("cue" as const),
        cue: fc.record({
          cueId: fc.constantFrom("a", "b", "c", "d", "e"),
          kind: fc.constantFrom("whistle" as const, "roar" as const, "beep" as const),
          onset: times,
          end: fc.constant(null),
          onsetSdSec: fc.constantFrom(0, 0.1, Number.NaN, -1, 1e9),
          score: fc.constantFrom(0, 0.5, 1, Number.NaN, 7),
          count: fc.constantFrom(1, 3, Number.NaN),
          channel: fc.constant("m"),
          reported: times,
          isFinal: fc.boolean(),
        }),
      }),
      fc.record({ type: fc.constant("tick" as const) }),
      fc.record({ type: fc.constant("rejectCue" as const), cueId: fc.constantFrom("a", "b", "none") }),
      fc.record({
        type: fc.constant("control" as const),
        eventId: fc.constantFrom("x/1", "x/2", "none"),
        op: fc.constantFrom("pin" as const, "release" as const),
        time: fc.option(times),
        by: fc.constant("desk"),
      }),
      fc.record({ type: fc.constant("end" as const) }),
    ),
    { maxLength: 60 },
  );

  it("never throws, never tells a time that is none, and always can be restored", () => {
    fc.assert(
      fc.property(inputs, fc.array(times, { minLength: 60, maxLength: 60 }), (list, nows) => {
        const aligner = newAligner();
        list.forEach((input, index) => {
          for (const revision of aligner.push(input, nows[index]!)) {
            expect(Number.isSafeInteger(revision.corrected.time)).toBe(true);
            expect(Number.isFinite(revision.shiftSec)).toBe(true);
            expect(revision.confidence).toBeGreaterThanOrEqual(0);
            expect(revision.confidence).toBeLessThanOrEqual(1);
          }
        });
        expect(newAligner().restore(aligner.snapshot())).toBe(true);
        aligner.status();
      }),
      { numRuns: 150 },
    );
  });

  it("keeps to its bound when ten thousand records come at once, and still tells each of them", () => {
    const aligner = newAligner({ maxEvents: 500 });
    const ids = new Set<string>();
    for (let i = 0; i < 10_000; i++) {
      const now = addSeconds(MATCH_START, i * 0.006);
      for (const revision of aligner.push({ type: "logged", event: logged(`x/${i}`, "foul", now, now) }, now)) {
        ids.add(revision.eventId);
      }
      const due = aligner.nextDue();
      if (due !== null && due <= now) aligner.push({ type: "tick" }, now);
    }
    expect(ids.size).toBe(10_000);
    expect(aligner.status().events).toBeLessThanOrEqual(500);
    expect(aligner.status().solves).toBeLessThan(120);
    expect(aligner.snapshot().body.length).toBeLessThan(1_500_000);
  });
});
