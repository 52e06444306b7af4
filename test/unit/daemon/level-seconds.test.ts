import { describe, expect, it } from "vitest";
import { LevelSeconds } from "../../../daemon/level-seconds.js";
import type { Level } from "../../../dsp/index.js";
import { addSeconds, type UnixMicros } from "../../../sync/index.js";

const START = (Date.UTC(2026, 4, 16, 18, 30) * 1000) as UnixMicros;
const RATE = 1000;

/** 20 levels a second on a 1 kHz clock, 3 dB louder each second. */
const levels = (seconds: number): Level[] =>
  Array.from({ length: seconds * 20 }, (_, n) => ({
    at: n * 50 + 25,
    rmsDb: -40 + 3 * Math.floor(n / 20),
    peakDb: -20,
    crowdRiseDb: n % 20 === 7 ? 30 : 1,
    excitement: n % 20 === 9 ? 0.8 : 0.1,
  }));
const report = (part: readonly Level[], channel = "a", pathDelayMs: number | null = null) => ({
  channel,
  sampleRate: RATE,
  clock: { anchorSample: 0, anchorTime: START, rateHz: RATE },
  pathDelayMs,
  levels: part,
});

describe("LevelSeconds", () => {
  it("tells one level a second, with its medians and its highest excitement", () => {
    const whole = new LevelSeconds().push(report(levels(3)));
    expect(whole.map(({ level }) => level)).toEqual([
      { channel: "a", at: addSeconds(START, 1), rmsDb: -40, crowdRiseDb: 1, excitement: 0.8 },
      { channel: "a", at: addSeconds(START, 2), rmsDb: -37, crowdRiseDb: 1, excitement: 0.8 },
    ]);
  });

  it("tells the same however the sound was cut into reports, and never later than it says", () => {
    const all = levels(20);
    const expected = new LevelSeconds().push(report(all));
    for (const size of [1, 7, 20, 33]) {
      const seconds = new LevelSeconds();
      const told: typeof expected = [];
      for (let from = 0; from < all.length; from += size) {
        const part = all.slice(from, from + size);
        const whole = seconds.push(report(part));
        const heardUpTo = addSeconds(START, (part.at(0)?.at ?? 0) / RATE);
        for (const { reported } of whole) expect(reported).toBeGreaterThan(heardUpTo);
        told.push(...whole);
      }
      expect(told).toEqual(expected);
    }
  });

  it("keeps channels apart, takes the path delay off, and goes on after a gap", () => {
    const seconds = new LevelSeconds();
    const gap = levels(9).filter(({ at }) => at < 1000 || at > 7000);
    const told = seconds.push(report(gap, "a", 200));
    seconds.push(report(levels(1), "b"));
    expect(told.map(({ level }) => level.at)).toEqual([addSeconds(START, 0.8), addSeconds(START, 7.8)]);
    expect(told[0]?.reported).toBe(addSeconds(START, 7.525));
    expect(seconds.push(report([], "b"))).toEqual([]);
  });
});
