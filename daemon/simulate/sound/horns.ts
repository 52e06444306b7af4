import type { Random } from "../random.js";
import { addScaled, bandPass, normalise, whiteNoise } from "./shape.js";

/** A gas horn: a rough tone of 380-520 Hz, rich in harmonics up to 5 kHz, 0.4-2 s. RMS 1. */
export function renderAirHorn(lengthSec: number, sampleRate: number, random: Random): Float32Array {
  return renderReed(lengthSec, sampleRate, random.uniform(380, 520), 0.75, 0.02, random);
}

/** A vuvuzela: B flat below middle C (about 233 Hz) and its harmonics, wavering, seconds long. RMS 1. */
export function renderVuvuzela(lengthSec: number, sampleRate: number, random: Random): Float32Array {
  return renderReed(lengthSec, sampleRate, random.uniform(222, 242), 0.85, 0.12, random);
}

/** A pulse train's harmonics, each `tilt` of the one below, with a fade of `fadeSec`. */
function renderReed(
  lengthSec: number,
  rate: number,
  hz: number,
  tilt: number,
  fadeSec: number,
  random: Random,
): Float32Array {
  const samples = new Float32Array(Math.ceil(lengthSec * rate));
  const harmonics = Math.min(16, Math.floor((rate * 0.45) / hz));
  const weights = Array.from({ length: harmonics }, (_, k) => tilt ** k * random.uniform(0.6, 1));
  const waverHz = random.uniform(3, 6);
  let phase = 0;
  for (let i = 0; i < samples.length; i++) {
    const t = i / rate;
    phase += ((2 * Math.PI * hz) / rate) * (1 + 0.006 * Math.sin(2 * Math.PI * waverHz * t));
    let value = 0;
    for (let k = 0; k < harmonics; k++) value += (weights[k] ?? 0) * Math.sin((k + 1) * phase);
    samples[i] = value * Math.max(0, Math.min(1, t / fadeSec, (lengthSec - t) / fadeSec));
  }
  const air = bandPass(whiteNoise(samples.length, random), rate, 2500, 0.7);
  addScaled(samples, air, 0.1);
  return normalise(samples, 1);
}
