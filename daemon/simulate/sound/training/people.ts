import type { Random } from "../../random.js";
import { drift, renderTone, through } from "./tone.js";

/** Formants of nine vowels by a man, Hz (G. Peterson and H. Barney, "Control methods used in a study of the vowels", 1952, rounded). */
const FORMANTS: readonly [readonly number[], ...(readonly number[])[]] = [
  [270, 2290, 3010],
  [390, 1990, 2550],
  [530, 1840, 2480],
  [660, 1720, 2410],
  [730, 1090, 2440],
  [570, 840, 2410],
  [440, 1020, 2240],
  [300, 870, 2240],
  [640, 1190, 2390],
];

/** A voice that speaks, shouts, cheers, sings or screams: a gliding, wavering pitch through a throat of any size, high vowels included. */
export function renderVoice(rate: number, random: Random): Float32Array {
  const kind = random.weighted({ speech: 0.4, shout: 0.35, song: 0.1, scream: 0.15 });
  const syllables = kind === "speech" ? random.integer(2, 9) : random.integer(1, 3);
  const throat = random.uniform(0.95, 1.4);
  const pitch = { speech: 150, shout: 330, song: 420, scream: 850 }[kind] * random.uniform(0.65, 1.6);
  const parts = Array.from({ length: syllables }, () =>
    renderSyllable(
      kind === "speech" ? random.uniform(0.08, 0.3) : random.uniform(0.2, 1.3),
      pitch * random.uniform(0.85, 1.2),
      throat,
      kind === "song" ? 0.03 : 0.008,
      rate,
      random,
    ),
  );
  const pauses = parts.map(() => Math.round(random.uniform(0, 0.12) * rate));
  const all = new Float32Array(parts.reduce((sum, part, i) => sum + part.length + (pauses[i] ?? 0), 0));
  let at = 0;
  parts.forEach((part, i) => {
    all.set(part, at);
    at += part.length + (pauses[i] ?? 0);
  });
  return all;
}

function renderSyllable(
  lengthSec: number,
  pitch: number,
  throat: number,
  vibrato: number,
  rate: number,
  random: Random,
): Float32Array {
  const formants = random.pick(FORMANTS);
  const path = through([random.uniform(0.8, 1), 1, random.uniform(0.75, 1.25)], lengthSec);
  const waver = drift(lengthSec, 12, random);
  const vibratoHz = random.uniform(4.5, 7);
  const count = Math.min(24, Math.floor(6500 / pitch));
  const harmonics = Array.from({ length: count }, (_, h) => {
    const hz = pitch * (h + 1);
    let gain = 0.02;
    for (const formant of formants) gain += 1 / (1 + ((hz - formant * throat) / (0.06 * formant + 50)) ** 2);
    return gain / (h + 1) ** random.uniform(0.3, 0.7);
  });
  return renderTone(
    {
      lengthSec,
      hz: (t) => pitch * path(t) * (1 + 0.006 * waver(t) + vibrato * Math.sin(2 * Math.PI * vibratoHz * t)),
      harmonics,
      attackSec: Math.min(0.05, lengthSec / 4),
      releaseSec: Math.min(0.08, lengthSec / 3),
    },
    rate,
  );
}

/** People who whistle a tune or a call with their lips or fingers: one tone that slides from note to note, 0.8-3.3 kHz. */
export function renderLipWhistle(rate: number, random: Random): Float32Array {
  const lengthSec = random.uniform(0.2, 2);
  const baseHz = random.uniform(800, 2900);
  const notes = Array.from({ length: random.integer(3, 8) }, () => baseHz * 2 ** (random.uniform(-5, 5) / 12));
  const path = through(notes, lengthSec);
  const waver = drift(lengthSec, 9, random);
  return renderTone(
    {
      lengthSec,
      hz: (t) => path(t) + 8 * waver(t),
      harmonics: [1, random.uniform(0.01, 0.15)],
      gain: (t) => 1 + 0.15 * waver(t),
      attackSec: random.uniform(0.02, 0.1),
      releaseSec: random.uniform(0.03, 0.12),
    },
    rate,
  );
}

