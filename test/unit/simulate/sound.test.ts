import { describe, expect, it } from "vitest";
import { EXAMPLE_MATCH, makeMatch, makeSound, Random } from "../../../daemon/simulate/index.js";
import { bandPass, closeLoop, rmsOf, whiteNoise } from "../../../daemon/simulate/sound/shape.js";
import { drawSpace, placeInSpace } from "../../../daemon/simulate/sound/space.js";
import { drawBlast, drawWhistle, renderFingerWhistle, renderWhistle } from "../../../daemon/simulate/sound/whistle.js";
import { unixMicros } from "../../../sync/index.js";

const RATE = 16_000;
const START = unixMicros(Date.UTC(2026, 4, 16, 18, 30) * 1000);

/** Power of a stretch at one frequency, by correlation with a Hann-windowed tone. */
function powerAt(samples: Float32Array, hz: number): number {
  let re = 0;
  let im = 0;
  for (let i = 0; i < samples.length; i++) {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / samples.length);
    re += samples[i]! * window * Math.cos((2 * Math.PI * hz * i) / RATE);
    im += samples[i]! * window * Math.sin((2 * Math.PI * hz * i) / RATE);
  }
  return (re * re + im * im) / samples.length;
}

function bandDb(samples: Float32Array, fromHz: number, toHz: number): number {
  let sum = 0;
  for (let hz = fromHz; hz < toHz; hz += 10) sum += powerAt(samples, hz);
  return 10 * Math.log10(sum);
}

function render(seconds: number, mixer: { next(block: Float32Array): void }, block = 32_768): Float32Array {
  const all = new Float32Array(Math.ceil((seconds * RATE) / block) * block);
  for (let at = 0; at < all.length; at += block) mixer.next(all.subarray(at, at + block));
  return all;
}

const cut = (samples: Float32Array, fromSec: number, toSec: number) =>
  samples.subarray(Math.round(fromSec * RATE), Math.round(toSec * RATE));

describe("a referee's whistle", () => {
  const whistles = Array.from({ length: 30 }, (_, seed) => drawWhistle(new Random(`w${seed}`)));

  it("is pealess in 3.5-4.3 kHz or has a pea in 2-3.2 kHz that trills at 30-60 Hz", () => {
    expect(new Set(whistles.map((whistle) => whistle.type))).toEqual(new Set(["pea", "pealess"]));
    for (const { type, tonesHz, trillHz } of whistles) {
      expect(tonesHz).toHaveLength(type === "pea" ? 1 : 3);
      for (const hz of tonesHz) {
        expect(hz).toBeGreaterThan(type === "pea" ? 2000 : 3500);
        expect(hz).toBeLessThan(type === "pea" ? 3200 : 4300);
      }
      expect(trillHz === 0 || (trillHz >= 30 && trillHz <= 60)).toBe(true);
    }
  });

  it("has RMS 1, starts at -12 dB of its plateau within two milliseconds and glides up from below", () => {
    const whistle = whistles.find((one) => one.type === "pealess")!;
    const random = new Random("blast");
    const blast = { ...drawBlast(random, 0.5), glideHz: 600, glideSec: 0.06, pitch: 1 };
    const samples = renderWhistle(whistle, blast, RATE, 0, random);
    expect(rmsOf(samples, 0, RATE / 2)).toBeCloseTo(1, 3);
    const plateau = rmsOf(cut(samples, 0.1, 0.4));
    const onset = rmsOf(cut(samples, 0.001, 0.004));
    expect(20 * Math.log10(onset / plateau)).toBeGreaterThan(-17);
    expect(20 * Math.log10(onset / plateau)).toBeLessThan(-5);
    const [low] = whistle.tonesHz;
    const attack = cut(samples, 0, 0.02);
    expect(powerAt(attack, low! - 450)).toBeGreaterThan(powerAt(attack, low! + 250));
  });

  it("starts between two samples when told to", () => {
    const whistle = whistles[0]!;
    const blast = drawBlast(new Random("b"), 0.3);
    const whole = renderWhistle(whistle, blast, RATE, 0, new Random("r"));
    const half = renderWhistle(whistle, blast, RATE, 0.5 / RATE, new Random("r"));
    expect(half[4]).not.toBe(whole[4]);
    expect(half.length).toBe(whole.length);
  });

  it("keeps its direct path where it was when a stadium is put around it", () => {
    const random = new Random("space");
    const dry = renderWhistle(whistles[0]!, drawBlast(random, 0.3), RATE, 0, random);
    for (let i = 0; i < 20; i++) {
      const wet = placeInSpace(dry, drawSpace(random), RATE);
      expect(Array.from(wet.subarray(0, 100))).toEqual(Array.from(dry.subarray(0, 100)));
      expect(rmsOf(wet, 0, dry.length)).toBeLessThan(1.5 * rmsOf(dry));
    }
  });

  it("differs from fans' fingers by their single tone of 2.3-3.7 kHz", () => {
    const samples = renderFingerWhistle(1.5, RATE, new Random("fan"));
    expect(bandDb(cut(samples, 0.3, 0.6), 2200, 3800)).toBeGreaterThan(bandDb(cut(samples, 0.3, 0.6), 3900, 5500) + 20);
  });
});

