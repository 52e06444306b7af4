import { normalise, type Random } from "../../simulate/index.js";

/** Engines near the microphone: the firing rate glides between 60 and 400 Hz. */
const FUNDAMENTAL_HZ = [60, 400] as const;
const HARMONICS = 12;

/**
 * Engine noise, RMS 1: broadband noise that falls by 6 dB per octave above a corner, and the harmonics of a firing rate that glides between 60 and 400 Hz,
 * half of the power each.
 */
export function renderEngine(lengthSec: number, rate: number, random: Random): Float32Array {
  const length = Math.ceil(lengthSec * rate);
  const broad = new Float32Array(length);
  const keep = Math.exp((-2 * Math.PI * random.uniform(300, 3000)) / rate);
  let low = 0;
  for (let i = 0; i < length; i++) {
    const white = 2 * random.next() - 1;
    low = keep * low + (1 - keep) * white;
    broad[i] = low + 0.03 * white;
  }
  normalise(broad, Math.SQRT1_2);
  const tones = normalise(renderHarmonics(length, rate, random), Math.SQRT1_2);
  for (let i = 0; i < length; i++) broad[i] = (broad[i] ?? 0) + (tones[i] ?? 0);
  return normalise(broad, 1);
}

function renderHarmonics(length: number, rate: number, random: Random): Float32Array {
  const samples = new Float32Array(length);
  const fall = random.uniform(0.3, 1.2);
  const weights = Array.from({ length: HARMONICS }, (_, h) => (h + 1) ** -fall * random.lognormal(1, 0.4));
  let phase = 0;
  let hz = random.uniform(...FUNDAMENTAL_HZ);
  let left = 0;
  let ratio = 1;
  for (let i = 0; i < length; i++) {
    if (left-- <= 0) {
      // A gear: the rate runs to another one within 0.4-3 s.
      left = Math.round(random.uniform(0.4, 3) * rate);
      ratio = (random.uniform(...FUNDAMENTAL_HZ) / hz) ** (1 / left);
    }
    hz *= ratio;
    phase += (2 * Math.PI * hz) / rate;
    const twice = 2 * Math.cos(phase);
    let before = 0;
    let now = Math.sin(phase);
    for (let h = 0; h < HARMONICS; h++) {
      samples[i] = (samples[i] ?? 0) + (weights[h] ?? 0) * now;
      const next = twice * now - before;
      before = now;
      now = next;
    }
  }
  return samples;
}
