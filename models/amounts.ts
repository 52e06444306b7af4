import type { Amount } from "./outputs.js";

const Z95 = 1.959964;
export const US_GALLON_L = 3.785411784;
export const MILE_M = 1609.344;

export function amount(mean: number, sd: number): Amount {
  return { mean, sd, lo95: mean - Z95 * sd, hi95: mean + Z95 * sd };
}

/** The same in another unit. */
export function scaled({ mean, sd }: Amount, factor: number): Amount {
  return amount(mean * factor, sd * Math.abs(factor));
}

/** factor / amount: what grows when it shrinks. */
export function inverse({ mean, sd }: Amount, factor: number): Amount | null {
  if (!(mean > 0)) return null;
  const value = factor / mean;
  return amount(value, (value * sd) / mean);
}

/** Probability that a standard normal lies below z; Zelen and Severo 1964, error below 1e-7. */
export function below(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = Math.exp((-z * z) / 2) * 0.3989422804014327 * series;
  return z > 0 ? 1 - tail : tail;
}
