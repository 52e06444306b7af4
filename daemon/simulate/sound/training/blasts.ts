import type { Random } from "../../random.js";
import { addScaled, bandPass, normalise, whiteNoise } from "../shape.js";
import { drift, falling, renderTone } from "./tone.js";

/** A whistle as it may be made: wider than what one match has. Frequencies from the chambers' lengths of whistles on sale. */
export interface AnyWhistle {
  readonly kind: "pealess" | "pea" | "single";
  readonly tonesHz: readonly number[];
  readonly trillHz: number;
  readonly trillDeviationHz: number;
  readonly trillDepth: number;
  readonly fallDb: number;
  readonly breath: number;
}

export function drawAnyWhistle(random: Random): AnyWhistle {
  const kind = random.weighted({ pealess: 0.5, pea: 0.38, single: 0.12 });
  const lowest = kind === "pea" ? random.uniform(1880, 3250) : random.uniform(2350, 4000);
  const tonesHz = [lowest];
  const tones = kind === "pealess" ? random.integer(2, 3) : 1;
  while (tonesHz.length < tones) tonesHz.push((tonesHz.at(-1) ?? lowest) + random.uniform(60, 330));
  return {
    kind,
    tonesHz,
    trillHz: kind === "pea" ? random.uniform(12, 60) : 0,
    trillDeviationHz: random.uniform(10, 190),
    trillDepth: random.uniform(0.15, 0.97),
    fallDb: random.uniform(14, 35),
    breath: 10 ** (random.uniform(-36, -10) / 20),
  };
}

/** Short calls, fouls, restarts and the long ones of a half's end, seconds. */
export function drawBlastLength(random: Random): number {
  const kind = random.weighted({ short: 0.35, middle: 0.4, long: 0.25 });
  if (kind === "short") return random.uniform(0.12, 0.3);
  return kind === "middle" ? random.uniform(0.3, 0.7) : random.uniform(0.7, 2);
}

/** One blast: tones that glide up in the attack, sag and fade with the breath, trill when there is a pea, and the breath's noise. RMS 1. */
export function renderAnyBlast(whistle: AnyWhistle, lengthSec: number, rate: number, random: Random): Float32Array {
  const sound = new Float32Array(Math.ceil(lengthSec * rate));
  const glideHz = random.uniform(100, 700);
  const glideSec = random.uniform(0.008, 0.025);
  const trill = drawTrill(whistle, lengthSec, random);
  const breath = drift(lengthSec, random.uniform(3, 8), random);
  const flutter = drift(lengthSec, random.uniform(40, 160), random);
  const isSteady = random.chance(0.25);
  const roughness = isSteady ? random.uniform(0, 0.15) : random.uniform(0.05, 0.9);
  const swayHz = isSteady ? random.uniform(0, 15) : random.uniform(5, 80);
  const driftHz = random.normal(0, random.chance(0.3) ? 180 : 60);
  const flutterHz = isSteady ? random.uniform(0, 5) : random.uniform(3, 70);
  const pitch = random.normal(1, 0.012);
  const sagHz = random.chance(0.4) ? random.uniform(0, 350) : 0;
  const sagSec = random.uniform(0.03, 0.25);
  const swellDb = random.chance(0.5) ? random.uniform(-18, 8) : 0;
  const attackSec = random.uniform(0.006, random.chance(0.3) ? 0.06 : 0.03);
  const releaseSec = Math.min(random.uniform(0.02, 0.1), lengthSec / 4);
  for (const tone of whistle.tonesHz) {
    const base = tone * pitch;
    const part = renderTone(
      {
        lengthSec,
        hz: (t) =>
          base -
          glideHz * Math.exp(-t / glideSec) -
          sagHz * Math.max(0, 1 - (lengthSec - t) / sagSec) +
          swayHz * breath(t) +
          (driftHz * t) / lengthSec +
          flutterHz * flutter(t) +
          whistle.trillDeviationHz * trill.pitch(t),
        harmonics: falling(3, whistle.fallDb, random),
        gain: (t) =>
          Math.max(0.05, 1 + roughness * flutter(t)) * trill.gain(t) * 10 ** ((swellDb * t) / lengthSec / 20),
        attackSec,
        releaseSec,
      },
      rate,
    );
    addScaled(sound, part, whistle.tonesHz.length > 1 ? random.uniform(0.25, 1) : 1);
  }
  normalise(sound, 1);
  const air = normalise(bandPass(whiteNoise(sound.length, random), rate, random.uniform(2200, 4200), 0.8), 1);
  for (let i = 0; i < air.length; i++) sound[i] = (sound[i] ?? 0) + whistle.breath * (air[i] ?? 0);
  return normalise(sound, 1);
}

/** The pea turns unevenly; level and pitch follow it with their own phase. */
function drawTrill(whistle: AnyWhistle, lengthSec: number, random: Random) {
  if (whistle.trillHz === 0) return { pitch: () => 0, gain: () => 1 };
  const uneven = drift(lengthSec, 8, random);
  const offset = random.uniform(0, 2 * Math.PI);
  const turn = (t: number) => 2 * Math.PI * whistle.trillHz * t + 0.6 * uneven(t);
  return {
    pitch: (t: number) => Math.sin(turn(t)),
    gain: (t: number) => 1 - whistle.trillDepth * (0.5 + 0.5 * Math.sin(turn(t) + offset)),
  };
}
