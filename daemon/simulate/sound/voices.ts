import type { Random } from "../random.js";
import { bandPass, normalise } from "./shape.js";

/** Formants of open vowels, Hz: a, o, e, u. */
const VOWELS: readonly [readonly number[], ...(readonly number[])[]] = [
  [730, 1090, 2440],
  [570, 840, 2410],
  [530, 1840, 2480],
  [300, 870, 2240],
];

/**
 * Adds a voiced tone to a buffer: harmonics of a gliding pitch, weighted by vowel formants, faded in and out.
 * Each harmonic is a rotating phasor, so that a minute of crowd costs no sine per sample.
 */
export function addVoice(
  into: Float32Array,
  sampleRate: number,
  at: number,
  voice: { readonly fromHz: number; readonly toHz: number; readonly lengthSec: number; readonly gain: number },
  formants: readonly number[],
  random: Random,
): void {
  const length = Math.min(Math.floor(voice.lengthSec * sampleRate), into.length - at);
  const highest = Math.min(14, Math.floor((sampleRate * 0.45) / Math.max(voice.fromHz, voice.toHz)));
  for (let harmonic = 1; harmonic <= highest; harmonic++) {
    const gain = (voice.gain * formantGain(harmonic * voice.fromHz, formants)) / harmonic;
    const phase = random.uniform(0, 2 * Math.PI);
    let re = Math.cos(phase);
    let im = Math.sin(phase);
    const block = 128;
    for (let from = 0; from < length; from += block) {
      const x = from / length;
      const hz = harmonic * (voice.fromHz + (voice.toHz - voice.fromHz) * x);
      const c = Math.cos((2 * Math.PI * hz) / sampleRate);
      const s = Math.sin((2 * Math.PI * hz) / sampleRate);
      const level = gain * Math.sin(Math.PI * Math.min(1, x + 0.02)) ** 0.5;
      const to = Math.min(length, from + block);
      for (let i = from; i < to; i++) {
        into[at + i] = (into[at + i] ?? 0) + level * im;
        const turned = re * c - im * s;
        im = re * s + im * c;
        re = turned;
      }
    }
  }
}

function formantGain(hz: number, formants: readonly number[]): number {
  let gain = 0.05;
  for (const formant of formants) gain += 1 / (1 + ((hz - formant) / (0.12 * formant + 60)) ** 2);
  return gain;
}

export function drawVowel(random: Random): readonly number[] {
  return random.pick(VOWELS);
}

/** An announcer over the loudspeakers: syllables of a speaking voice, cut to the band of a horn loudspeaker. RMS 1. */
export function renderAnnouncement(lengthSec: number, sampleRate: number, random: Random): Float32Array {
  const samples = new Float32Array(Math.ceil(lengthSec * sampleRate));
  const pitch = random.uniform(95, 190);
  for (let at = 0; at < lengthSec - 0.3; ) {
    const syllableSec = random.uniform(0.11, 0.28);
    const fromHz = pitch * random.uniform(0.85, 1.35);
    const voice = { fromHz, toHz: fromHz * random.uniform(0.8, 1.1), lengthSec: syllableSec, gain: 1 };
    addVoice(samples, sampleRate, Math.floor(at * sampleRate), voice, drawVowel(random), random);
    at += syllableSec + (random.chance(0.15) ? random.uniform(0.2, 0.5) : random.uniform(0, 0.04));
  }
  return normalise(bandPass(samples, sampleRate, 1200, 0.5), 1);
}

/** Music over the loudspeakers: chords and a melody whose upper notes reach the whistle's band. RMS 1. */
export function renderJingle(lengthSec: number, sampleRate: number, random: Random): Float32Array {
  const samples = new Float32Array(Math.ceil(lengthSec * sampleRate));
  const root = random.uniform(110, 180);
  const beatSec = random.uniform(0.28, 0.5);
  const scale = [0, 2, 4, 5, 7, 9, 12] as const;
  for (let beat = 0; beat * beatSec < lengthSec - beatSec; beat++) {
    const at = Math.floor(beat * beatSec * sampleRate);
    const bassHz = root * 2 ** (random.pick([0, 5, 7, 9]) / 12);
    addNote(samples, sampleRate, at, bassHz, beatSec * 1.5, 0.5, 6);
    const melodyHz = root * random.pick([4, 8, 16]) * 2 ** (random.pick(scale) / 12);
    if (random.chance(0.8)) addNote(samples, sampleRate, at, melodyHz, beatSec * 0.9, 0.35, 3);
  }
  return normalise(samples, 1);
}

function addNote(
  into: Float32Array,
  rate: number,
  at: number,
  hz: number,
  lengthSec: number,
  gain: number,
  harmonics: number,
): void {
  const length = Math.min(Math.floor(lengthSec * rate), into.length - at);
  for (let harmonic = 1; harmonic <= harmonics && harmonic * hz < rate * 0.45; harmonic++) {
    const w = (2 * Math.PI * harmonic * hz) / rate;
    for (let i = 0; i < length; i++) {
      const decay = 1 - i / length;
      into[at + i] = (into[at + i] ?? 0) + (gain / harmonic) * decay * Math.min(1, i / 80) * Math.sin(w * i);
    }
  }
}
