import type { EventClassProfile } from "./sport-profile.js";

/** One part of a cue's delay after its act, seconds. */
export interface DelayPart {
  readonly weight: number;
  readonly mean: number;
  readonly sd: number;
}

/** Three normals that together have the mean and the skew of a lognormal: nodes on its log scale, and their common width there. */
const NODES = [-1.3, 0, 1.3] as const;
const NODE_WEIGHTS = [0.24, 0.52, 0.24] as const;
const NODE_SD = 0.45;

/** How long after the act its cue begins: lognormal, for a crowd may answer late but hardly early. */
export function delayShape({ medianSec, sdSec }: EventClassProfile["cueDelay"]): readonly DelayPart[] {
  if (medianSec <= 0) return [{ weight: 1, mean: medianSec, sd: sdSec }];
  // Variance of a lognormal of this median: median^2 * y * (y - 1), y = exp(sigma^2).
  const y = (1 + Math.sqrt(1 + 4 * (sdSec / medianSec) ** 2)) / 2;
  const sigma = Math.sqrt(Math.log(y));
  return NODES.map((z, index) => {
    const mean = medianSec * Math.exp(sigma * z);
    return { weight: NODE_WEIGHTS[index] ?? 0, mean, sd: mean * sigma * NODE_SD };
  });
}

/** Mean of the delay, seconds. */
export function meanDelaySec(delay: EventClassProfile["cueDelay"]): number {
  return delayShape(delay).reduce((sum, { weight, mean }) => sum + weight * mean, 0);
}
