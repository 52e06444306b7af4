import { expect, test } from "vitest";
import { type CrowdMood, Random, renderMood } from "../../../daemon/simulate/index.js";
import { crowd, finals, listen } from "./sound.js";

const RATE = 48_000;
const BEFORE_SEC = 18;
const MOOD_SEC = 7;

/** A made crowd that from the 18th second on is 9 dB louder by a mood; seeds that nothing was fitted on. */
function crowdWith(mood: CrowdMood, seed: number, gain = 0.055): Float32Array {
  const samples = crowd(BEFORE_SEC + MOOD_SEC + 3, RATE, 0.02, seed);
  const added = renderMood(mood, MOOD_SEC, RATE, new Random(`test/mood/${mood}/${seed}`));
  const from = BEFORE_SEC * RATE;
  const rise = 0.7 * RATE;
  added.forEach((value, i) => {
    samples[from + i] = samples[from + i]! + gain * Math.min(1, i / rise) * value;
  });
  return samples;
}

test.each(["cheer", "applause", "chant", "jeer"] as const)(
  "a roar of a %s says so or that it is not known, and shares sum to 1",
  async (mood) => {
    const names: string[] = [];
    for (const seed of [31, 32, 33]) {
      const { cues, levels } = await listen(crowdWith(mood, seed), RATE);
      for (const { character, characterShares } of finals(cues, "roar")) {
        names.push(character ?? "");
        const sum = Object.values(characterShares ?? {}).reduce((total, share) => total + share, 0);
        expect(sum).toBeCloseTo(1, 9);
      }
      expect(levels.every(({ character }) => typeof character === "string")).toBe(true);
    }
    expect(names.length).toBeGreaterThan(1);
    expect(names.filter((name) => name !== mood && name !== "unknown")).toEqual([]);
    expect(names).toContain(mood);
  },
);

test("gain changes no character", async () => {
  const loud = crowdWith("applause", 34);
  const quiet = loud.map((value) => value / 16);
  const named = async (samples: Float32Array) => (await listen(samples, RATE)).levels.map(({ character }) => character);
  expect(await named(quiet)).toEqual(await named(loud));
});

test("a crowd that falls quiet is silence after a second, until that is its level", async () => {
  const samples = crowd(50, RATE, 0.02, 35).map((value, i) => (i < 20 * RATE ? value : value / 4));
  const { levels } = await listen(samples, RATE);
  const silent = levels.filter(({ character }) => character === "silence").map(({ at }) => at / RATE);
  expect(silent[0]).toBeGreaterThan(20.9);
  expect(silent[0]).toBeLessThan(21.6);
  expect(silent.at(-1)).toBeLessThan(33);
  expect(levels.filter(({ at }) => at < 20 * RATE).every(({ character }) => character === "unknown")).toBe(true);
});
