import type { Match, TrueCue } from "../match/match.js";
import type { Random } from "../random.js";
import type { BedLevel } from "./bed-level.js";
import { bandPass, decibels } from "./shape.js";
import type { Clip, Distractor } from "./sounds.js";
import { drawSpace, placeInSpace, type Space } from "./space.js";
import { type Blast, drawBlast, drawWhistle, renderWhistle } from "./whistle.js";

export interface RefereeSounds {
  readonly clips: readonly Clip[];
  readonly distractors: readonly Distractor[];
  readonly snrDb: ReadonlyMap<string, number>;
}

/** Level of whistles over the crowd, dB broadband: normal, cut to what microphones in stands and at the touchline give. */
export interface WhistleLevels {
  readonly meanDb: number;
  readonly sdDb: number;
}

const LOWEST_SNR_DB = -5;
const HIGHEST_SNR_DB = 15;
/** Share of the fouls and offsides that the big screen shows again, with the sound. */
const REPLAY_SHARE = 0.3;

interface Blown {
  readonly cue: TrueCue;
  readonly blast: Blast;
  readonly space: Space;
  readonly snrDb: number;
}

/** The referee's blasts as the microphone gets them, and the big screen's copies of some of them. */
export function planReferee(
  match: Match,
  bed: BedLevel,
  sampleRate: number,
  levels: WhistleLevels,
  random: Random,
): RefereeSounds {
  const whistle = drawWhistle(random.fork("whistle"));
  const blown = blowAll(match, levels, random.fork("blasts"));
  const render = (item: Blown, delaySec: number) =>
    renderWhistle(whistle, item.blast, sampleRate, delaySec, random.fork(item.cue.cueId));
  const clips: Clip[] = blown.map((item) => ({
    atSec: item.cue.onsetSec,
    render: (delaySec) =>
      scaled(
        placeInSpace(render(item, delaySec), item.space, sampleRate),
        bed.at(item.cue.onsetSec) * decibels(item.snrDb),
      ),
  }));
  const replays = planReplays(blown, bed, sampleRate, random.fork("replays"), render, match.durationSec);
  return {
    clips: [...clips, ...replays.clips],
    distractors: replays.distractors,
    snrDb: new Map(blown.map((item) => [item.cue.cueId, Math.round(item.snrDb * 10) / 10])),
  };
}

/** Blasts of one train come from one place: they share level and space. */
function blowAll(match: Match, levels: WhistleLevels, random: Random): Blown[] {
  let snrDb = levels.meanDb;
  let space = drawSpace(random);
  const blown: Blown[] = [];
  for (const cue of match.cues) {
    if (cue.kind !== "whistle") continue;
    if (cue.count === 1) {
      // Around the mean asked for, within what microphones in stands and at the touchline give.
      const lowest = Math.min(LOWEST_SNR_DB, levels.meanDb);
      const highest = Math.max(HIGHEST_SNR_DB, levels.meanDb);
      snrDb = Math.min(highest, Math.max(lowest, random.normal(levels.meanDb, levels.sdDb)));
      space = drawSpace(random);
    }
    blown.push({ cue, blast: drawBlast(random, cue.endSec - cue.onsetSec), space, snrDb });
  }
  return blown;
}

/** The same sound again 12-40 s later, through the loudspeakers' band, softer. */
function planReplays(
  blown: readonly Blown[],
  bed: BedLevel,
  sampleRate: number,
  random: Random,
  render: (item: Blown, delaySec: number) => Float32Array,
  durationSec: number,
): Omit<RefereeSounds, "snrDb"> {
  const clips: Clip[] = [];
  const distractors: Distractor[] = [];
  for (const item of blown) {
    const isShown = random.chance(REPLAY_SHARE) && (item.cue.what === "foul" || item.cue.what === "offside");
    const onsetSec = Math.round((item.cue.onsetSec + random.uniform(12, 40)) * 1e6) / 1e6;
    const levelDb = random.uniform(-9, 1);
    if (!isShown || onsetSec > durationSec - 3) continue;
    const lengthSec = item.cue.endSec - item.cue.onsetSec;
    distractors.push({ kind: "replay", onsetSec, endSec: onsetSec + lengthSec });
    clips.push({
      atSec: onsetSec,
      render: (delaySec) => {
        const narrow = bandPass(render(item, delaySec), sampleRate, 2200, 0.6);
        return scaled(placeInSpace(narrow, item.space, sampleRate), bed.at(onsetSec) * decibels(levelDb));
      },
    });
  }
  return { clips, distractors };
}

function scaled(samples: Float32Array, gain: number): Float32Array {
  for (let i = 0; i < samples.length; i++) samples[i] = (samples[i] ?? 0) * gain;
  return samples;
}
