// Written by scripts/train-whistle.mjs; do not edit.
import { FEATURES } from "./features.js";

/**
 * Weights of the logistic that judges a ridge (features in `features.ts`): dsp/README.md says what they were fitted and checked on.
 * Fitted on 90 minutes of made sound (13121 judgements, 4291 of whistles) and no recordings.
 */
export const WEIGHTS: Readonly<Record<(typeof FEATURES)[number], number>> = {
  inBand: 0.1721,
  share: 0.1219,
  top: -0.09189,
  logRatio: 3.02,
  logRatioHigh: 0.07759,
  rise: 1.88,
  riseHigh: 0.3479,
  lowTone: -0.5722,
  lowRecent: -0.0347,
  spread: -0.7186,
  moveLow: 5.709,
  moveHigh: 0.8111,
  trend: -10.56,
  wobble: -1.196,
  wobbleLow: 0.3224,
  hitRatio: 2.816,
  levelSpread: -0.9677,
  octave: 0.3044,
  purity: -4.408,
  high: -3.382,
  low: -5.404,
  age: 1.168,
  busy: -0.1242,
  neighbours: 0.9119,
  short: 0.008384,
};
export const BIAS = -9.7172;
/** From the log odds of a cue to the log odds that were observed, on 97 cues of made sound that was held out. */
export const CALIBRATION = { offset: -0.399, slope: 2.03 } as const;

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
