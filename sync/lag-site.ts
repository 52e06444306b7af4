import type { Prediction } from "./calibration.js";
import { delayShape, meanDelaySec } from "./cue-delay.js";
import { normalDensity } from "./gaussian.js";
import type { LagShape } from "./persona.js";
import type { EventClassProfile } from "./sport-profile.js";

/** A point tells at least this share of what its lag's own variance would, and at most this many times as much. */
const LEAST_SHARE = 1 / 25;
const MOST_SHARE = 4;

/**
 * What one linked record tells of its logger's habit at that place, as a normal: the lag is lognormal, so a slow press far in the tail says little, one at
 * the usual pace says much, and the mean of many presses would believe the slow ones. Expectation propagation (Minka 2001): the habit that the other
 * points tell (`around`) is met with the true shape of the lag; what that changed is the point's own word.
 */
export function whatIsSeen(
  residual: number,
  lag: LagShape,
  profile: EventClassProfile,
  extraVariance: number,
  around: Prediction,
): Prediction {
  const delays = delayShape(profile.cueDelay);
  const meanDelay = meanDelaySec(profile.cueDelay);
  let total = 0;
  let first = 0;
  let second = 0;
  for (const part of lag.parts) {
    for (const delay of delays) {
      const variance = part.sd ** 2 + delay.sd ** 2 + extraVariance;
      const here = residual - (part.mean - lag.mean) + (delay.mean - meanDelay);
      const weight =
        part.weight * delay.weight * normalDensity(here, around.mean, Math.sqrt(variance + around.variance));
      const share = around.variance / (around.variance + variance);
      const mean = around.mean + share * (here - around.mean);
      total += weight;
      first += weight * mean;
      second += weight * (mean ** 2 + share * variance);
    }
  }
  const usual = lag.variance + profile.cueDelay.sdSec ** 2 + extraVariance;
  if (!(total > 1e-12)) return { mean: residual, variance: usual / LEAST_SHARE };
  const mean = first / total;
  const precision = 1 / Math.max(1e-9, second / total - mean ** 2) - 1 / around.variance;
  const variance = usual / Math.min(MOST_SHARE, Math.max(LEAST_SHARE, precision * usual));
  // What leads from `around` to `mean` with that variance.
  return { mean: around.mean + (mean - around.mean) * (1 + variance / around.variance), variance };
}
