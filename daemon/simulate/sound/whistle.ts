import type { Random } from "../random.js";
import { normalise, rmsOf } from "./shape.js";

/** The referee's whistle of one match: a referee has one. */
export interface RefereeWhistle {
  readonly type: "pealess" | "pea";
  /** Chambers of a pealess whistle sound together, 60 to 260 Hz apart; a pea whistle has one tone. */
  readonly tonesHz: readonly number[];
  /** Rate of the pea's trill, Hz; 0 without a pea. */
  readonly trillHz: number;
}

export interface Blast {
  readonly lengthSec: number;
  /** Breath pressure moves the pitch: a factor near 1. */
  readonly pitch: number;
  readonly glideHz: number;
  readonly glideSec: number;
}

/** The sound goes on this long after the blast's end. */
export const WHISTLE_RELEASE_SEC = 0.05;

/** Pealess (Fox 40 kind): three tones in 3.6-4.2 kHz; with a pea: 2-3.2 kHz, trill of 30-60 Hz. */
export function drawWhistle(random: Random): RefereeWhistle {
  if (random.chance(0.65)) {
    const low = random.uniform(3550, 3850);
    const second = low + random.uniform(60, 160);
    return { type: "pealess", tonesHz: [low, second, second + random.uniform(60, 160)], trillHz: 0 };
  }
  return { type: "pea", tonesHz: [random.uniform(2150, 3150)], trillHz: random.uniform(30, 60) };
}

/** Attack glides 0.3-0.7 kHz up from below within 30-60 ms. */
export function drawBlast(random: Random, lengthSec: number): Blast {
  return {
    lengthSec,
    pitch: random.normal(1, 0.01),
    glideHz: random.uniform(300, 700),
    glideSec: random.uniform(0.03, 0.06),
  };
}

/**
 * One blast, RMS 1 between its onset and its end. `delaySec` (below one sample) lets it start between two samples.
 * The envelope jumps to -12 dB of its plateau within a millisecond: that is where the onset is defined to be, as people label it on a
 * spectrogram.
 */
export function renderWhistle(
  whistle: RefereeWhistle,
  blast: Blast,
  sampleRate: number,
  delaySec: number,
  random: Random,
): Float32Array {
  const length = Math.ceil((blast.lengthSec + WHISTLE_RELEASE_SEC) * sampleRate);
  const samples = new Float32Array(length);
  const phases = whistle.tonesHz.map(() => random.uniform(0, 2 * Math.PI));
  const weights = whistle.tonesHz.map(() => random.uniform(0.6, 1));
  const attackSec = random.uniform(0.008, 0.025);
  let breath = 0;
  for (let i = 0; i < length; i++) {
    const t = i / sampleRate + delaySec;
    const trill = whistle.trillHz === 0 ? 0 : Math.sin(2 * Math.PI * whistle.trillHz * t);
    breath = breath * 0.6 + (random.next() - 0.5) * 0.4;
    const glide = t < blast.glideSec ? blast.glideHz * (1 - t / blast.glideSec) ** 2 : 0;
    let value = breath * 0.25;
    for (let tone = 0; tone < phases.length; tone++) {
      const hz = (whistle.tonesHz[tone] ?? 0) * blast.pitch - glide + trill * 90;
      const phase = (phases[tone] ?? 0) + (2 * Math.PI * hz) / sampleRate;
      phases[tone] = phase;
      value += (weights[tone] ?? 0) * Math.sin(phase);
    }
    samples[i] = value * envelope(t, blast.lengthSec, attackSec) * (1 + 0.4 * trill);
  }
  const rms = rmsOf(samples, 0, Math.floor(blast.lengthSec * sampleRate));
  for (let i = 0; i < length; i++) samples[i] = (samples[i] ?? 0) / rms;
  return samples;
}

function envelope(t: number, lengthSec: number, attackSec: number): number {
  if (t < 0.001) return 0.25 * (t / 0.001);
  if (t < attackSec) return 0.25 + 0.75 * ((t - 0.001) / (attackSec - 0.001));
  if (t <= lengthSec) return 1;
  return Math.max(0, 1 - (t - lengthSec) / WHISTLE_RELEASE_SEC) ** 2;
}

/**
 * Fans whistling on their fingers: one tone of 2.3-3.7 kHz that slides and wavers, up to seconds long; half of them start as sharply as a
 * referee does. RMS 1.
 */
export function renderFingerWhistle(lengthSec: number, sampleRate: number, random: Random): Float32Array {
  const length = Math.ceil(lengthSec * sampleRate);
  const samples = new Float32Array(length);
  const inBand = (hz: number) => Math.min(3700, Math.max(2300, hz));
  const fromHz = random.uniform(2300, 3700);
  const bendHz = inBand(fromHz + random.normal(0, 350));
  const toHz = random.chance(0.4) ? inBand(bendHz + random.normal(0, 600)) : bendHz;
  const waverHz = random.uniform(4, 7);
  const waver = random.uniform(10, 60);
  const attackSec = random.chance(0.5) ? random.uniform(0.01, 0.03) : random.uniform(0.05, 0.15);
  let phase = 0;
  for (let i = 0; i < length; i++) {
    const t = i / sampleRate;
    const x = (2 * t) / lengthSec;
    const slide = x < 1 ? fromHz + (bendHz - fromHz) * x : bendHz + (toHz - bendHz) * (x - 1);
    phase += (2 * Math.PI * (slide + waver * Math.sin(2 * Math.PI * waverHz * t))) / sampleRate;
    const swell = Math.min(1, t / attackSec, (lengthSec - t) / 0.12);
    samples[i] = Math.sin(phase) * Math.max(0, swell) + (random.next() - 0.5) * 0.05;
  }
  return normalise(samples, 1);
}
