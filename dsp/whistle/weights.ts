import { FEATURES } from "./features.js";

export const WEIGHTS: Readonly<Record<(typeof FEATURES)[number], number>> = {
  inBand: 1.508,
  share: -0.8737,
  top: -0.07604,
  logRatio: 6.452,
  logRatioHigh: 0.593,
  rise: 1.951,
  riseHigh: 0.29,
  lowTone: -0.4479,
  lowRecent: -1.034,
  spread: -0.4672,
  moveLow: 6.661,
  moveHigh: -2.846,
  trend: -4.208,
  wobble: -0.3765,
  wobbleLow: -2.628,
  hitRatio: 3.362,
  levelSpread: -1.661,
  octave: 1.115,
  purity: -19.13,
  high: -1.269,
  low: -2.633,
  age: 0.9009,
  busy: -0.4478,
  neighbours: 0.7939,
  short: -0.7584,
};
export const BIAS = -7.274;

const ORDERED = Float64Array.from(FEATURES, (name) => WEIGHTS[name]);

/** Log odds that the features are a whistle's. */
export function logOdds(features: Float64Array): number {
  let sum = BIAS;
  for (let i = 0; i < ORDERED.length; i += 1) sum += ORDERED[i]! * features[i]!;
  return sum;
}
