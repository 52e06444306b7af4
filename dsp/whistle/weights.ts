// Written by scripts/train-whistle.mjs; do not edit.
import { FEATURES } from "./features.js";

/**
 * Weights of the logistic that judges a ridge (features in `features.ts`): dsp/README.md says what they were fitted and checked on.
 * Fitted on 90 minutes of made sound (14640 judgements, 4825 of whistles) and no recordings.
 */
export const WEIGHTS: Readonly<Record<(typeof FEATURES)[number], number>> = {
  inBand: 0.297,
  share: 0.125,
  top: -0.1303,
  logRatio: 4.86,
  logRatioHigh: 0.7758,
  rise: 1.831,
  riseHigh: 0.254,
  lowTone: -0.8185,
  lowRecent: -0.344,
  spread: -0.6832,
  moveLow: 8.932,
  moveHigh: 1.434,
  trend: -13.43,
  wobble: -2.243,
  wobbleLow: -1.774,
  hitRatio: 4,
  levelSpread: -1.113,
  octave: 0.574,
  purity: -6.964,
  high: -3.019,
  low: -6.96,
  age: 0.9984,
  busy: -0.1527,
  neighbours: 1.874,
  short: -1.067,
};
export const BIAS = -13;
/** From the log odds of a cue to the log odds that were observed, on 120 cues of made sound that was held out. */
export const CALIBRATION = { offset: -1.22, slope: 1.32 } as const;

const ORDERED = Float64Array.from(FEATURES, (name) => WEIGHTS[name]);

/** Log odds that the features are a whistle's; above 0 it is told. */
export function logOdds(features: Float64Array): number {
  let sum = BIAS;
  for (let i = 0; i < ORDERED.length; i += 1) sum += ORDERED[i]! * features[i]!;
  return sum;
}

/** Probability of a whistle, for log odds of `logOdds`. */
export function probability(odds: number): number {
  return 1 / (1 + Math.exp(-(CALIBRATION.offset + CALIBRATION.slope * odds)));
}
