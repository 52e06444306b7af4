import type { Random } from "../random.js";
import { GROAN, makeClap, makeNoise, SHOUT } from "./crowd.js";
import { addScaled, bandPass, lowPass, multiply, normalise, wander, whiteNoise } from "./shape.js";
import { addVoice, drawVowel } from "./voices.js";

/** What a crowd that is up may do. */
export const CROWD_MOODS = ["cheer", "applause", "chant", "jeer"] as const;
export type CrowdMood = (typeof CROWD_MOODS)[number];

/** Voices of a jeer: "oo" and "o", Hz. */
const JEER_VOWELS: readonly [readonly number[], ...(readonly number[])[]] = [
  [300, 870, 2240],
  [360, 750, 2400],
  [500, 900, 2400],
];

const RENDERERS: Readonly<Record<CrowdMood, (lengthSec: number, rate: number, random: Random) => Float32Array>> = {
  cheer: renderCheer,
  applause: renderApplause,
  chant: renderChant,
  jeer: renderJeer,
};

/** A crowd of that mood from its first sample to its last, RMS 1; each draw of `random` is another crowd. */
export function renderMood(mood: CrowdMood, lengthSec: number, rate: number, random: Random): Float32Array {
  return normalise(RENDERERS[mood](lengthSec, rate, random), 1);
}

/** Screams and shouts; some crowds clap a little as well. */
function renderCheer(lengthSec: number, rate: number, random: Random): Float32Array {
  const shift = random.lognormal(1, 0.12);
  const bands = SHOUT.map(([hz, q, level]) => [hz * shift, q, level * random.lognormal(1, 0.3)] as const);
  const samples = makeNoise(bands, lengthSec, rate, random.uniform(0.15, 0.6), random.uniform(4, 40), random);
  if (random.chance(0.4)) addScaled(samples, claps(lengthSec, rate, random), random.uniform(0.05, 0.35));
  return samples;
}

function renderApplause(lengthSec: number, rate: number, random: Random): Float32Array {
  const samples = claps(lengthSec, rate, random);
  if (random.chance(0.6)) addScaled(samples, renderCheer(lengthSec, rate, random), random.uniform(0.05, 0.4));
  return samples;
}

/** From dozens of people, whose claps are heard one by one, to thousands, whose claps are a noise. RMS 1. */
function claps(lengthSec: number, rate: number, random: Random): Float32Array {
  const samples = new Float32Array(Math.round(lengthSec * rate));
  const perSec = random.lognormal(250, 0.9);
  const kinds = [makeClap(rate, random), ...Array.from({ length: 23 }, () => makeClap(rate, random))] as const;
  for (let i = 0; i < perSec * lengthSec; i++) {
    const at = Math.floor(random.uniform(0, samples.length));
    addScaled(samples, random.pick(kinds), random.lognormal(0.3, 0.7), at);
  }
  return normalise(samples, 1);
}

/** A song or a call: notes or shouts at a beat, by voices that are not quite together, sometimes clapped or drummed along. */
function renderChant(lengthSec: number, rate: number, random: Random): Float32Array {
  const length = Math.round(lengthSec * rate);
  const samples = new Float32Array(length);
  const beatSec = random.uniform(0.3, 0.9);
  const root = random.uniform(120, 190);
  const phrase = random.pick([2, 3, 4, 8]);
  const isCall = random.chance(0.4);
  const isClapped = random.chance(0.5);
  const apartSec = random.uniform(0.015, 0.06);
  for (let beat = 0; beat * beatSec < lengthSec - 1; beat++) {
    const noteHz = root * 2 ** (random.pick(isCall ? [0, 0, 1] : [0, 0, 2, 4, 5, 7]) / 12);
    const isSung = beat % phrase !== phrase - 1;
    const vowel = drawVowel(random);
    for (let singer = 0; isSung && singer < 12; singer++) {
      const hz = noteHz * random.normal(1, 0.015) * (random.chance(0.3) ? 2 : 1);
      const at = Math.max(0, Math.floor((beat * beatSec + random.normal(0.06, apartSec)) * rate));
      const voice = {
        fromHz: hz,
        toHz: hz * random.normal(1, 0.015),
        lengthSec: beatSec * (isCall ? 0.6 : 0.95),
        gain: 1,
      };
      addVoice(samples, rate, at, voice, vowel, random);
    }
    for (let hand = 0; isClapped && beat % 2 === 1 && hand < 25; hand++) {
      const at = Math.max(0, Math.floor((beat * beatSec + random.normal(0.06, 0.02)) * rate));
      if (at < length - rate) addScaled(samples, makeClap(rate, random), random.lognormal(1, 0.4), at);
    }
  }
  const sung = normalise(lowPass(samples, rate, random.uniform(2000, 5000)), 1);
  // Those who do not sing, and the echo of the stand.
  addScaled(sung, makeNoise(GROAN, lengthSec, rate, 0.3, 2, random), random.uniform(0.1, 0.5));
  return sung;
}

/** Long low vowels of many, each on its own pitch, over a dull noise: hardly anything above 2 kHz. */
function renderJeer(lengthSec: number, rate: number, random: Random): Float32Array {
  const length = Math.round(lengthSec * rate);
  const voices = new Float32Array(length);
  const middleHz = random.uniform(130, 190);
  const perSec = random.uniform(12, 30);
  for (let i = 0; i < perSec * lengthSec; i++) {
    const fromHz = middleHz * random.lognormal(1, 0.25) * (random.chance(0.2) ? 1.8 : 1);
    const voice = {
      fromHz,
      toHz: fromHz * random.uniform(0.75, 1),
      lengthSec: random.uniform(0.9, 2.6),
      gain: random.lognormal(0.3, 0.5),
    };
    const at = Math.floor(random.uniform(-1, lengthSec - 0.2) * rate);
    addVoice(voices, rate, Math.max(0, at), voice, random.pick(JEER_VOWELS), random);
  }
  const samples = normalise(lowPass(voices, rate, random.uniform(1200, 2500)), 1);
  const dull = multiply(
    bandPass(whiteNoise(length, random), rate, random.uniform(350, 600), 0.8),
    wander(length, rate, 2, random),
    0.3,
  );
  addScaled(samples, normalise(dull, 1), random.uniform(0.2, 0.8));
  return samples;
}

/** Loses `db` per octave above 500 Hz: air, distance, a poor microphone. In place. */
export function tilt(samples: Float32Array, rate: number, db: number): Float32Array {
  // A one-pole low-pass loses 6 dB per octave; a part of it mixed with the rest loses less.
  const dull = lowPass(samples.slice(), rate, 700);
  const share = Math.min(1, Math.max(0, db / 6));
  for (let i = 0; i < samples.length; i++) samples[i] = (1 - share) * (samples[i] ?? 0) + share * (dull[i] ?? 0);
  return samples;
}
