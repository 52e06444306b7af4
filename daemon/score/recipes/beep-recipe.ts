import { Random, renderTone, rmsOf } from "../../simulate/index.js";
import { renderEngine } from "./engine.js";
import { BED_RMS, goRound, type Material, RECIPE_HZ } from "./material.js";
import { madeNegatives } from "./negatives.js";
import type { Recipe, Trial, Trials } from "./trial.js";

const TONE_SEC = 0.2;
const LAST_SEC = 0.8;
const STEP_SEC = 1;
const PITCH_HZ = [440, 1200] as const;
const FIRST_AT_SEC = [2, 4] as const;
const AFTER_SEC = 3;
/** A loudspeaker does not switch a tone within a sample. */
const FADE_SEC = [0.001, 0.008] as const;
const ALONE_SEC = 120;
const ALONE = 5;

export interface BeepOptions {
  readonly seed: number;
  readonly mixes: number;
  readonly snrDb: number;
}

/**
 * Start lights in engine noise: four or five equal tones one second apart, the last one longer. What is looked for is the last tone's onset. Beside them:
 * engines, crowds and negatives alone.
 */
export function beepRecipe(material: Material, options: BeepOptions): Recipe {
  return {
    kind: "beep",
    title: `Last tone of a beep train in engine noise at ${options.snrDb} dB`,
    tolerance: { wideSec: 0.05, narrowSec: 0.01 },
    trials:
      options.mixes + ALONE + material.beds.length + material.negatives.length + madeNegatives(options.seed).length,
    *make(): Trials {
      for (let index = 0; index < options.mixes; index++) yield beepMix(index, options);
      for (let index = 0; index < ALONE; index++) yield engineAlone(index, options.seed);
      yield* aloneTrials(material, options.seed);
    },
  };
}

/** `snrDb`: RMS of a tone over that of the noise, both broadband. */
export function beepMix(index: number, { seed, snrDb }: BeepOptions): Trial {
  const random = new Random(`recipes/${seed}/beep${index}`);
  const tones = random.integer(4, 5);
  const hz = random.uniform(...PITCH_HZ);
  const first = random.uniform(...FIRST_AT_SEC);
  const samples = renderEngine(first + tones * STEP_SEC + AFTER_SEC, RECIPE_HZ, random);
  for (let i = 0; i < samples.length; i++) samples[i] = (samples[i] ?? 0) * BED_RMS;
  const amplitude = Math.SQRT2 * BED_RMS * 10 ** (snrDb / 20);
  const fadeSec = random.uniform(...FADE_SEC);
  let onset = 0;
  for (let tone = 0; tone < tones; tone++) {
    const lengthSec = tone === tones - 1 ? LAST_SEC : TONE_SEC;
    onset = Math.round((first + tone * STEP_SEC) * RECIPE_HZ);
    const sound = renderTone(
      { lengthSec, hz: () => hz, harmonics: [amplitude], attackSec: fadeSec, releaseSec: fadeSec },
      RECIPE_HZ,
    );
    for (let i = 0; i < sound.length; i++) samples[onset + i] = (samples[onset + i] ?? 0) + (sound[i] ?? 0);
  }
  const onsetSec = onset / RECIPE_HZ;
  const before = Array.from({ length: tones - 1 }, (_, tone) => first + tone * STEP_SEC);
  return {
    group: "mixes",
    name: `${tones} x ${hz.toFixed(0)} Hz`,
    samples,
    targets: [{ id: `beep${index}`, onsetSec, endSec: onsetSec + LAST_SEC }],
    free: before.map((sec) => [sec, sec + TONE_SEC] as const),
  };
}

function engineAlone(index: number, seed: number): Trial {
  const samples = renderEngine(ALONE_SEC, RECIPE_HZ, new Random(`recipes/${seed}/engine${index}`));
  for (let i = 0; i < samples.length; i++) samples[i] = (samples[i] ?? 0) * BED_RMS;
  return { group: "engines alone", name: `engine ${index + 1}`, samples, targets: [] };
}

/** Crowds (a minute each) and negatives, recorded and made, with nothing to be found in them. */
export function* aloneTrials(material: Material, seed: number): Trials {
  for (const { name, samples } of material.beds) {
    yield { group: "beds alone", name, samples: goRound(samples, 60 * RECIPE_HZ), targets: [] };
  }
  for (const { name, samples } of material.negatives) {
    yield { group: "negatives, recorded", name, samples, targets: [] };
  }
  for (const { name, make } of madeNegatives(seed)) {
    const samples = make();
    const gain = BED_RMS / Math.max(rmsOf(samples), 1e-9);
    for (let i = 0; i < samples.length; i++) samples[i] = (samples[i] ?? 0) * gain;
    yield { group: "negatives, made", name, samples, targets: [] };
  }
}
