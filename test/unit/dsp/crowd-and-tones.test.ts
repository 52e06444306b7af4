import { describe, expect, it } from "vitest";
import { addTone, addWhistle, crowd, finals, listen, makeNoise } from "./sound.js";

const RATE = 48_000;

/** Crowd whose level rises by `riseDb` from `atSec` within `rampSec`, for 6 s. */
function rising(seconds: number, atSec: number, riseDb: number, rampSec: number, seed: number): Float32Array {
  const sound = crowd(seconds, RATE, 0.03, seed);
  for (let i = Math.round(atSec * RATE); i < sound.length; i += 1) {
    const t = i / RATE - atSec;
    const share = t < 6 ? Math.min(1, t / rampSec) : Math.max(0, 1 - (t - 6));
    sound[i] = sound[i]! * 10 ** ((riseDb * share) / 20);
  }
  return sound;
}

describe("roar", () => {
  it.each([1, 2, 3, 4])("finds a rise of 7 dB within 0.8 s, once, timed to 0.35 s (crowd %i)", async (seed) => {
    const { cues } = await listen(rising(40, 22, 7, 0.8, seed), RATE);
    const roars = finals(cues, "roar");
    expect(roars).toHaveLength(1);
    expect(Math.abs(roars[0]!.onset / RATE - 22)).toBeLessThan(0.35);
    expect(Math.abs(roars[0]!.end! / RATE - 28.5)).toBeLessThan(1);
  });

  it("is told 1.2 to 2.5 s after its onset, as a causal listener must", async () => {
    const { cues } = await listen(rising(40, 22, 9, 0.5, 7), RATE);
    const first = cues.find((cue) => cue.kind === "roar")!;
    const delaySec = (first.reported - first.onset) / RATE;
    expect(delaySec).toBeGreaterThan(1.1);
    expect(delaySec).toBeLessThan(2.5);
  });

  it("is not made of a slow swell, nor of a whistle", async () => {
    const swell = rising(90, 20, 7, 60, 5);
    addWhistle(swell, RATE, { atSec: 12, lengthSec: 1.6, amplitude: 0.3 });
    const { cues } = await listen(swell, RATE);
    expect(finals(cues, "roar")).toEqual([]);
  });

  it("lifts the excitement near 1 and lets it sink again", async () => {
    const { levels } = await listen(rising(45, 22, 12, 0.5, 6), RATE);
    const at = (sec: number) => levels.find((level) => level.at / RATE >= sec)!;
    expect(at(20).excitement).toBeLessThan(0.15);
    expect(at(26).excitement).toBeGreaterThan(0.85);
    expect(at(26).crowdRiseDb).toBeGreaterThan(9);
    expect(at(44).excitement).toBeLessThan(0.2);
  });
});

/** Broadband noise and a gliding engine with `tones` beeps of 0.2 s one second apart, the last of 0.8 s, as loud as the noise. */
function startLights(hz: number, tones: number, seed: number): Float32Array {
  const seconds = tones + 5;
  const sound = crowd(seconds, RATE, 0.04, seed);
  const noise = makeNoise(seed);
  let phase = 0;
  for (let i = 0; i < sound.length; i += 1) {
    phase += (2 * Math.PI * (90 + 60 * Math.sin((2 * Math.PI * i) / (7 * RATE)))) / RATE;
    sound[i] =
      sound[i]! + 0.02 * (Math.sin(phase) + 0.6 * Math.sin(2 * phase) + 0.4 * Math.sin(3 * phase)) + 0.01 * noise();
  }
  for (let i = 0; i < tones; i += 1) {
    addTone(sound, RATE, { atSec: 2 + i, lengthSec: i === tones - 1 ? 0.8 : 0.2, amplitude: 0.07, hz });
  }
  return sound;
}

describe("beep trains", () => {
  it.each([
    [440, 4],
    [700, 5],
    [880, 5],
    [1200, 4],
  ])("finds every tone of %i Hz x %i in engine noise, timed to 15 ms, and which is the last", async (hz, tones) => {
    const { cues } = await listen(startLights(hz, tones, hz), RATE);
    const beeps = finals(cues, "beep").sort((a, b) => a.onset - b.onset);
    expect(beeps.map((cue) => cue.count)).toEqual(Array.from({ length: tones }, (_, i) => i + 1));
    beeps.forEach((cue, i) => {
      expect(Math.abs(cue.onset / RATE - 2 - i)).toBeLessThan(0.015);
      expect(Math.abs(cue.tonesHz[0]! - hz)).toBeLessThan(15);
      expect(cue.flags.includes("last")).toBe(i === tones - 1);
    });
  });

  it("does not take two tones, or tones at unequal steps, for a train", async () => {
    const sound = crowd(12, RATE, 0.01, 3);
    for (const atSec of [2, 3, 5.6, 7.1, 9.9]) addTone(sound, RATE, { atSec, lengthSec: 0.2, amplitude: 0.1, hz: 800 });
    const { cues } = await listen(sound, RATE);
    expect(finals(cues, "beep")).toEqual([]);
  });
});

describe("horns", () => {
  it.each([
    [233, 6],
    [330, 5],
    [480, 3],
  ])("finds a stack of %i Hz with %i harmonics, timed to 50 ms", async (hz, harmonics) => {
    const sound = crowd(8, RATE, 0.01, hz);
    addTone(sound, RATE, { atSec: 3, lengthSec: 1.5, amplitude: 0.12, hz }, harmonics, 0.03);
    const horns = finals((await listen(sound, RATE)).cues, "horn");
    expect(horns).toHaveLength(1);
    expect(Math.abs(horns[0]!.onset / RATE - 3)).toBeLessThan(0.05);
    expect(Math.abs(horns[0]!.end! / RATE - 4.5)).toBeLessThan(0.1);
    expect(Math.abs(horns[0]!.tonesHz[0]! - hz)).toBeLessThan(0.03 * hz);
  });

  it("does not take a single tone or a short stab for a horn", async () => {
    const sound = crowd(8, RATE, 0.01, 2);
    addTone(sound, RATE, { atSec: 2, lengthSec: 1.5, amplitude: 0.12, hz: 400 });
    addTone(sound, RATE, { atSec: 5, lengthSec: 0.25, amplitude: 0.12, hz: 330 }, 5, 0.03);
    expect(finals((await listen(sound, RATE)).cues, "horn")).toEqual([]);
  });
});
