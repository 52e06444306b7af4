import type { Random } from "../random.js";
import { addScaled, bandPass, closeLoop, decibels, lowPass, multiply, normalise, wander, whiteNoise } from "./shape.js";
import { addVoice, drawVowel } from "./voices.js";

/** Stretches of sound that go round and round, RMS 1. They are made once and mixed all match long. */
export interface CrowdTextures {
  readonly bed: Float32Array;
  readonly roar: Float32Array;
  readonly groan: Float32Array;
  readonly applause: Float32Array;
  readonly chants: readonly Float32Array[];
}

/** Bands of many people talking: centre Hz, Q, level. Falls by 12 dB per octave above 1.5 kHz: a crowd's energy sits below 2 kHz. */
const TALK = [
  [180, 0.7, 0.6],
  [350, 0.9, 1],
  [600, 1, 1],
  [950, 1, 0.75],
  [1500, 1, 0.4],
  [2400, 0.9, 0.19],
  [3800, 0.8, 0.09],
  [6000, 0.8, 0.035],
] as const;
/** People who shout: brighter, two formants. */
export const SHOUT = [
  [300, 0.8, 0.35],
  [700, 1.1, 1],
  [1150, 1.2, 0.95],
  [1900, 1, 0.5],
  [2700, 1, 0.3],
  [4200, 0.8, 0.1],
] as const;
/** A disappointed "ooh". */
export const GROAN = [
  [220, 1, 0.8],
  [420, 1.4, 1],
  [780, 1.4, 0.6],
  [1700, 1, 0.15],
  [3000, 0.8, 0.04],
] as const;

/** Crowds differ in how bright they sound: the level above 2 kHz, dB. Measured beds spread by about 4 dB around their median. */
const BRIGHTNESS_SD_DB = 3;

export function makeCrowd(sampleRate: number, random: Random): CrowdTextures {
  const brightness = decibels(Math.max(-6, Math.min(6, random.fork("brightness").normal(0, BRIGHTNESS_SD_DB))));
  const talk = TALK.map(([hz, q, level]) => [hz, q, hz < 2000 ? level : level * brightness] as const);
  return {
    bed: makeNoise(talk, 60, sampleRate, 0.6, 5, random.fork("bed")),
    roar: makeNoise(SHOUT, 20, sampleRate, 0.35, 14, random.fork("roar")),
    groan: makeNoise(GROAN, 9, sampleRate, 0.25, 4, random.fork("groan")),
    applause: makeApplause(9, sampleRate, random.fork("applause")),
    chants: [0, 1, 2].map((which) => makeChant(sampleRate, random.fork(`chant${which}`))),
  };
}

/** Band noises, each breathing at the pace of syllables, with single shouts on top. */
export function makeNoise(
  bands: readonly (readonly [number, number, number])[],
  lengthSec: number,
  rate: number,
  depth: number,
  shoutsPerSec: number,
  random: Random,
): Float32Array {
  const overlap = rate;
  const length = Math.round(lengthSec * rate) + overlap;
  const sum = new Float32Array(length);
  for (const [hz, q, level] of bands) {
    if (hz > rate * 0.45) continue;
    const band = bandPass(whiteNoise(length, random), rate, hz, q);
    // Narrow bands pass less noise: bring each to its level by RMS, not by gain.
    addScaled(sum, multiply(normalise(band, 1), wander(length, rate, random.uniform(3, 7), random), depth), level);
  }
  normalise(sum, 1);
  const shouts = new Float32Array(length);
  for (let i = 0; i < shoutsPerSec * lengthSec; i++) {
    const fromHz = random.uniform(150, 430);
    const voice = {
      fromHz,
      toHz: fromHz * random.uniform(0.75, 1.15),
      lengthSec: random.uniform(0.15, 0.6),
      gain: random.lognormal(0.12, 0.7),
    };
    addVoice(shouts, rate, Math.floor(random.uniform(0, length - rate)), voice, drawVowel(random), random);
  }
  addScaled(sum, shouts, 1);
  return normalise(closeLoop(sum, overlap), 1);
}

/** Hundreds of single claps, 3-8 ms each, 1-2.5 kHz. */
function makeApplause(lengthSec: number, rate: number, random: Random): Float32Array {
  const overlap = rate;
  const length = Math.round(lengthSec * rate) + overlap;
  const samples = new Float32Array(length);
  for (let i = 0; i < lengthSec * 110; i++) {
    addScaled(samples, makeClap(rate, random), random.lognormal(0.3, 0.6), Math.floor(random.uniform(0, length)));
  }
  return normalise(closeLoop(samples, overlap), 1);
}

export function makeClap(rate: number, random: Random): Float32Array {
  const clap = whiteNoise(Math.round(0.03 * rate), random);
  const decaySec = random.uniform(0.003, 0.008);
  for (let i = 0; i < clap.length; i++) clap[i] = (clap[i] ?? 0) * Math.exp(-i / (decaySec * rate));
  return bandPass(clap, rate, random.uniform(1000, 2500), 1.2);
}

/** A melody of eight notes sung by voices that are never quite together, clapped along. */
function makeChant(rate: number, random: Random): Float32Array {
  const beatSec = random.uniform(0.42, 0.62);
  const length = Math.round(16 * beatSec * rate);
  const samples = new Float32Array(length);
  const root = random.uniform(130, 175);
  for (let beat = 0; beat < 16; beat++) {
    const noteHz = root * 2 ** (random.pick([0, 0, 2, 4, 5, 7]) / 12);
    const isSung = beat % 8 !== 7;
    const vowel = drawVowel(random);
    for (let singer = 0; isSung && singer < 7; singer++) {
      const hz = noteHz * random.normal(1, 0.012) * (random.chance(0.3) ? 2 : 1);
      const at = Math.max(0, Math.floor((beat * beatSec + random.normal(0.03, 0.03)) * rate));
      const voice = { fromHz: hz, toHz: hz * random.normal(1, 0.01), lengthSec: beatSec * 0.95, gain: 1 };
      addVoice(samples, rate, at, voice, vowel, random);
    }
    for (let hand = 0; beat % 2 === 1 && hand < 25; hand++) {
      const at = Math.max(0, Math.floor((beat * beatSec + random.normal(0.02, 0.02)) * rate));
      addScaled(samples, makeClap(rate, random), 1.2, at);
    }
  }
  return normalise(lowPass(samples, rate, 2500), 1);
}
