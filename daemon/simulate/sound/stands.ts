import type { Match, TrueCue } from "../match/match.js";
import type { Random } from "../random.js";
import type { BedLevel } from "./bed-level.js";
import type { CrowdTextures } from "./crowd.js";
import { decibels } from "./shape.js";
import type { Distractor, Layer } from "./sounds.js";

/** Rise over the crowd before it, dB, by what the crowd roars at. */
const RISE_DB: Readonly<Record<string, readonly [number, number]>> = {
  goal: [9, 15],
  shot_on: [6, 10],
  shot_off: [5, 9],
  card: [4.5, 8],
};
/** Pauses between chants, applauses, swells for nothing, seconds in the mean. */
const CHANT_PAUSE_SEC = 150;
const APPLAUSE_PAUSE_SEC = 260;
const SWELL_PAUSE_SEC = 1200;

/** What the stands do: roars and groans that belong to plays; chants, applause and swells that belong to nothing. */
export function planStands(
  match: Match,
  bed: BedLevel,
  crowd: CrowdTextures,
  random: Random,
): { layers: Layer[]; distractors: Distractor[] } {
  const roars = match.cues.filter((cue) => cue.kind === "roar");
  const layers = roars.map((cue) => roarLayer(cue, bed, crowd, random));
  const distractors: Distractor[] = [];
  const every = (meanSec: number, add: (atSec: number) => Distractor & { layer: Layer }) => {
    for (let at = random.exponential(meanSec); at < match.durationSec - 15; at += 5 + random.exponential(meanSec)) {
      const { layer, ...distractor } = add(Math.round(at * 1e6) / 1e6);
      layers.push(layer);
      distractors.push(distractor);
      at = distractor.endSec;
    }
  };
  every(CHANT_PAUSE_SEC, (at) => {
    const [first, ...others] = crowd.chants;
    const texture = random.pick([first ?? crowd.bed, ...others]);
    return faded("chant", texture, at, random.uniform(12, 45), 3, bed.at(at) * decibels(random.uniform(-6, 4)));
  });
  every(APPLAUSE_PAUSE_SEC, (at) =>
    faded("applause", crowd.applause, at, random.uniform(3, 10), 1.5, bed.at(at) * decibels(random.uniform(-6, 3))),
  );
  every(SWELL_PAUSE_SEC, (at) =>
    faded("swell", crowd.roar, at, random.uniform(5, 10), 2.5, bed.at(at) * decibels(1.5)),
  );
  return { layers, distractors };
}

/** A roar rises within 0.3-1 s and dies away; a miss ends in a groan. */
function roarLayer(cue: TrueCue, bed: BedLevel, crowd: CrowdTextures, random: Random): Layer {
  const [low, high] = RISE_DB[cue.what] ?? [5, 9];
  const attackSec = random.uniform(0.3, cue.what === "goal" ? 0.7 : 1);
  const decaySec = cue.what === "goal" ? random.uniform(4, 8) : random.uniform(0.6, 1.5);
  // Powers add: the layer alone must give what is missing from the bed to the risen level.
  const gain = bed.at(cue.onsetSec) * Math.sqrt(10 ** (random.uniform(low, high) / 10) - 1);
  return {
    texture: cue.what === "shot_off" && random.chance(0.6) ? crowd.groan : crowd.roar,
    fromSec: cue.onsetSec,
    toSec: cue.endSec + 5 * decaySec,
    gainAt: (sec) => gain * roarEnvelope(sec - cue.onsetSec, cue.endSec - cue.onsetSec, attackSec, decaySec),
  };
}

function roarEnvelope(t: number, lengthSec: number, attackSec: number, decaySec: number): number {
  if (t <= 0) return 0;
  const rise = t < attackSec ? 0.5 - 0.5 * Math.cos((Math.PI * t) / attackSec) : 1;
  return t < lengthSec ? rise : rise * Math.exp(-(t - lengthSec) / decaySec);
}

function faded(
  kind: string,
  texture: Float32Array,
  onsetSec: number,
  lengthSec: number,
  fadeSec: number,
  gain: number,
): Distractor & { layer: Layer } {
  const endSec = Math.round((onsetSec + lengthSec) * 1e6) / 1e6;
  const gainAt = (sec: number) => gain * Math.max(0, Math.min(1, (sec - onsetSec) / fadeSec, (endSec - sec) / fadeSec));
  return { kind, onsetSec, endSec, layer: { texture, fromSec: onsetSec, toSec: endSec, gainAt } };
}
