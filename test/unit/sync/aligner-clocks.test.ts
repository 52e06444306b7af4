import { describe, expect, it } from "vitest";
import { addSeconds, type EventRevision, type LoggedEvent } from "../../../sync/index.js";
import { drive, inputsOf, lastOf, newAligner, type ToldRevision } from "./aligner-driver.js";
import { logged, MATCH_START, type MadeMatch, makeMatch } from "./match-generator.js";

const DAY_SEC = 86_400;

function shareOnWhistle(match: MadeMatch, last: ReadonlyMap<string, EventRevision>): number {
  const cued = [...match.truth].filter(([, { cueId, class: name }]) => cueId !== null && name !== "goal");
  const near = cued.filter(([id, { time }]) => Math.abs((last.get(id)?.corrected.time ?? 0) - time) < 0.25e6);
  return near.length / cued.length;
}

function restamped(match: MadeMatch, stampBySec: number, arrivalBySec: number): MadeMatch {
  const move = (event: LoggedEvent): LoggedEvent => ({
    ...event,
    stamp: event.stamp === null ? null : addSeconds(event.stamp, stampBySec),
    arrival: event.arrival === null ? null : addSeconds(event.arrival, arrivalBySec),
  });
  return { ...match, events: match.events.map(move) };
}

/** All evidence at once, as a file is read. */
function batch(match: MadeMatch): Map<string, EventRevision> {
  const aligner = newAligner({ finalise: false, maxStampDistanceSec: null });
  for (const cue of match.cues) aligner.push({ type: "cue", cue }, MATCH_START);
  for (const event of match.events) aligner.push({ type: "logged", event }, MATCH_START);
  return new Map(aligner.push({ type: "end" }, MATCH_START).map((revision) => [revision.eventId, revision]));
}

describe("Aligner, clocks far away", () => {
  it.each([-7200, 5400, 35_000])("finds a clock that is %i s off, because the arrivals point there", (offsetSec) => {
    const match = makeMatch(71, { offsetSec });
    expect(shareOnWhistle(match, lastOf(drive(newAligner(), inputsOf(match)).told))).toBeGreaterThan(0.9);
  });

  it("keeps the dates of a recorded feed that is read a year later", () => {
    const match = restamped(makeMatch(72, { offsetSec: 4 }), 0, 365 * DAY_SEC);
    expect(shareOnWhistle(match, batch(match))).toBeGreaterThan(0.9);
  });

  it("aligns a feed whose own dates lie years before the cues and its arrivals", () => {
    const match = restamped(makeMatch(73), -3000 * DAY_SEC, 0);
    expect(shareOnWhistle(match, batch(match))).toBeGreaterThan(0.9);
  });

  it("live, sets a stamp of another day aside and goes by the arrival", () => {
    const aligner = newAligner();
    const event = logged("a/1", "foul", addSeconds(MATCH_START, -30 * DAY_SEC), MATCH_START);
    const [first] = aligner.push({ type: "logged", event }, MATCH_START);
    expect(first!.corrected.time).toBe(MATCH_START);
  });
});

/** The first revision of an event, and what was told of it one second after. */
function firstAndEarly(told: readonly ToldRevision[], eventId: string) {
  const own = told.filter(({ revision }) => revision.eventId === eventId);
  const early = own.filter(({ at }) => at <= addSeconds(own[0]!.at, 1)).at(-1)!;
  return { first: own[0]!.revision, early: early.revision };
}

describe("Aligner, the first minute", () => {
  it("puts the first kick-off on its whistle in the very first revision", () => {
    for (const seed of [21, 22, 23, 24]) {
      const match = makeMatch(seed, { offsetSec: 11, recall: 1, falseWhistles: 5 });
      const [id, truth] = [...match.truth].find(([, { class: name }]) => name === "period_start")!;
      const { first } = firstAndEarly(drive(newAligner(), inputsOf(match)).told, id);
      expect(first.anchor).toBe("whistle");
      expect(Math.abs(first.corrected.time - truth.time)).toBeLessThan(0.25e6);
    }
  });

  it("finds a kick-off that the feed held back behind the next record", () => {
    const cue = makeMatch(1, { recall: 1 }).cues.find(({ kind }) => kind === "whistle")!;
    const kickOff = cue.onset;
    const at = (sec: number) => addSeconds(kickOff, sec);
    const events = [
      logged("a/2", "throw_in", at(43 + 28), at(43.3)),
      logged("a/1", "period_start", at(1.1 + 28), at(44)),
    ];
    const { early } = firstAndEarly(drive(newAligner(), inputsOf({ events, cues: [cue] })).told, "a/1");
    expect(early).toMatchObject({ anchor: "whistle", cues: [cue.cueId] });
  });
});

describe("Aligner, what a marker may be shown by", () => {
  it("is shown too early at `notBefore` in fewer than one case of a hundred", () => {
    let early = 0;
    let total = 0;
    for (const seed of [31, 32, 33, 34]) {
      const match = makeMatch(seed, { offsetSec: 6 });
      const last = lastOf(drive(newAligner(), inputsOf(match)).told);
      for (const [eventId, truth] of match.truth) {
        const { notBefore, time } = last.get(eventId)!.corrected;
        expect(notBefore).toBeGreaterThanOrEqual(time);
        total++;
        if (notBefore < truth.time - 0.1e6) early++;
      }
    }
    expect(early / total).toBeLessThan(0.01);
  });

  it("flags a kick-off that carries the programme's time", () => {
    const match = makeMatch(35, { offsetSec: 3, recall: 1 });
    const id = [...match.truth].filter(([, { class: name }]) => name === "period_start")[1]![0];
    const events = match.events.map((event) => {
      if (event.eventId !== id) return event;
      const scheduled = Math.floor(addSeconds(event.stamp!, -20) / 60e6) * 60e6;
      return { ...event, stamp: scheduled as typeof MATCH_START };
    });
    const last = lastOf(drive(newAligner(), inputsOf({ ...match, events })).told);
    expect(last.get(id)!.flags).toContain("scheduledTime");
    expect([...last.values()].filter(({ flags }) => flags.includes("scheduledTime"))).toHaveLength(1);
  });
});
