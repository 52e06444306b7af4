import type { Random } from "../../random.js";
import { addScaled, bandPass, normalise, whiteNoise } from "../shape.js";
import { drift, falling, renderTone, repeated, through } from "./tone.js";

/** Flutes, brass, strings, keys: notes of a scale with the instrument's harmonics, with vibrato or a decay. */
export function renderInstrument(rate: number, random: Random): Float32Array {
  const kind = random.weighted({ flute: 0.3, brass: 0.25, strings: 0.25, keys: 0.2 });
  const lengthSec = random.uniform(0.6, 3.5);
  const sound = new Float32Array(Math.ceil(lengthSec * rate));
  const rootHz = random.uniform(180, kind === "flute" ? 1300 : 700);
  const fallDb = { flute: 16, brass: 3, strings: 5, keys: 9 }[kind];
  for (let at = 0; at < lengthSec - 0.15; ) {
    const noteSec = Math.min(random.uniform(0.12, 0.9), lengthSec - at);
    const hz = rootHz * 2 ** (random.pick([0, 2, 4, 5, 7, 9, 11, 12, 14, 19, 24]) / 12);
    const note = renderTone(
      {
        lengthSec: noteSec,
        hz: (t) => hz * (1 + (kind === "keys" ? 0 : 0.006) * Math.sin(2 * Math.PI * 5.5 * t)),
        harmonics: falling(kind === "flute" ? 4 : 10, fallDb, random),
        gain: kind === "keys" ? (t) => Math.exp(-5 * t) : () => 1,
        attackSec: kind === "keys" ? 0.004 : random.uniform(0.015, 0.08),
        releaseSec: Math.min(0.08, noteSec / 3),
      },
      rate,
    );
    addScaled(sound, note, random.uniform(0.5, 1), Math.floor(at * rate));
    at += noteSec * random.uniform(0.4, 1.1);
  }
  return sound;
}

/** Sirens and alarms: a rich tone that sweeps slowly up and down. */
export function renderSiren(rate: number, random: Random): Float32Array {
  const lengthSec = random.uniform(1.5, 5);
  const middleHz = random.uniform(600, 1800);
  const sweepHz = middleHz * random.uniform(0.15, 0.5);
  const perSec = random.uniform(0.15, 4);
  return renderTone(
    {
      lengthSec,
      hz: (t) => middleHz + sweepHz * Math.sin(2 * Math.PI * perSec * t),
      harmonics: falling(5, random.uniform(3, 10), random),
      attackSec: 0.1,
      releaseSec: 0.1,
    },
    rate,
  );
}

/** Shoes, brakes and hinges: a rough tone that slips, with harmonics, 40-350 ms. */
export function renderSqueak(rate: number, random: Random): Float32Array {
  const lengthSec = random.uniform(0.04, 0.35);
  const hz = random.uniform(800, 3900);
  const path = through([hz, hz + random.uniform(-600, 600), hz + random.uniform(-600, 600)], lengthSec);
  const rough = drift(lengthSec, 120, random);
  return renderTone(
    {
      lengthSec,
      hz: path,
      harmonics: falling(4, random.uniform(2, 12), random),
      gain: (t) => 1 + 0.4 * rough(t),
      attackSec: lengthSec / random.uniform(4, 8),
      releaseSec: lengthSec / 3,
    },
    rate,
  );
}

/** Motors, gears and fans that start: a band of noise or a whine whose pitch follows the speed. */
export function renderMotor(rate: number, random: Random): Float32Array {
  const lengthSec = random.uniform(0.2, 2.5);
  const length = Math.ceil(lengthSec * rate);
  const hz = random.uniform(900, 4300);
  const sound = normalise(bandPass(whiteNoise(length, random), rate, hz, random.uniform(3, 40)), 1);
  addScaled(
    sound,
    normalise(bandPass(whiteNoise(length, random), rate, random.uniform(400, 3000), 0.7), 1),
    random.uniform(0.2, 1.5),
  );
  if (random.chance(0.5)) {
    const speed = through([random.uniform(0.6, 1), 1, random.uniform(0.9, 1.1), random.uniform(0.5, 1)], lengthSec);
    const whine = renderTone(
      {
        lengthSec,
        hz: (t) => 0.4 * hz * speed(t),
        harmonics: falling(5, random.uniform(1, 8), random),
        attackSec: 0.05,
        releaseSec: 0.05,
      },
      rate,
    );
    addScaled(sound, normalise(whine, 1), random.uniform(0.3, 1.5));
  }
  const fade = 0.02 * rate;
  for (let i = 0; i < length; i++) sound[i] = (sound[i] ?? 0) * Math.min(1, i / fade, (length - i) / fade);
  return sound;
}

/** Beeps of clocks, telephones, scanners and alarms: steady tones with sharp edges, most of them below the whistle's band. */
export function renderBeeps(rate: number, random: Random): Float32Array {
  const hz = random.chance(0.7) ? random.uniform(600, 2600) : random.uniform(2600, 4200);
  const beep = renderTone(
    {
      lengthSec: random.uniform(0.06, 0.6),
      hz: () => hz,
      harmonics: falling(5, random.uniform(4, 20), random),
      attackSec: 0.003,
      releaseSec: 0.003,
    },
    rate,
  );
  return repeated(beep, random.integer(2, 6), random.uniform(0.05, 0.6), rate);
}
