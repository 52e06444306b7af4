/** Places in `Sums`: what is counted along a car's way, all of it additive. Burns are physics alone, before any scale. */
export const RAW_KG = 0;
export const CAUTION_KG = 1;
/** Burn in holes of the data, and the variance of that. */
export const FILLED_KG = 2;
export const FILLED_VARIANCE = 3;
export const DISTANCE_M = 4;
export const SECONDS = 5;
export const FULL_SEC = 6;
export const PART_SEC = 7;
export const COAST_SEC = 8;
export const BOX_SEC = 9;
/** Lift points against the usual ones: how much earlier in shares of a lap, and how many. */
export const LIFT_EARLIER = 10;
export const LIFTS = 11;
export const FILLED_SEC = 12;
export const PLACES = 13;

export type Sums = Float64Array;

export function emptySums(): Sums {
  return new Float64Array(PLACES);
}

/** @param step where it is put, for who needs it only until the next one */
export function difference(to: Sums, from: Sums, step = emptySums()): Sums {
  for (let i = 0; i < PLACES; i++) step[i] = (to[i] ?? 0) - (from[i] ?? 0);
  return step;
}

/** `from` and a share of the step after it. */
export function between(from: Sums, step: Sums, share: number): Sums {
  return from.map((value, i) => value + share * (step[i] ?? 0));
}

export function addTo(sums: Sums, step: Sums): void {
  for (let i = 0; i < PLACES; i++) sums[i] = (sums[i] ?? 0) + (step[i] ?? 0);
}

export function at(sums: Sums, place: number): number {
  return sums[place] ?? 0;
}
