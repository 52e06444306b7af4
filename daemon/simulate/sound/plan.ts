import type { Match } from "../match/match.js";
import { Random } from "../random.js";
import { BedLevel } from "./bed-level.js";
import { planConfusers } from "./confusers.js";
import { makeCrowd } from "./crowd.js";
import { Mixer } from "./mixer.js";
import { planReferee } from "./referee.js";
import type { Distractor, SoundPlan } from "./sounds.js";
import { planStands } from "./stands.js";

export interface SoundOptions {
  /** Samples a second, 16000 to 48000. */
  readonly sampleRate: number;
  /** Mean level of the whistles over the crowd, dB broadband. */
  readonly snrDb: number;
}

/** The spread of whistle levels: a referee is near the microphone at times, at the far corner at others. */
const SNR_SD_DB = 5;

/** The sound of a whole match, and what in it is a trap. `seed` alone decides. */
export function makeSound(match: Match, seed: number, options: SoundOptions): { mixer: Mixer; plan: SoundPlan } {
  const random = new Random(`${seed}/sound`);
  const { sampleRate } = options;
  const bed = new BedLevel(match, random.fork("level"));
  const crowd = makeCrowd(sampleRate, random.fork("crowd"));
  const levels = { meanDb: options.snrDb, sdDb: SNR_SD_DB };
  const referee = planReferee(match, bed, sampleRate, levels, random.fork("referee"));
  const stands = planStands(match, bed, crowd, random.fork("stands"));
  const confusers = planConfusers(match, bed, sampleRate, random.fork("confusers"));
  const plan: SoundPlan = {
    clips: [...referee.clips, ...confusers.clips].sort((a, b) => a.atSec - b.atSec),
    layers: stands.layers.sort((a, b) => a.fromSec - b.fromSec),
    distractors: [...referee.distractors, ...stands.distractors, ...confusers.distractors].sort(byOnset),
    snrDb: referee.snrDb,
  };
  return { mixer: new Mixer(plan, crowd.bed, bed, sampleRate, random.fork("mixer")), plan };
}

function byOnset(a: Distractor, b: Distractor): number {
  return a.onsetSec - b.onsetSec || (a.kind < b.kind ? -1 : 1);
}
