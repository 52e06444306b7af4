import { describe, expect, it } from "vitest";
import { FOOTBALL, type Match, makeMatch } from "../../../daemon/simulate/index.js";
import { unixMicros } from "../../../sync/index.js";

const START = unixMicros(Date.UTC(2026, 4, 16, 18, 30) * 1000);
const OPTIONS = { start: START, minutes: 90, breakMinutes: 3 };
const matches = Array.from({ length: 40 }, (_, seed) => makeMatch(seed, OPTIONS));

const meanOf = (count: (match: Match) => number) => matches.reduce((sum, m) => sum + count(m), 0) / matches.length;

describe("makeMatch", () => {
  it("is the same for a seed and another for another seed", () => {
    expect(makeMatch(3, OPTIONS)).toEqual(makeMatch(3, OPTIONS));
    expect(makeMatch(3, OPTIONS)).not.toEqual(makeMatch(4, OPTIONS));
  });

  it("holds as many records of each group as live logs do", () => {
    const share = (anchor: string) =>
      meanOf((m) => m.plays.filter((play) => play.anchor === anchor).length) / meanOf((m) => m.plays.length);
    expect(meanOf((m) => m.plays.length)).toBeGreaterThan(145);
    expect(meanOf((m) => m.plays.length)).toBeLessThan(180);
    expect(share("whistle")).toBeGreaterThan(0.15);
    expect(share("whistle")).toBeLessThan(0.25);
    expect(share("roar")).toBeGreaterThan(0.14);
    expect(share("roar")).toBeLessThan(0.25);
  });

  it("holds about 18 whistles a match that belong to no record", () => {
    const lone = meanOf(
      (m) => m.cues.filter((cue) => cue.kind === "whistle" && cue.play === null && cue.count === 1).length,
    );
    expect(lone).toBeGreaterThan(15);
    expect(lone).toBeLessThan(22);
  });

  it("uses every class of football over many matches and none that is not one", () => {
    const seen = new Set(matches.flatMap((m) => m.plays.map((play) => play.class)));
    expect([...seen].sort()).toEqual(Object.keys(FOOTBALL).sort());
  });

  it("puts the truth of whistle classes on their whistle's onset and a roar after its act", () => {
    for (const match of matches.slice(0, 10)) {
      const cues = new Map(match.cues.map((cue) => [cue.cueId, cue]));
      for (const play of match.plays) {
        const cue = play.cueId === null ? undefined : cues.get(play.cueId);
        if (play.anchor === "whistle") expect(cue?.onsetSec).toBe(play.timeSec);
        if (play.anchor === "roar" && cue !== undefined) expect(cue.onsetSec).toBeGreaterThan(play.timeSec);
        if (play.anchor === "none") expect(play.cueId).toBeNull();
        if (cue !== undefined) expect(cue.play).toBe(play.key);
      }
    }
  });

  it("ends the first half with two blasts and the second with three, each train closer than 1.5 s", () => {
    for (const match of matches) {
      for (const [period, blasts] of [
        ["1", 2],
        ["2", 3],
      ] as const) {
        const end = match.plays.find((play) => play.class === "period_end" && play.period === period)!;
        const first = match.cues.findIndex((cue) => cue.cueId === end.cueId);
        const whistles = match.cues
          .slice(first)
          .filter((cue) => cue.kind === "whistle")
          .slice(0, blasts);
        expect(whistles.map((cue) => cue.count)).toEqual(Array.from({ length: blasts }, (_, i) => i + 1));
        for (let i = 1; i < blasts; i++) {
          const gap = whistles[i]!.onsetSec - whistles[i - 1]!.endSec;
          expect(gap).toBeGreaterThan(0.05);
          expect(gap).toBeLessThan(1.5);
        }
      }
    }
  });

  it("keeps plays and cues in order of time, inside their periods, and whistles apart", () => {
    for (const match of matches) {
      const times = match.plays.map((play) => play.timeSec);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      for (const play of match.plays) {
        const period = match.periods.find((candidate) => candidate.period === play.period)!;
        expect(play.timeSec).toBeGreaterThanOrEqual(period.startSec);
        expect(play.timeSec).toBeLessThanOrEqual(period.endSec);
      }
      const whistles = match.cues.filter((cue) => cue.kind === "whistle");
      for (let i = 1; i < whistles.length; i++) {
        expect(whistles[i]!.onsetSec).toBeGreaterThan(whistles[i - 1]!.endSec);
      }
    }
  });

  it("scales to a short session and keeps the break that is asked for", () => {
    const match = makeMatch(1, { start: START, minutes: 4, breakMinutes: 2 });
    const [first, second] = match.periods;
    expect(match.durationSec).toBeLessThan(4 * 60 + 2 * 60 + 150);
    expect(second!.startSec - first!.endSec).toBeGreaterThan(100);
    expect(match.plays.filter((play) => play.class === "period_start")).toHaveLength(2);
  });
});
