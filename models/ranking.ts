import { amount, below, inverse, MILE_M, US_GALLON_L } from "./amounts.js";
import { type CarState, greenLaps } from "./car-state.js";
import { type InsightSources, lapMetres } from "./insight.js";
import type { RankedCar } from "./outputs.js";
import { meanRaw } from "./pace.js";

const FEWEST_LAPS = 3;
const LAPS = 40;

interface Candidate {
  readonly sources: InsightSources;
  readonly state: CarState;
}

/** Cars by consumption on their green laps, the thriftiest first. */
export function rankCars(candidates: readonly Candidate[]): RankedCar[] {
  const known = candidates.flatMap((one) => mileage(one) ?? []).sort((a, b) => b.mpg.mean - a.mpg.mean);
  return known.map((one, i) => {
    const next = known[i + 1];
    const { car, mpg, laps } = one;
    if (next === undefined) return { car, mpg, laps, pBeforeNext: null, lapsPerTankToNext: null };
    const gap = mpg.mean - next.mpg.mean;
    return {
      car,
      mpg,
      laps,
      pBeforeNext: below(gap / Math.max(Math.hypot(mpg.sd, next.mpg.sd), 1e-9)),
      lapsPerTankToNext: one.tankKg === null ? null : one.tankKg / one.lapKg - one.tankKg / next.lapKg,
    };
  });
}

function mileage({ sources, state }: Candidate) {
  const laps = greenLaps(state, LAPS);
  const raw = meanRaw(laps);
  if (raw === null || laps.length < FEWEST_LAPS) return null;
  const { filter, profile, car, maker } = sources;
  const scale = filter.estimate(car, maker);
  const share = Math.hypot(scale.sd / scale.mean, profile.prior.greenLap / Math.sqrt(laps.length));
  const lapKg = raw * scale.mean;
  const perLap = amount(lapKg, lapKg * share);
  const mpg = inverse(perLap, (lapMetres(sources, laps) / MILE_M) * profile.densityKgPerL * US_GALLON_L);
  return mpg === null ? null : [{ car, mpg, laps: laps.length, lapKg, tankKg: sources.capacity?.kg ?? null }];
}
