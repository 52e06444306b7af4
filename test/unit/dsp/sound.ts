import type { Cue, Level, SampleBlock, SpectrumColumn } from "../../../dsp/index.js";
import { createListener } from "../../../dsp/index.js";

/** Mulberry32: the same noise on every machine. */
export function makeNoise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

/** Noise with the falling spectrum of a distant crowd (one pole at 600 Hz), about `rms`. */
export function crowd(seconds: number, rate: number, rms: number, seed = 1): Float32Array {
  const noise = makeNoise(seed);
  const sound = new Float32Array(Math.round(seconds * rate));
  const pole = Math.exp((-2 * Math.PI * 600) / rate);
  const gain = rms * Math.sqrt(3 * ((1 + pole) / (1 - pole)));
  let last = 0;
  for (let i = 0; i < sound.length; i += 1) {
    last = pole * last + (1 - pole) * noise();
    sound[i] = gain * last;
  }
  return sound;
}

export interface Blast {
  readonly atSec: number;
  readonly lengthSec: number;
  readonly amplitude: number;
  readonly hz?: number;
}

/** A pealess whistle: three close tones, an attack of 15 ms that glides up, some unsteadiness. Added in place. */
export function addWhistle(sound: Float32Array, rate: number, blast: Blast): void {
  const base = blast.hz ?? 3000;
  const from = Math.round(blast.atSec * rate);
  const count = Math.round(blast.lengthSec * rate);
  const phases = [0, 1, 2];
  for (let i = 0; i < count && from + i < sound.length; i += 1) {
    const t = i / rate;
    const envelope = Math.min(1, t / 0.015, (blast.lengthSec - t) / 0.02);
    let value = 0;
    [0, 120, 260].forEach((offset, k) => {
      const glide = -350 * Math.exp(-t / 0.012) + 30 * Math.sin(2 * Math.PI * 28 * t + k);
      phases[k] = phases[k]! + (2 * Math.PI * (base + offset + glide)) / rate;
      value += (k === 0 ? 0.6 : 0.3) * Math.sin(phases[k]!);
    });
    sound[from + i] = sound[from + i]! + blast.amplitude * Math.max(0, envelope) * value;
  }
}

/** Harmonics of `hz` with amplitudes 1, 1/2, 1/3 …; 30 ms attack and release. One harmonic is a beep. Added in place. */
export function addTone(sound: Float32Array, rate: number, blast: Blast, harmonics = 1, attackSec = 0.004): void {
  const from = Math.round(blast.atSec * rate);
  const count = Math.round(blast.lengthSec * rate);
  for (let i = 0; i < count && from + i < sound.length; i += 1) {
    const t = i / rate;
    const envelope = Math.max(0, Math.min(1, t / attackSec, (blast.lengthSec - t) / attackSec));
    let value = 0;
    for (let h = 1; h <= harmonics; h += 1) value += Math.sin(2 * Math.PI * (blast.hz ?? 1000) * h * t) / h;
    sound[from + i] = sound[from + i]! + blast.amplitude * envelope * value;
  }
}

export interface Listened {
  readonly cues: readonly Cue[];
  readonly levels: readonly Level[];
  readonly columns: readonly SpectrumColumn[];
}

/** Everything that is heard of a sound that is pushed in blocks of the given lengths (repeated), then flushed. */
export async function listen(
  sound: Float32Array,
  rate: number,
  options: {
    readonly blocks?: readonly number[];
    readonly first?: number;
    readonly invalid?: SampleBlock["invalid"];
  } = {},
): Promise<Listened> {
  const listener = await createListener({ sampleRate: rate });
  const blocks = options.blocks ?? [4800];
  const first = options.first ?? 0;
  const heard = { cues: [] as Cue[], levels: [] as Level[], columns: [] as SpectrumColumn[] };
  const keep = (part: Listened): void => {
    heard.cues.push(...part.cues);
    heard.levels.push(...part.levels);
    heard.columns.push(...part.columns);
  };
  for (let at = 0, turn = 0; at < sound.length; turn += 1) {
    const length = blocks[turn % blocks.length]!;
    keep(
      listener.push({
        firstSample: first + at,
        samples: sound.subarray(at, at + length),
        invalid: options.invalid ?? [],
      }),
    );
    at += length;
  }
  keep(listener.flush());
  return heard;
}

export function finals(cues: readonly Cue[], kind: Cue["kind"]): Cue[] {
  return cues.filter((cue) => cue.kind === kind && cue.isFinal);
}
