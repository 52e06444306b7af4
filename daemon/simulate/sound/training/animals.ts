import type { Random } from "../../random.js";
import { drift, falling, renderTone, repeated, through } from "./tone.js";

/** Songbirds: short tones of 1.9-6 kHz that glide far, in phrases of up to eight. */
export function renderSongbird(rate: number, random: Random): Float32Array {
  const phrases: Float32Array[] = [];
  const syllables = random.integer(1, 3);
  for (let i = 0; i < syllables; i++) {
    const lengthSec = random.uniform(0.04, random.chance(0.25) ? 0.7 : 0.3);
    const centreHz = random.uniform(1900, 5800);
    const spreadHz = random.chance(0.3) ? random.uniform(20, 200) : random.uniform(200, 1300);
    const path = through(
      Array.from({ length: 4 }, () => centreHz + spreadHz * random.uniform(-1, 1)),
      lengthSec,
    );
    const warbleHz = random.uniform(15, 60);
    const warble = random.chance(0.3) ? random.uniform(20, 400) : 0;
    const syllable = renderTone(
      {
        lengthSec,
        hz: (t) => path(t) + warble * Math.sin(2 * Math.PI * warbleHz * t),
        harmonics: falling(2, random.uniform(12, 40), random),
        attackSec: lengthSec * random.uniform(0.1, 0.4),
        releaseSec: lengthSec * random.uniform(0.1, 0.4),
      },
      rate,
    );
    phrases.push(repeated(syllable, random.integer(1, 8), random.uniform(0.02, 0.35), rate));
    phrases.push(new Float32Array(Math.round(random.uniform(0.03, 0.4) * rate)));
  }
  return join(phrases);
}

/** Parrots and other squawkers: a gliding fundamental of 0.7-2.2 kHz with strong harmonics, rough, in calls that come again. */
export function renderSquawk(rate: number, random: Random): Float32Array {
  const lengthSec = random.uniform(0.08, 0.7);
  const lowHz = random.uniform(600, 2300);
  const path = through([1, random.uniform(0.9, 1.6), random.uniform(0.8, 1.5), random.uniform(0.6, 1.2)], lengthSec);
  const rough = drift(lengthSec, random.uniform(40, 150), random);
  const roughness = random.uniform(0, 0.5);
  const harmonics = falling(7, random.uniform(0, 9), random);
  if (random.chance(0.6)) harmonics[random.integer(1, 3)] = random.uniform(1, 4);
  const call = renderTone(
    {
      lengthSec,
      hz: (t) => lowHz * path(t) * (1 + 0.01 * roughness * rough(t)),
      harmonics,
      gain: (t) => 1 + roughness * rough(t),
      attackSec: random.uniform(0.01, 0.06),
      releaseSec: random.uniform(0.02, 0.1),
    },
    rate,
  );
  return repeated(call, random.integer(1, 5), random.uniform(0.05, 0.5), rate);
}

/** Crickets and trilling birds: one gliding chirp again and again, 12-40 times a second. */
export function renderTrill(rate: number, random: Random): Float32Array {
  const lengthSec = random.uniform(0.3, 1.8);
  const chirps = random.uniform(10, 40);
  const fromHz = random.uniform(2300, 5000);
  const sweepHz = random.uniform(-900, 900);
  const within = (t: number) => (t * chirps) % 1;
  return renderTone(
    {
      lengthSec,
      hz: (t) => fromHz + sweepHz * within(t),
      harmonics: falling(2, 25, random),
      gain: (t) => Math.sin(Math.PI * within(t)) ** 2,
      attackSec: 0.05,
      releaseSec: 0.05,
    },
    rate,
  );
}

function join(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