describe("shapes", () => {
  it("passes the band's centre and little else", () => {
    const noise = bandPass(whiteNoise(RATE, new Random("n")), RATE, 1000, 2);
    expect(bandDb(noise, 900, 1100)).toBeGreaterThan(bandDb(noise, 4000, 4200) + 12);
  });

  it("closes a loop without a jump", () => {
    const ramp = Float32Array.from({ length: 2000 }, (_, i) => Math.sin(i / 20));
    const loop = closeLoop(ramp, 400);
    expect(loop).toHaveLength(1600);
    expect(Math.abs(loop[0]! - ramp[1600]!)).toBeLessThan(1e-6);
  });
});

describe("the sound of a match", () => {
  it("is the same for a seed, whatever the size of the blocks", () => {
    const options = { sampleRate: RATE, snrDb: 6 };
    const wide = render(20, makeSound(EXAMPLE_MATCH, 5, options).mixer, 32_768);
    const narrow = render(20, makeSound(EXAMPLE_MATCH, 5, options).mixer, 4096);
    const other = render(20, makeSound(EXAMPLE_MATCH, 6, options).mixer, 4096);
    const same = (a: Float32Array, b: Float32Array) => {
      let worst = 0;
      for (let i = 0; i < 20 * RATE; i++) worst = Math.max(worst, Math.abs(a[i]! - b[i]!));
      return worst;
    };
    expect(same(wide, narrow)).toBeLessThan(1e-6);
    expect(same(wide, other)).toBeGreaterThan(0.01);
  });

  it("rises in the whistle's band at each true onset, by what the level over the crowd promises", () => {
    const { mixer, plan } = makeSound(EXAMPLE_MATCH, 1, { sampleRate: RATE, snrDb: 8 });
    const samples = render(20, mixer);
    for (const cue of EXAMPLE_MATCH.cues) {
      if (cue.kind !== "whistle" || cue.count > 1) continue;
      const before = bandDb(cut(samples, cue.onsetSec - 0.14, cue.onsetSec - 0.01), 2000, 4500);
      const after = bandDb(cut(samples, cue.onsetSec + 0.07, cue.onsetSec + 0.2), 2000, 4500);
      // A crowd's band is some 10 dB below its broadband level.
      expect(after - before, cue.cueId).toBeGreaterThan((plan.snrDb.get(cue.cueId) ?? 0) + 1);
    }
  });

  it("lets the crowd roar at a goal by 6 to 16 dB", () => {
    for (const seed of [1, 2, 3, 4]) {
      const samples = render(20, makeSound(EXAMPLE_MATCH, seed, { sampleRate: RATE, snrDb: 8 }).mixer);
      const rise = 20 * Math.log10(rmsOf(cut(samples, 11.8, 13.5)) / rmsOf(cut(samples, 8.5, 10)));
      expect(rise).toBeGreaterThan(5);
      expect(rise).toBeLessThan(17);
    }
  });

  it("keeps the crowd's energy below 2 kHz and its level far from clipping", () => {
    const samples = render(
      8,
      makeSound({ ...EXAMPLE_MATCH, cues: [], plays: [] }, 3, { sampleRate: RATE, snrDb: 8 }).mixer,
    );
    const stretch = cut(samples, 2, 2.5);
    const low = bandDb(stretch, 100, 2000);
    const high = bandDb(stretch, 2000, 4500);
    expect(low - high).toBeGreaterThan(3);
    expect(low - high).toBeLessThan(18);
    expect(samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0)).toBeLessThan(0.5);
  });

  it("holds every kind of sound that is mistaken for a whistle, and tells where", () => {
    const match = makeMatch(2, { start: START, minutes: 90, breakMinutes: 3 });
    const { plan } = makeSound(match, 2, { sampleRate: RATE, snrDb: 6 });
    const kinds = new Set(plan.distractors.map((distractor) => distractor.kind));
    for (const kind of ["crowdWhistle", "airHorn", "vuvuzela", "paVoice", "paMusic", "replay", "chant", "applause"]) {
      expect(kinds).toContain(kind);
    }
    const atSecs = plan.clips.map((clip) => clip.atSec);
    expect(atSecs).toEqual([...atSecs].sort((a, b) => a - b));
    for (const { onsetSec, endSec } of plan.distractors) {
      expect(onsetSec).toBeGreaterThanOrEqual(0);
      expect(endSec).toBeGreaterThan(onsetSec);
      expect(endSec).toBeLessThanOrEqual(match.durationSec);
    }
    const snrs = [...plan.snrDb.values()];
    expect(Math.min(...snrs)).toBeGreaterThanOrEqual(-5);
    expect(Math.max(...snrs)).toBeLessThanOrEqual(15);
  });
});
