import { describe, expect, it } from "vitest";
import { mixWhistles } from "../../../daemon/score/mix.js";
import { resample } from "../../../daemon/score/resample.js";
import { Random, rmsOf } from "../../../daemon/simulate/index.js";

const RATE = 16_000;

function tone(hz: number, seconds: number, rate = RATE): Float32Array {
  return Float32Array.from({ length: Math.round(seconds * rate) }, (_, i) => Math.sin((2 * Math.PI * hz * i) / rate));
}

function noise(seconds: number): Float32Array {
  const random = new Random("noise");
  return Float32Array.from({ length: seconds * RATE }, () => random.next() - 0.5);
}

/** RMS of what was added: the mix minus the crowd alone. */
function addedRms(mixed: Float32Array, crowd: Float32Array, fromSec: number, toSec: number): number {
  const added = mixed.map((sample, i) => sample - (crowd[i] ?? 0));
  return rmsOf(added, Math.round(fromSec * RATE), Math.round(toSec * RATE));
}

describe("mixWhistles", () => {
  const whistle = { name: "w", samples: tone(3000, 0.4), length: 0.4 * RATE };

  it.each([-5, 0, 10])("puts whistles at the level asked for over the crowd: %i dB", (snrDb) => {
    // A hiss, not a tone: echoes of a tone may cancel it.
    const hiss = { ...whistle, samples: noise(1).subarray(0, whistle.length) };
    const whistles = [hiss, hiss, hiss, hiss];
    const mix = mixWhistles(noise(4), whistles, RATE, snrDb, new Random("a"));
    const crowd = mixWhistles(noise(4), whistles, RATE, -200, new Random("a")).samples;
    for (const { onsetSec, endSec } of mix.targets) {
      const level = 20 * Math.log10(addedRms(mix.samples, crowd, onsetSec, endSec) / rmsOf(crowd));
      // Echoes and a tail add to the direct path in six of ten.
      expect(level).toBeGreaterThan(snrDb - 0.5);
      expect(level).toBeLessThan(snrDb + 1.5);
    }
  });

  it("labels the onset of the direct path: nothing is added before it", () => {
    const mix = mixWhistles(noise(4), [whistle], RATE, 20, new Random("b"));
    const crowd = mixWhistles(noise(4), [whistle], RATE, -200, new Random("b")).samples;
    const [target] = mix.targets;
    const scale = mix.samples[0]! / crowd[0]!;
    const alone = crowd.map((sample) => sample * scale);
    expect(addedRms(mix.samples, alone, 0, target!.onsetSec - 0.001)).toBeLessThan(1e-6);
    expect(addedRms(mix.samples, alone, target!.onsetSec, target!.endSec)).toBeGreaterThan(0.05);
  });

  it("leaves room between blasts, does not clip, and is the same for the same numbers", () => {
    const whistles = Array.from({ length: 6 }, () => whistle);
    const mix = mixWhistles(noise(2), whistles, RATE, 30, new Random("c"));
    expect(mixWhistles(noise(2), whistles, RATE, 30, new Random("c"))).toEqual(mix);
    for (let i = 1; i < mix.targets.length; i++) {
      expect(mix.targets[i]!.onsetSec - mix.targets[i - 1]!.endSec).toBeGreaterThanOrEqual(4.5);
    }
    expect(mix.samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0)).toBeLessThanOrEqual(0.9501);
  });

  it("survives a bed of nothing", () => {
    const mix = mixWhistles(new Float32Array(0), [whistle], RATE, 0, new Random("d"));
    expect(mix.samples.every(Number.isFinite)).toBe(true);
  });
});

describe("resample", () => {
  it.each([
    [48_000, 16_000],
    [16_000, 48_000],
    [22_050, 48_000],
    [44_100, 16_000],
  ])("keeps a tone's pitch, level and place: %i to %i Hz", (from, to) => {
    const out = resample(tone(1000, 0.5, from), from, to);
    const expected = tone(1000, 0.5, to);
    let worst = 0;
    for (let i = 500; i < out.length - 500; i++) worst = Math.max(worst, Math.abs(out[i]! - expected[i]!));
    expect(worst).toBeLessThan(0.01);
  });

  it("takes away what the lower rate cannot hold", () => {
    const out = resample(tone(11_000, 0.5, 48_000), 48_000, 16_000);
    expect(rmsOf(out, 500, out.length - 500)).toBeLessThan(0.02);
  });
});
