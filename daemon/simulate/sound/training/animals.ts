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
    const shake = drawShake(lengthSec, random);
    const syllable = renderTone(
      {
        lengthSec,
        hz: (t) => path(t) + warble * Math.sin(2 * Math.PI * warbleHz * t) + shake.hz(t),
        gain: shake.gain,
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

/**
 * Calls of birds that keep to a beat: one chirp of 2-6.5 kHz that sweeps far, up, down or as an arch, at equal steps, 3-40 a second, up to 3 s;
 * dry or with harmonics, and now and then a clear whistled note before or after.
 */
export function renderChirps(rate: number, random: Random): Float32Array {
  const stepSec = 1 / (random.chance(0.5) ? random.uniform(3, 10) : random.uniform(10, 40));
  const lengthSec = Math.max(0.02, stepSec * random.uniform(0.35, 0.95));
  const fromHz = random.uniform(2000, 5500);
  const farHz = random.uniform(200, 2000) * (random.chance(0.5) ? 1 : -1);
  const path = through(random.chance(0.3) ? [fromHz, fromHz + farHz, fromHz] : [fromHz, fromHz + farHz], lengthSec);
  const shake = drawShake(lengthSec, random);
  const chirp = renderTone(
    {
      lengthSec,
      hz: (t) => Math.max(1200, path(t) + shake.hz(t)),
      gain: shake.gain,
      harmonics: falling(3, random.uniform(8, 35), random),
      attackSec: lengthSec * random.uniform(0.1, 0.5),
      releaseSec: lengthSec * random.uniform(0.1, 0.5),
    },
    rate,
  );
  const times = Math.max(3, Math.round(random.uniform(0.3, 3) / stepSec));
  const beat = repeated(chirp, times, Math.max(0, stepSec - lengthSec), rate);
  if (random.chance(0.7)) return beat;
  const note = renderClearNote(rate, random);
  const pause = new Float32Array(Math.round(random.uniform(0.03, 0.3) * rate));
  return join(random.chance(0.5) ? [note, pause, beat] : [beat, pause, note]);
}

/** The nearest a bird comes to a referee: a clear note of 2-4.5 kHz, 0.12-0.9 s, that swells and bends, warbles or falls. */
export function renderClearNote(rate: number, random: Random): Float32Array {
  const lengthSec = random.uniform(0.12, 0.9);
  const hz = random.uniform(1900, 4600);
  const bendHz = random.uniform(60, 700);
  const path = through([hz + bendHz * random.normal(0, 0.6), hz, hz + bendHz * random.normal(0, 0.6)], lengthSec);
  const warble = random.chance(0.4) ? random.uniform(30, 300) : 0;
  const warbleHz = random.uniform(8, 45);
  const swell = random.uniform(0, 0.9);
  const shake = drawShake(lengthSec, random);
  return renderTone(
    {
      lengthSec,
      hz: (t) => path(t) + warble * Math.sin(2 * Math.PI * warbleHz * t) + shake.hz(t),
      harmonics: falling(3, random.uniform(10, 40), random),
      gain: (t) => (1 - swell * (0.5 + 0.5 * Math.cos((2 * Math.PI * t) / lengthSec))) * shake.gain(t),
      attackSec: lengthSec * random.uniform(0.08, 0.5),
      releaseSec: lengthSec * random.uniform(0.1, 0.5),
    },
    rate,
  );
}

/** No throat is steady: fast changes of pitch, up to 60 Hz, and of level, in two of three calls. */
function drawShake(lengthSec: number, random: Random) {
  const shake = drift(lengthSec, random.uniform(40, 160), random);
  const shakeHz = random.chance(0.67) ? random.uniform(0, 60) : 0;
  const roughness = random.chance(0.67) ? random.uniform(0, 0.7) : 0;
  return {
    hz: (t: number) => shakeHz * shake(t),
    gain: (t: number) => Math.max(0.05, 1 + roughness * shake(t)),
  };
}

/** Parrots and other squawkers: a gliding fundamental of 0.7-2.2 kHz with strong harmonics, rough, in calls that come again. */
export function renderSquawk(rate: number, random: Random): Float32Array {
  const lengthSec = random.uniform(0.08, 0.7);
  const lowHz = random.chance(0.7) ? random.uniform(600, 2300) : random.uniform(1800, 3600);
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
  return repeated(call, random.integer(1, 7), random.uniform(0.05, 0.5), rate);
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
