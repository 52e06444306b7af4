import type { Random } from "../../random.js";
import type { CrowdTextures } from "../crowd.js";
import { addScaled, bandPass, decibels, highPass, lowPass, normalise, wander, whiteNoise } from "../shape.js";
import { renderVoice } from "./people.js";

/** A stand full of people: its murmur, chants, applause, roars that come and go. RMS about 1. */
export function renderStand(length: number, crowd: CrowdTextures, rate: number, random: Random): Float32Array {
  const sound = new Float32Array(length);
  addRound(sound, crowd.bed, 1, random);
  for (const texture of [...crowd.chants, crowd.applause, crowd.roar]) {
    if (random.chance(0.5)) continue;
    const part = new Float32Array(length);
    addRound(part, texture, 1, random);
    const swell = wander(length, rate, 0.15, random);
    for (let i = 0; i < length; i++) part[i] = (part[i] ?? 0) * (swell[i] ?? 0) ** 3;
    addScaled(sound, part, random.uniform(0.3, 2));
  }
  addVoices(sound, random.uniform(0.2, 2), [-22, random.uniform(-12, 4)], rate, random);
  if (random.chance(0.5)) lowPass(sound, rate, random.uniform(1500, 8000));
  if (random.chance(0.3)) highPass(sound, rate, random.uniform(100, 600));
  return normalise(sound, 1);
}

/** A hall or a field with few people: a falling noise floor, hum, and now and then somebody who talks. RMS about 1. */
export function renderHall(length: number, rate: number, random: Random): Float32Array {
  const sound = normalise(lowPass(whiteNoise(length, random), rate, random.uniform(150, 1500)), 1);
  addScaled(sound, normalise(whiteNoise(length, random), 1), random.uniform(0.01, 0.15));
  if (random.chance(0.5)) {
    const hz = random.uniform(300, 3500);
    addScaled(
      sound,
      normalise(bandPass(whiteNoise(length, random), rate, hz, random.uniform(1, 15)), 1),
      random.uniform(0.05, 0.4),
    );
  }
  const hum = random.pick([50, 60, 100, 120]);
  for (let h = 1; h <= 6; h++) addSine(sound, hum * h, random.uniform(0, 0.3) / h, rate);
  addVoices(sound, random.uniform(0, 0.6), [-20, 10], rate, random);
  addBursts(sound, random.uniform(0, 2), rate, random);
  return normalise(sound, 1);
}

/** A microphone: its highest level, clipping, a gain that follows the level (AGC), the converter's steps. In place. */
export function throughMicrophone(sound: Float32Array, rate: number, random: Random): Float32Array {
  if (random.chance(0.25)) lowPass(sound, rate, random.uniform(5000, 12000));
  if (random.chance(0.25)) followLevel(sound, rate, random);
  let peak = 1e-9;
  for (const x of sound) peak = Math.max(peak, Math.abs(x));
  const clipDb = random.chance(0.25) ? random.uniform(1, 14) : random.uniform(-25, -1);
  const gain = decibels(clipDb) / peak;
  const steps = random.chance(0.15) ? 2 ** random.integer(9, 12) : 2 ** 15;
  for (let i = 0; i < sound.length; i++) {
    const x = Math.max(-1, Math.min(1, (sound[i] ?? 0) * gain));
    sound[i] = Math.round(x * steps) / steps;
  }
  return sound;
}

/** Automatic gain: down within 10-50 ms, up within 0.5-3 s, by half to nine tenths of the level's dB. */
function followLevel(sound: Float32Array, rate: number, random: Random): void {
  const down = 1 - Math.exp(-1 / (random.uniform(0.01, 0.05) * rate));
  const up = 1 - Math.exp(-1 / (random.uniform(0.5, 3) * rate));
  const power = random.uniform(0.25, 0.45);
  let level = 1e-4;
  for (let i = 0; i < sound.length; i++) {
    const now = (sound[i] ?? 0) ** 2;
    level += (now > level ? down : up) * (now - level);
    sound[i] = (sound[i] ?? 0) * (level + 1e-9) ** -power;
  }
}

/** People near the microphone, `perSec` calls, each at a level over the sound's RMS of 1. */
function addVoices(
  sound: Float32Array,
  perSec: number,
  levelDb: readonly [number, number],
  rate: number,
  random: Random,
): void {
  normalise(sound, 1);
  const calls = Math.round((sound.length / rate) * perSec);
  for (let i = 0; i < calls; i++) {
    const voice = normalise(renderVoice(rate, random), decibels(random.uniform(...levelDb)));
    addScaled(sound, voice, 1, Math.floor(random.uniform(0, sound.length)));
  }
}

/** Steps, motors and things that fall: bands of noise of 20-600 ms. */
function addBursts(sound: Float32Array, perSec: number, rate: number, random: Random): void {
  const bursts = Math.round((sound.length / rate) * perSec);
  for (let i = 0; i < bursts; i++) {
    const length = Math.round(random.uniform(0.02, 0.6) * rate);
    const burst = bandPass(whiteNoise(length, random), rate, random.uniform(300, 4500), random.uniform(0.5, 12));
    normalise(burst, decibels(random.uniform(-15, 12)));
    const decay = random.chance(0.5) ? 0 : random.uniform(3, 30);
    for (let k = 0; k < length; k++)
      burst[k] = (burst[k] ?? 0) * Math.exp((-decay * k) / rate) * Math.min(1, (length - k) / 200);
    addScaled(sound, burst, 1, Math.floor(random.uniform(0, sound.length)));
  }
}

function addRound(into: Float32Array, texture: Float32Array, gain: number, random: Random): void {
  let place = Math.floor(random.next() * texture.length);
  for (let i = 0; i < into.length; i++) {
    into[i] = (into[i] ?? 0) + gain * (texture[place] ?? 0);
    if (++place === texture.length) place = 0;
  }
}

function addSine(into: Float32Array, hz: number, gain: number, rate: number): void {
  const w = (2 * Math.PI * hz) / rate;
  for (let i = 0; i < into.length; i++) into[i] = (into[i] ?? 0) + gain * Math.sin(w * i);
}
