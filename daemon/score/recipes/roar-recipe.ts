import { addScaled, Random, rmsOf } from "../../simulate/index.js";
import { BED_RMS, goRound, type Material, type NamedSound, RECIPE_HZ } from "./material.js";
import type { Recipe, Trial, Trials } from "./trial.js";

const MIX_SEC = 60;
/** The rise begins when the listener knows the crowd. */
const RISE_AT_SEC = [22, 40] as const;
const RISE_SEC = [0.5, 1.5] as const;
const HELD_SEC = [3, 8] as const;
const FADE_SEC = 1.5;
const ALONE_SEC = 240;
/** The rise must be the greatest thing that happens around it, or its time would not be known: of some places the steadiest is taken. */
const PLACES = 12;
const BEFORE_SEC = 2;
const AFTER_SEC = 2.5;
const STEADY_STEP_SEC = 0.5;

/** How the amplitude of what is added grows over the rise, 0-1: nobody knows how a crowd does it, so each in turn. */
const SHAPES = [
  { name: "linear", at: (x: number) => x },
  { name: "cosine", at: (x: number) => 0.5 - 0.5 * Math.cos(Math.PI * x) },
  { name: "linear in dB", at: (x: number, riseDb: number) => amplitudeFor(x * riseDb) / amplitudeFor(riseDb) },
] as const;

export interface RoarOptions {
  readonly seed: number;
  readonly mixes: number;
  readonly riseDb: number;
}

/** Cheers that raise a crowd by so many dB within 0.5-1.5 s at a known time, and the crowds alone. */
export function roarRecipe(material: Material, options: RoarOptions): Recipe {
  return {
    kind: "roar",
    title: `Roars: the crowd rises by ${options.riseDb} dB within 0.5-1.5 s`,
    tolerance: { wideSec: 1, narrowSec: 0.25 },
    trials: options.mixes + material.beds.length,
    *make(): Trials {
      for (let index = 0; index < options.mixes; index++) yield roarMix(material, index, options);
      for (const bed of material.beds) yield bedAlone(bed, options.seed);
    },
  };
}

/** `riseDb` is that of the whole: bed and cheer together over the bed. */
export function roarMix(material: Material, index: number, { seed, riseDb }: RoarOptions): Trial {
  const random = new Random(`recipes/${seed}/roar${index}`);
  const beds = material.evenBeds.length > 0 ? material.evenBeds : material.beds;
  const bed = beds[index % beds.length] ?? { name: "silence", samples: new Float32Array(0) };
  const others = material.cheers.filter(({ name }) => name !== bed.name);
  const cheer = others[Math.floor(index / beds.length + random.next() * others.length) % others.length] ?? bed;
  const samples = goRound(bed.samples, MIX_SEC * RECIPE_HZ, Math.floor(random.next() * bed.samples.length));
  const onset = steadiest(samples, () => Math.round(random.uniform(...RISE_AT_SEC) * RECIPE_HZ), BEFORE_SEC);
  const rise = Math.round(random.uniform(...RISE_SEC) * RECIPE_HZ);
  const held = Math.round(random.uniform(...HELD_SEC) * RECIPE_HZ);
  // Every bed with every shape: three beds and three shapes in step would always meet the same one.
  const shape = SHAPES[Math.floor(index / Math.max(1, beds.length)) % SHAPES.length] ?? SHAPES[0];
  const fade = FADE_SEC * RECIPE_HZ;
  const cheering = goRound(cheer.samples, cheer.samples.length + rise + held + fade);
  const from = steadiest(cheering, () => Math.floor(random.next() * cheer.samples.length), 0);
  const added = cheering.slice(from, from + rise + held + fade);
  const own = rmsOf(added, rise, rise + Math.min(held, 2 * RECIPE_HZ));
  for (let i = 0; i < added.length; i++) {
    const up = i < rise ? shape.at(i / rise, riseDb) : 1;
    added[i] = (added[i] ?? 0) * up * Math.min(1, (added.length - i) / fade);
  }
  addScaled(samples, added, (BED_RMS * amplitudeFor(riseDb)) / Math.max(own, 1e-9), onset);
  const endSec = (onset + added.length) / RECIPE_HZ;
  return {
    group: "mixes",
    name: `${cheer.name} over ${bed.name}, ${shape.name}, ${(rise / RECIPE_HZ).toFixed(2)} s`,
    samples,
    targets: [{ id: `roar${index}`, onsetSec: onset / RECIPE_HZ, endSec }],
  };
}

function bedAlone({ name, samples }: NamedSound, seed: number): Trial {
  const from = Math.floor(new Random(`recipes/${seed}/alone/${name}`).next() * samples.length);
  return { group: "beds alone", name, samples: goRound(samples, ALONE_SEC * RECIPE_HZ, from), targets: [] };
}

/** Of some places that `draw` gives the one around which the level changes least. */
function steadiest(samples: Float32Array, draw: () => number, beforeSec: number): number {
  let best = draw();
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < PLACES; i++) {
    const place = draw();
    const spread = levelSpread(samples, place - beforeSec * RECIPE_HZ, place + AFTER_SEC * RECIPE_HZ);
    if (spread >= least) continue;
    least = spread;
    best = place;
  }
  return best;
}

/** Highest over lowest RMS of the half seconds between. */
function levelSpread(samples: Float32Array, from: number, to: number): number {
  const step = STEADY_STEP_SEC * RECIPE_HZ;
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (let at = from; at + step <= to; at += step) {
    const level = rmsOf(samples, at, at + step);
    low = Math.min(low, level);
    high = Math.max(high, level);
  }
  return high / Math.max(low, 1e-9);
}

/** Amplitude, over that of the bed, of what lifts the whole by `db`: powers add. */
function amplitudeFor(db: number): number {
  return Math.sqrt(10 ** (db / 10) - 1);
}
