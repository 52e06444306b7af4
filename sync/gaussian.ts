const SQRT_TWO = Math.SQRT2;
const LOG_SQRT_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** Density of N(mean, sd^2) at `x`. */
export function normalDensity(x: number, mean: number, sd: number): number {
  const z = (x - mean) / sd;
  return Math.exp(-0.5 * z * z - LOG_SQRT_TWO_PI) / sd;
}

/** P(N(mean, sd^2) <= x). */
export function normalCdf(x: number, mean: number, sd: number): number {
  return 0.5 * complementaryError(-(x - mean) / (sd * SQRT_TWO));
}

/** erfc by the rational Chebyshev fit of Numerical Recipes 6.2 (relative error below 1.2e-7 everywhere). */
function complementaryError(x: number): number {
  const magnitude = Math.abs(x);
  const t = 1 / (1 + 0.5 * magnitude);
  const series =
    -1.26551223 +
    t *
      (1.00002368 +
        t *
          (0.37409196 +
            t *
              (0.09678418 +
                t *
                  (-0.18628806 +
                    t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))))))));
  const value = t * Math.exp(-magnitude * magnitude + series);
  return x >= 0 ? value : 2 - value;
}

/** Median of a list; of an even number the lower of the two in the middle, so that it is always one of them. 0 for an empty list. */
export function lowerMedian(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? 0;
}
