import type { Random } from "../../random.js";

export interface Tone {
  readonly lengthSec: number;
  /** Frequency at a time since the tone's start, Hz. */
  readonly hz: (sec: number) => number;
  /** Amplitudes of the harmonics, the fundamental first. */
  readonly harmonics: readonly number[];
  /** Amplitude over time, beside the fades. */
  readonly gain?: (sec: number) => number;
  readonly attackSec: number;
  readonly releaseSec: number;
}

/** Samples of a tone with its harmonics below half the rate; squared-sine fades. */
export function renderTone(tone: Tone, rate: number): Float32Array {
  const samples = new Float32Array(Math.ceil(tone.lengthSec * rate));
  let phase = 0;
  for (let i = 0; i < samples.length; i++) {
    const t = i / rate;
    const hz = tone.hz(t);
    phase += (2 * Math.PI * hz) / rate;
    // sin((h + 1) x) from the two before it: one sine and one cosine for all harmonics.
    const twice = 2 * Math.cos(phase);
    let before = 0;
    let now = Math.sin(phase);
    let value = 0;
    for (let h = 0; h < tone.harmonics.length && (h + 1) * hz < 0.47 * rate; h++) {
      value += (tone.harmonics[h] ?? 0) * now;
      const next = twice * now - before;
      before = now;
      now = next;
    }
    const fade = Math.min(1, t / tone.attackSec, (tone.lengthSec - t) / tone.releaseSec);
    samples[i] = value * Math.sin((Math.PI / 2) * Math.max(0, fade)) ** 2 * (tone.gain?.(t) ?? 1);
  }
  return samples;
}

/** A curve through random points, `rateHz` of them a second, standard normal, joined by straight lines. */
export function drift(lengthSec: number, rateHz: number, random: Random): (sec: number) => number {
  const points = Array.from({ length: Math.ceil(lengthSec * rateHz) + 3 }, () => random.normal());
  return through(points, (points.length - 1) / rateHz);
}

/** The curve through evenly spaced points over `lengthSec`, joined by straight lines. */
export function through(points: readonly number[], lengthSec: number): (sec: number) => number {
  return (sec) => {
    const x = Math.min(Math.max(0, sec / lengthSec), 0.99999) * (points.length - 1);
    const from = points[Math.floor(x)] ?? 0;
    return from + ((points[Math.floor(x) + 1] ?? from) - from) * (x - Math.floor(x));
  };
}

/** The same sound `times` times with pauses. */
export function repeated(samples: Float32Array, times: number, pauseSec: number, rate: number): Float32Array {
  const step = samples.length + Math.round(pauseSec * rate);
  const all = new Float32Array(step * (times - 1) + samples.length);
  for (let i = 0; i < times; i++) all.set(samples, i * step);
  return all;
}

/** Harmonics that fall by `fallDb` each, give or take 4 dB. */
export function falling(count: number, fallDb: number, random: Random): number[] {
  return Array.from({ length: count }, (_, h) => 10 ** ((-fallDb * h + (h > 0 ? random.normal(0, 4) : 0)) / 20));
}
