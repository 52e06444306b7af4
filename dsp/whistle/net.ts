import { CALIBRATION, HIDDEN, LINEAR, OFFSET, OUTPUT } from "./weights.js";

const INPUTS = LINEAR.length;
const UNITS = OUTPUT.length;
const linear = Float64Array.from(LINEAR);
/** Per unit its weights, then its offset. */
const hidden = Float64Array.from(HIDDEN);
const output = Float64Array.from(OUTPUT);

/** Log odds that the features are a whistle's; above 0 it is told. A straight line plus one layer of tanh units. */
export function logOdds(features: Float64Array): number {
  let sum = OFFSET;
  for (let i = 0; i < INPUTS; i += 1) sum += linear[i]! * features[i]!;
  for (let unit = 0, at = 0; unit < UNITS; unit += 1) {
    let within = hidden[at + INPUTS]!;
    for (let i = 0; i < INPUTS; i += 1) within += hidden[at + i]! * features[i]!;
    at += INPUTS + 1;
    sum += output[unit]! * Math.tanh(within);
  }
  return sum;
}

/** Probability of a whistle, for log odds of `logOdds`. */
export function probability(odds: number): number {
  return 1 / (1 + Math.exp(-(CALIBRATION.offset + CALIBRATION.slope * odds)));
}
