import { normalCdf } from "./gaussian.js";

/** A part of a belief about one instant, seconds on the aligner's clock. `uniform`: centre +- half width, else normal. */
export interface BeliefPart {
  readonly weight: number;
  readonly mean: number;
  /** Standard deviation of a normal part; half width of a uniform one. */
  readonly spread: number;
  readonly uniform: boolean;
}

/** P(truth <= x) of a mixture whose weights sum to one. */
export function cdfOf(parts: readonly BeliefPart[], x: number): number {
  let sum = 0;
  for (const part of parts) {
    sum +=
      part.weight *
      (part.uniform
        ? Math.min(1, Math.max(0, (x - part.mean + part.spread) / (2 * part.spread)))
        : normalCdf(x, part.mean, part.spread));
  }
  return sum;
}

/** Quantile of the mixture by bisection, to about 0.1 ms. */
export function quantileOf(parts: readonly BeliefPart[], p: number): number {
  let lo = Number.POSITIVE_INFINITY;
  let hi = Number.NEGATIVE_INFINITY;
  for (const part of parts) {
    lo = Math.min(lo, part.mean - 6 * part.spread);
    hi = Math.max(hi, part.mean + 6 * part.spread);
  }
  if (!(lo < hi)) return Number.isFinite(lo) ? lo : 0;
  for (let step = 0; step < 40 && hi - lo > 1e-4; step++) {
    const middle = (lo + hi) / 2;
    if (cdfOf(parts, middle) < p) lo = middle;
    else hi = middle;
  }
  return (lo + hi) / 2;
}

export function normalise(parts: readonly BeliefPart[]): BeliefPart[] {
  const total = parts.reduce((sum, part) => sum + part.weight, 0);
  return total > 0 ? parts.map((part) => ({ ...part, weight: part.weight / total })) : [...parts];
}

export function scaled(parts: readonly BeliefPart[], factor: number): BeliefPart[] {
  return parts.map((part) => ({ ...part, weight: part.weight * factor }));
}

/** Adds an independent error (e.g. the box's own clock) to every part. */
export function widened(parts: readonly BeliefPart[], sd: number): BeliefPart[] {
  if (sd <= 0) return [...parts];
  return parts.map((part) =>
    part.uniform ? { ...part, spread: part.spread + sd } : { ...part, spread: Math.hypot(part.spread, sd) },
  );
}
