import { addScaled, Random, rmsOf } from "../../simulate/index.js";
import { aloneTrials } from "./beep-recipe.js";
import { goRound, type Material, RECIPE_HZ } from "./material.js";
import { madeNegatives } from "./negatives.js";
import type { Recipe, Trial, Trials } from "./trial.js";

const MIX_SEC = 12;
const AT_SEC = [4, 7] as const;
const LENGTH_SEC = [0.5, 3] as const;
const FUNDAMENTAL_HZ = [180, 600] as const;
const HARMONICS = [3, 6] as const;
const ATTACK_SEC = 0.03;

export interface HornOptions {
  readonly seed: number;
  readonly mixes: number;
  /** RMS of the horn over that of the crowd, both broadband. */
  readonly snrDb: number;
}

/** Horns over crowds, and crowds and negatives alone. */
export function hornRecipe(material: Material, options: HornOptions): Recipe {
  return {
    kind: "horn",
    title: `Horns of 3-6 harmonics over crowds at ${options.snrDb} dB`,
    tolerance: { wideSec: 0.1, narrowSec: 0.035 },
    trials: options.mixes + material.beds.length + material.negatives.length + madeNegatives(options.seed).length,
    *make(): Trials {
      for (let index = 0; index < options.mixes; index++) yield hornMix(material, index, options);
      yield* aloneTrials(material, options.seed);
    },
  };
}

export function hornMix(material: Material, index: number, { seed, snrDb }: HornOptions): Trial {
  const random = new Random(`recipes/${seed}/horn${index}`);
  const bed = material.beds[index % material.beds.length] ?? { name: "silence", samples: new Float32Array(0) };
  const samples = goRound(bed.samples, MIX_SEC * RECIPE_HZ, Math.floor(random.next() * bed.samples.length));
  const onset = Math.round(random.uniform(...AT_SEC) * RECIPE_HZ);
  const lengthSec = random.uniform(...LENGTH_SEC);
  const hz = FUNDAMENTAL_HZ[0] * (FUNDAMENTAL_HZ[1] / FUNDAMENTAL_HZ[0]) ** random.next();
  const harmonics = random.integer(...HARMONICS);
  const sound = renderStack(hz, harmonics, lengthSec, random);
  const crowd = rmsOf(samples, onset, onset + sound.length);
  const gain = (crowd * 10 ** (snrDb / 20)) / Math.max(rmsOf(sound), 1e-9);
  addScaled(samples, sound, gain, onset);
  const onsetSec = onset / RECIPE_HZ;
  return {
    group: "mixes",
    name: `${hz.toFixed(0)} Hz x ${harmonics}, ${lengthSec.toFixed(1)} s, over ${bed.name}`,
    samples,
    targets: [{ id: `horn${index}`, onsetSec, endSec: onsetSec + lengthSec }],
  };
}

/** Harmonics of nearly equal strength, as diaphragms give them: each 0-6 dB per octave below the first, give or take 3 dB. */
function renderStack(hz: number, harmonics: number, lengthSec: number, random: Random): Float32Array {
  const samples = new Float32Array(Math.round(lengthSec * RECIPE_HZ));
  const fall = random.uniform(0, 1);
  for (let h = 1; h <= harmonics; h++) {
    const weight = h ** -fall * 10 ** (random.uniform(-3, 3) / 20);
    const phase = random.uniform(0, 2 * Math.PI);
    for (let i = 0; i < samples.length; i++) {
      const t = i / RECIPE_HZ;
      const fade = Math.max(0, Math.min(1, t / ATTACK_SEC, (lengthSec - t) / ATTACK_SEC));
      samples[i] = (samples[i] ?? 0) + weight * fade * Math.sin(phase + 2 * Math.PI * h * hz * t);
    }
  }
  return samples;
}
