import type { Random } from "../random.js";

/** Second-order band-pass of unit gain at its centre (R. Bristow-Johnson, Audio EQ Cookbook), in place. */
export function bandPass(samples: Float32Array, sampleRate: number, centreHz: number, q: number): Float32Array {
  const w = (2 * Math.PI * centreHz) / sampleRate;
  const alpha = Math.sin(w) / (2 * q);
  const b = alpha / (1 + alpha);
  const a1 = (-2 * Math.cos(w)) / (1 + alpha);
  const a2 = (1 - alpha) / (1 + alpha);
  let x1 = 0;
  let x2 = 0;
  let y1 = 0;
  let y2 = 0;
  for (let i = 0; i < samples.length; i++) {
    const x = samples[i] ?? 0;
    const y = b * (x - x2) - a1 * y1 - a2 * y2;
    x2 = x1;
    x1 = x;
    y2 = y1;
    y1 = y;
    samples[i] = y;
  }
  return samples;
}

/** One-pole low-pass, 6 dB per octave, in place. */
export function lowPass(samples: Float32Array, sampleRate: number, cutoffHz: number): Float32Array {
  const keep = Math.exp((-2 * Math.PI * cutoffHz) / sampleRate);
  let y = 0;
  for (let i = 0; i < samples.length; i++) {
    y = (samples[i] ?? 0) * (1 - keep) + y * keep;
    samples[i] = y;
  }
  return samples;
}

/** What `lowPass` takes away, in place. */
export function highPass(samples: Float32Array, sampleRate: number, cutoffHz: number): Float32Array {
  const low = lowPass(samples.slice(), sampleRate, cutoffHz);
  for (let i = 0; i < samples.length; i++) samples[i] = (samples[i] ?? 0) - (low[i] ?? 0);
  return samples;
}

export function whiteNoise(length: number, random: Random): Float32Array {
  const noise = new Float32Array(length);
  for (let i = 0; i < length; i++) noise[i] = random.next() * 2 - 1;
  return noise;
}

/**
 * A curve that wanders between 0 and 1, drawn anew `rateHz` times a second and joined by straight lines: the pace of syllables and of
 * attention.
 */
export function wander(length: number, sampleRate: number, rateHz: number, random: Random): Float32Array {
  const curve = new Float32Array(length);
  const step = Math.max(1, Math.round(sampleRate / rateHz));
  let from = random.next();
  let to = random.next();
  for (let i = 0; i < length; i++) {
    const phase = i % step;
    if (phase === 0 && i > 0) {
      from = to;
      to = random.next();
    }
    curve[i] = from + ((to - from) * phase) / step;
  }
  return curve;
}

export function multiply(samples: Float32Array, by: Float32Array, depth: number): Float32Array {
  for (let i = 0; i < samples.length; i++) samples[i] = (samples[i] ?? 0) * (1 - depth + depth * (by[i] ?? 0));
  return samples;
}

export function addScaled(into: Float32Array, from: Float32Array, gain: number, at = 0): void {
  const end = Math.min(into.length, at + from.length);
  for (let i = Math.max(0, at); i < end; i++) into[i] = (into[i] ?? 0) + gain * (from[i - at] ?? 0);
}

export function rmsOf(samples: Float32Array, from = 0, to = samples.length): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += (samples[i] ?? 0) ** 2;
  return Math.sqrt(sum / Math.max(1, to - from));
}

/** Scales to the RMS wanted, in place; silence stays silence. */
export function normalise(samples: Float32Array, rms: number): Float32Array {
  const gain = rms / Math.max(1e-12, rmsOf(samples));
  for (let i = 0; i < samples.length; i++) samples[i] = (samples[i] ?? 0) * gain;
  return samples;
}

/** Makes the end run into the start, so that a texture may go round and round. */
export function closeLoop(samples: Float32Array, overlap: number): Float32Array {
  const length = samples.length - overlap;
  for (let i = 0; i < overlap; i++) {
    const x = i / overlap;
    samples[i] = (samples[i] ?? 0) * Math.sqrt(x) + (samples[length + i] ?? 0) * Math.sqrt(1 - x);
  }
  return samples.slice(0, length);
}

export function decibels(db: number): number {
  return 10 ** (db / 20);
}