/** People who whistle a tune near the microphone: steady notes of 1-3.8 kHz, tongued or slid into, pure or with the breath's noise. */
export function renderTune(rate: number, random: Random): Float32Array {
  const rootHz = random.uniform(1000, 2600);
  const notes = random.integer(1, 7);
  const steps = Array.from({ length: notes }, () => random.pick([-5, -3, 0, 0, 2, 4, 5, 7, 9, 12]));
  const slurSec = random.chance(0.5) ? random.uniform(0.01, 0.08) : 0;
  const vibrato = random.chance(0.4) ? random.uniform(0.003, 0.025) : 0;
  const shakeHz = random.chance(0.5) ? random.uniform(0, 40) : 0;
  const parts = steps.map((step, i) => {
    const lengthSec = random.uniform(0.1, 0.7);
    const hz = Math.min(3800, rootHz * 2 ** (step / 12));
    const beforeHz = rootHz * 2 ** ((steps[i - 1] ?? step + random.uniform(-4, 1)) / 12);
    const waver = drift(lengthSec, 10, random);
    const shake = drift(lengthSec, random.uniform(40, 160), random);
    return renderTone(
      {
        lengthSec,
        hz: (t) =>
          (hz + (slurSec > 0 ? (beforeHz - hz) * Math.exp(-t / slurSec) : 0)) *
            (1 + 0.002 * waver(t) + vibrato * Math.sin(2 * Math.PI * 5.5 * t)) +
          shakeHz * shake(t),
        harmonics: [1, random.uniform(0.005, 0.12), random.uniform(0, 0.04)],
        gain: (t) => 1 + 0.15 * waver(t),
        attackSec: random.uniform(0.008, 0.06),
        releaseSec: random.uniform(0.02, 0.08),
      },
      rate,
    );
  });
  const gap = Math.round(random.uniform(0, 0.08) * rate);
  const tune = new Float32Array(parts.reduce((sum, part) => sum + part.length + gap, 0));
  let at = 0;
  for (const part of parts) {
    tune.set(part, at);
    at += part.length + gap;
  }
  const breath = random.uniform(0, 0.12);
  for (let i = 0; i < tune.length; i++) tune[i] = (tune[i] ?? 0) + breath * (random.next() - 0.5);
  return tune;
}

/** Singers with a trained voice: 250-1100 Hz with a wide vibrato, and the singer's formant of 2.5-3.6 kHz that carries over an orchestra. */
export function renderSoprano(rate: number, random: Random): Float32Array {
  const lengthSec = random.uniform(0.4, 3);
  const rootHz = random.uniform(250, 900);
  const path = through(
    Array.from({ length: random.integer(1, 4) + 1 }, () => rootHz * 2 ** (random.integer(-3, 5) / 12)),
    lengthSec,
  );
  const formantHz = random.uniform(2500, 3600);
  const formant = random.uniform(0.2, 1.5);
  const count = Math.floor(6000 / rootHz);
  const harmonics = Array.from({ length: count }, (_, h) => {
    const hz = rootHz * (h + 1);
    return 1 / (h + 1) ** random.uniform(0.8, 1.6) + formant / (1 + ((hz - formantHz) / 250) ** 2);
  });
  const vibratoHz = random.uniform(4.5, 7);
  const vibrato = random.uniform(0.005, 0.03);
  return renderTone(
    {
      lengthSec,
      hz: (t) => path(t) * (1 + vibrato * Math.sin(2 * Math.PI * vibratoHz * t)),
      harmonics,
      attackSec: random.uniform(0.03, 0.15),
      releaseSec: random.uniform(0.05, 0.2),
    },
    rate,
  );
}
