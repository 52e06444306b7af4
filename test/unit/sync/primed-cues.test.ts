import { describe, expect, it } from "vitest";
import { type HeardCue, PrimedCues } from "../../../sync/index.js";
import { at } from "./venue-sound.js";

const WAY = { role: "ambience", isDelayKnown: true, position: null };

function faintCue(sec: number, score = 0.1, channel = "mic"): HeardCue {
  return {
    cueId: `${channel}-${sec}`,
    kind: "whistle",
    onset: at(sec),
    end: at(sec + 0.3),
    onsetSdSec: 0.01,
    score,
    count: 1,
    channel,
    reported: at(sec + 0.4),
    isFinal: true,
    flags: [],
  };
}

function primedWith(secs: readonly number[], way = WAY): PrimedCues {
  const primed = new PrimedCues();
  primed.meet("mic", at(0));
  for (const sec of secs) primed.faint(faintCue(sec), way, at(sec), at(sec + 0.4));
  return primed;
}

const onsets = (released: readonly { cue: HeardCue }[]) => released.map(({ cue }) => cue.onset);

describe("a faint whistle", () => {
  it("is told as primed, scored as before, where the log expects one, and nowhere else", () => {
    const primed = primedWith([50, 100]);
    expect(primed.expect(at(70), at(72), at(75))).toEqual([]);
    const [released, ...others] = primed.expect(at(99), at(101.5), at(103));
    expect(released?.cue).toMatchObject({ cueId: "mic-100", primed: true, score: 0.1, onset: at(100) });
    expect(others).toEqual([]);
    expect(primed.expect(at(99), at(101.5), at(104))).toEqual([]);
  });

  it("is told when it comes after the log, which was early", () => {
    const primed = new PrimedCues();
    expect(primed.expect(at(9), at(12), at(8))).toEqual([]);
    expect(onsets(primed.faint(faintCue(10), WAY, at(10), at(10.4)))).toEqual([at(10)]);
    expect(primed.faint(faintCue(13), WAY, at(13), at(13.4))).toEqual([]);
  });

  it("is never told where a whistle was told for what it is, or beside one", () => {
    const primed = primedWith([100, 110]);
    primed.told(at(101));
    primed.told(at(110.2));
    expect(primed.expect(at(99), at(101.5), at(103))).toEqual([]);
    expect(primed.expect(at(109.8), at(110.1), at(112))).toEqual([]);
  });

  it("is let through two at most, the likeliest first", () => {
    const primed = new PrimedCues();
    for (const [i, score] of [0.05, 0.3, 0.2, 0.1].entries()) {
      primed.faint(faintCue(10 + i, score), WAY, at(10 + i), at(10.4 + i));
    }
    expect(onsets(primed.expect(at(9), at(14), at(16)))).toEqual([at(11), at(12)]);
  });

  it("waits a minute and a half for a late log, and no window is as wide as a guess", () => {
    expect(onsets(primedWith([10]).expect(at(9), at(11), at(95)))).toEqual([at(10)]);
    expect(primedWith([10]).expect(at(9), at(11), at(101))).toEqual([]);
    expect(primedWith([10]).expect(at(5), at(15), at(16))).toEqual([]);
    expect(primedWith([10]).expect(at(11), at(9), at(16))).toEqual([]);
  });

  it("comes with how often such sounds come, so that birds make it worth little", () => {
    const rateOf = (count: number) => {
      const primed = primedWith(Array.from({ length: count }, (_, i) => 1 + (599 / count) * i));
      primed.faint(faintCue(605), WAY, at(605), at(605.4));
      return primed.expect(at(604.5), at(605.5), at(607))[0]?.cue.backgroundPerHour ?? 0;
    };
    expect(rateOf(4)).toBeLessThan(60);
    expect(rateOf(100)).toBeGreaterThan(500);
  });

  it("is none on the referee's own microphone, nor where somebody speaks", () => {
    for (const role of ["referee", "commentary", "announcer"]) {
      expect(primedWith([10], { ...WAY, role }).expect(at(9), at(11), at(12))).toEqual([]);
    }
  });

  it("is remembered across a restart", () => {
    const before = primedWith([10, 20]);
    before.expect(at(29), at(31), at(25));
    const after = new PrimedCues();
    after.restore(JSON.parse(JSON.stringify(before.snapshot())));
    expect(onsets(after.expect(at(19), at(21), at(26)))).toEqual([at(20)]);
    expect(onsets(after.faint(faintCue(30), WAY, at(30), at(30.4)))).toEqual([at(30)]);
    for (const nonsense of [null, undefined, 7, { faint: 1 }]) after.restore(nonsense);
  });
});
