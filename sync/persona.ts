import type { EventClassProfile } from "./sport-profile.js";

/** A kind of logger: what is believed of its delays before its own records tell more. */
export interface Persona {
  readonly name: string;
  /** Log prior, nats. */
  readonly logPrior: number;
  /** Factor on every class's median lag; 0: a tagger who marks the instant on video. */
  readonly lagScale: number;
  /** Factor on the spread of every single lag: above 1 for somebody who presses now at once, now after a look at the bench. */
  readonly spreadScale: number;
  /** Standard deviation of the slow wander, seconds, and its time constant. */
  readonly wanderSd: number;
  readonly wanderTauSec: number;
  /** Spread of a class's own bias: relative to its lag, plus absolute seconds. */
  readonly classRelative: number;
  readonly classSec: number;
  /** Spread of the person's speed, relative to the lag. */
  readonly personRelative: number;
}

/** Figures from measured and published logger errors: venue and stream scouts, video taggers, slow and quick people. */
export const PERSONAS: readonly Persona[] = [
  persona("live", -0.5, 1, 1, 0.3, 300, 0.22, 0.05, 0.2),
  persona("brisk", -1.2, 0.72, 1, 0.3, 300, 0.22, 0.05, 0.2),
  persona("leisurely", -1.3, 1.4, 1, 0.3, 300, 0.22, 0.05, 0.2),
  persona("slow", -2.7, 2, 1, 0.4, 300, 0.25, 0.05, 0.2),
  persona("erratic", -1.7, 1, 1.55, 0.3, 300, 0.22, 0.05, 0.27),
  persona("scattered", -3.2, 1.7, 1.55, 0.4, 300, 0.22, 0.05, 0.25),
  persona("unstable", -2.2, 1, 1, 1.0, 120, 0.22, 0.05, 0.27),
  persona("quick", -4, 0.5, 1.1, 0.25, 300, 0.3, 0.1, 0.25),
  persona("tagger", -1.6, 0, 1, 0.08, 600, 0, 0.35, 0),
];

export const LIVE: Persona = PERSONAS[0] as Persona;

export function personaNamed(name: string): Persona {
  return PERSONAS.find((candidate) => candidate.name === name) ?? LIVE;
}

function persona(
  name: string,
  logPrior: number,
  lagScale: number,
  spreadScale: number,
  wanderSd: number,
  wanderTauSec: number,
  classRelative: number,
  classSec: number,
  personRelative: number,
): Persona {
  return { name, logPrior, lagScale, spreadScale, wanderSd, wanderTauSec, classRelative, classSec, personRelative };
}

/** Press minus truth of one class and persona as a mixture of normals, so that every later sum of errors stays exact. */
export interface LagShape {
  readonly mean: number;
  readonly variance: number;
  readonly parts: readonly { readonly weight: number; readonly mean: number; readonly sd: number }[];
}

/** Nodes and common width of a five-part mixture that has the mean and variance of a standard normal. */
const NODES = [-1.6, -0.8, 0, 0.8, 1.6] as const;
const NODE_SD = 0.6;
const NODE_WEIGHTS = nodeWeights();

function nodeWeights(): readonly number[] {
  // exp(-z^2 / 2s^2) with s^2 chosen so that the nodes' variance is 1 - NODE_SD^2 = 0.64.
  const spread = 0.8;
  const raw = NODES.map((z) => Math.exp((-z * z) / (2 * spread * spread)));
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  return raw.map((weight) => weight / total);
}

/** Two normals close to a Laplace of b = 0.25 s: how precisely a tagger stops the video. */
const TAGGER_PARTS = [
  { weight: 0.55, mean: 0, sd: 0.16 },
  { weight: 0.45, mean: 0, sd: 0.48 },
] as const;

/** A class nobody knows: pressed like an average one, with a spread to match. */
const UNKNOWN_LAG = { medianSec: 1.7, sigma: 0.6 } as const;

export function lagShape(profile: EventClassProfile | null, persona: Persona): LagShape {
  const lag = profile?.lag ?? UNKNOWN_LAG;
  const median = lag.medianSec * persona.lagScale;
  if (!(median > 0.01)) return shapeOf(TAGGER_PARTS);
  const sigma = lag.sigma * persona.spreadScale;
  return shapeOf(
    NODES.map((z, index) => {
      const mean = median * Math.exp(sigma * z + 0.5 * (sigma * NODE_SD) ** 2);
      return { weight: NODE_WEIGHTS[index] ?? 0, mean, sd: mean * sigma * NODE_SD };
    }),
  );
}

function shapeOf(parts: LagShape["parts"]): LagShape {
  const mean = parts.reduce((sum, part) => sum + part.weight * part.mean, 0);
  const variance = parts.reduce((sum, part) => sum + part.weight * (part.sd ** 2 + (part.mean - mean) ** 2), 0);
  return { mean, variance, parts };
}
