import type { Match } from "../match/match.js";
import type { Random } from "../random.js";
import type { BedLevel } from "./bed-level.js";
import { renderAirHorn, renderVuvuzela } from "./horns.js";
import { decibels } from "./shape.js";
import type { Clip, Distractor } from "./sounds.js";
import { renderAnnouncement, renderJingle } from "./voices.js";
import { renderFingerWhistle } from "./whistle.js";

type Renderer = (lengthSec: number, sampleRate: number, random: Random) => Float32Array;

interface Confuser {
  readonly render: Renderer;
  /** Mean time between two, seconds. */
  readonly everySec: number;
  readonly lengthSec: readonly [number, number];
  /** Level over the crowd, dB broadband. */
  readonly levelDb: readonly [number, number];
}

/** What a whistle detector must not fall for. Fans' finger whistles are the ones to fear in a stand. */
const CONFUSERS: Readonly<Record<string, Confuser>> = {
  crowdWhistle: { render: renderFingerWhistle, everySec: 300, lengthSec: [0.35, 3], levelDb: [-12, 3] },
  airHorn: { render: renderAirHorn, everySec: 800, lengthSec: [0.4, 2], levelDb: [-5, 5] },
  vuvuzela: { render: renderVuvuzela, everySec: 900, lengthSec: [1.5, 5], levelDb: [-8, 3] },
  paVoice: { render: renderAnnouncement, everySec: 700, lengthSec: [4, 10], levelDb: [-3, 5] },
};

/** Everything in the stadium that sounds like something it is not, and the loudspeakers: voice at any time, music after goals and in the break. */
export function planConfusers(
  match: Match,
  bed: BedLevel,
  sampleRate: number,
  random: Random,
): { clips: Clip[]; distractors: Distractor[] } {
  const plan = new ConfuserPlan(bed, sampleRate, random.fork("samples"));
  for (const [kind, confuser] of Object.entries(CONFUSERS)) {
    const draw = random.fork(kind);
    for (
      let at = draw.exponential(confuser.everySec);
      at < match.durationSec - 12;
      at += draw.exponential(confuser.everySec)
    ) {
      plan.add(kind, confuser.render, at, draw.uniform(...confuser.lengthSec), draw.uniform(...confuser.levelDb));
    }
  }
  const music = random.fork("music");
  for (const play of match.plays) {
    const at = play.timeSec + music.uniform(6, 11);
    if (play.class === "goal") plan.add("paMusic", renderJingle, at, music.uniform(6, 14), music.uniform(-2, 5));
    if (play.class === "substitution" && music.chance(0.8)) {
      plan.add("paVoice", renderAnnouncement, at, music.uniform(4, 8), music.uniform(-2, 5));
    }
  }
  const [first, second] = match.periods;
  if (first !== undefined && second !== undefined) {
    for (let at = first.endSec + 20; at < second.startSec - 40; at += music.uniform(30, 45)) {
      plan.add("paMusic", renderJingle, at, music.uniform(18, 28), music.uniform(0, 6));
    }
  }
  return plan.finish(match.durationSec);
}

class ConfuserPlan {
  readonly #bed: BedLevel;
  readonly #sampleRate: number;
  readonly #random: Random;
  readonly #clips: Clip[] = [];
  readonly #distractors: Distractor[] = [];

  constructor(bed: BedLevel, sampleRate: number, random: Random) {
    this.#bed = bed;
    this.#sampleRate = sampleRate;
    this.#random = random;
  }

  add(kind: string, render: Renderer, at: number, lengthSec: number, levelDb: number): void {
    const onsetSec = Math.round(at * 1e6) / 1e6;
    const gain = this.#bed.at(onsetSec) * decibels(levelDb);
    const random = this.#random.fork(`${kind}@${onsetSec}`);
    this.#distractors.push({ kind, onsetSec, endSec: Math.round((onsetSec + lengthSec) * 1e6) / 1e6 });
    this.#clips.push({
      atSec: onsetSec,
      render: () => {
        const samples = render(lengthSec, this.#sampleRate, random);
        for (let i = 0; i < samples.length; i++) samples[i] = (samples[i] ?? 0) * gain;
        return samples;
      },
    });
  }

  finish(durationSec: number): { clips: Clip[]; distractors: Distractor[] } {
    const isInside = (sec: number) => sec >= 0 && sec < durationSec;
    return {
      clips: this.#clips.filter((clip) => isInside(clip.atSec)),
      distractors: this.#distractors
        .filter((distractor) => isInside(distractor.onsetSec))
        .map((distractor) => ({ ...distractor, endSec: Math.min(distractor.endSec, durationSec) })),
    };
  }
}
