import { describe, expect, it } from "vitest";
import type { HeardCue, LoggedEvent } from "../../../sync/index.js";
import { drive, inputsOf, lastOf, newAligner } from "./aligner-driver.js";
import { at } from "./venue-sound.js";

/** A foul every 40 s, logged 1.9 s late. */
const ACTS = Array.from({ length: 14 }, (_, i) => 30 + 40 * i + ((i * 7) % 5));

function foul(sec: number, i: number): LoggedEvent {
  const stamp = at(sec + 1.9 + 0.1 * ((i % 3) - 1));
  const input = { id: `f${i}`, logger: "scout", class: "foul" };
  return {
    eventId: `scout/f${i}`,
    version: null,
    op: "upsert",
    logger: "scout",
    class: "foul",
    period: "1",
    stamp,
    arrival: at(sec + 2.3),
    resolutionSec: 0,
    occurrence: null,
    input,
  } as unknown as LoggedEvent;
}

function whistle(sec: number, change: Partial<HeardCue> = {}): HeardCue {
  return {
    cueId: `w${sec}`,
    kind: "whistle",
    onset: at(sec),
    end: at(sec + 0.4),
    onsetSdSec: 0.01,
    score: 0.95,
    count: 1,
    channel: "mic",
    reported: at(sec + 0.2),
    isFinal: true,
    flags: [],
    ...change,
  };
}

const events = ACTS.map(foul);
const primed = { score: 0.15, primed: true, backgroundPerHour: 120 };
const told = (cues: readonly HeardCue[]) => lastOf(drive(newAligner(), inputsOf({ events, cues })).told);

describe("a primed cue", () => {
  it("is claimed by its event once the clock is known by others", () => {
    const cues = ACTS.map((sec, i) => whistle(sec, i === 11 ? primed : {}));
    const event = told(cues).get("scout/f11");
    expect([event?.anchor, event?.cues]).toEqual(["whistle", [cues[11]?.cueId]]);
    expect(Math.abs((event?.corrected.time ?? 0) - at(ACTS[11] ?? 0))).toBeLessThan(60_000);
  });

  it("is no evidence on the clock: with nothing but primed cues there is no lock", () => {
    const all = told(ACTS.map((sec) => whistle(sec, primed)));
    expect(new Set([...all.values()].map(({ anchor }) => anchor))).toEqual(new Set(["none"]));
  });

  it("is worth little where such sounds are everywhere", () => {
    const linkOf = (backgroundPerHour: number) =>
      told(ACTS.map((sec, i) => whistle(sec, i === 11 ? { ...primed, backgroundPerHour } : {}))).get("scout/f11");
    expect(linkOf(60)?.anchor).toBe("whistle");
    expect(linkOf(20_000)?.anchor).toBe("clock");
  });

  it("gives way to a whistle that was heard for what it is", () => {
    const cues = [...ACTS.map((sec) => whistle(sec)), whistle((ACTS[11] ?? 0) - 0.6, primed)];
    expect(told(cues).get("scout/f11")?.cues).toEqual([`w${ACTS[11]}`]);
  });
});

describe("a replay", () => {
  const replay = { flags: ["replay"], replayOf: "w1" };

  it("is claimed by no event that has a whistle of its own, nor does it move the clock", () => {
    const late = ACTS.map((sec) => whistle(sec + 9, replay));
    const all = told([...ACTS.map((sec) => whistle(sec)), ...late]);
    ACTS.forEach((sec, i) => {
      expect(all.get(`scout/f${i}`)?.cues).toEqual([`w${sec}`]);
    });
    const only = told(late);
    expect(new Set([...only.values()].map(({ anchor }) => anchor))).toEqual(new Set(["none"]));
  });
});
