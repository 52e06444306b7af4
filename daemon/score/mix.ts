import { addScaled, drawSpace, highPass, normalise, placeInSpace, type Random, rmsOf } from "../simulate/index.js";
import type { Target } from "./match-cues.js";

/** A single blast cut from its recording: sample 0 is its onset. */
export interface BankWhistle {
  readonly name: string;
  readonly samples: Float32Array;
  /** Length from onset to end, samples; what follows is its own echo. */
  readonly length: number;
}

export interface Mix {
  readonly samples: Float32Array;
  readonly targets: readonly Target[];
}

const BED_RMS = 0.05;
const GAP_SEC = [4.5, 7.5] as const;
/** Quiet room before the first blast: detectors need to know the crowd first. */
const LEAD_SEC = 3;
const PEAK = 0.95;

/**
 * Puts whistles over a crowd at a known level. Level: RMS of the whistle between onset and end, above 100 Hz, over the crowd's RMS in the
 * same place. Six in ten get echoes and a tail; the label is the direct path's onset. The bed goes round where it is too short.
 */
export function mixWhistles(
  bed: Float32Array,
  whistles: readonly BankWhistle[],
  sampleRate: number,
  snrDb: number,
  random: Random,
): Mix {
  const onsets: number[] = [];
  let at = LEAD_SEC * sampleRate;
  for (const whistle of whistles) {
    at += Math.floor(random.uniform(0, 2) * sampleRate);
    onsets.push(at);
    at += whistle.length + Math.floor(random.uniform(...GAP_SEC) * sampleRate);
  }
  const samples = goRound(normalise(bed.slice(), BED_RMS), at);
  const targets = whistles.map((whistle, index) => {
    const onset = onsets[index] ?? 0;
    const crowd = rmsOf(samples, onset, onset + whistle.length);
    const own = rmsOf(highPass(whistle.samples.slice(), sampleRate, 100), 0, whistle.length);
    const gain = (crowd * 10 ** (snrDb / 20)) / Math.max(own, 1e-9);
    addScaled(samples, placeInSpace(whistle.samples, drawSpace(random), sampleRate), gain, onset);
    return {
      id: `${whistle.name}@${onset}`,
      onsetSec: onset / sampleRate,
      endSec: (onset + whistle.length) / sampleRate,
    };
  });
  return { samples: belowPeak(samples), targets };
}

function goRound(bed: Float32Array, length: number): Float32Array {
  const samples = new Float32Array(length);
  for (let at = 0; at < length && bed.length > 0; at += bed.length) samples.set(bed.subarray(0, length - at), at);
  return samples;
}

/** Keeps the whole below full scale: a mix must not clip where its parts did not. */
function belowPeak(samples: Float32Array): Float32Array {
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  if (peak > PEAK) for (let i = 0; i < samples.length; i++) samples[i] = ((samples[i] ?? 0) * PEAK) / peak;
  return samples;
}
