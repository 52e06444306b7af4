import type { RaceFacts } from "../fuel-files/index.js";
import type { FuelRun, ScoredWindow } from "./fuel-run.js";
import type { FuelTruth, TrueBurn } from "./fuel-truth.js";

/** An estimate beside its truth. */
export interface Pair {
  readonly estimate: number;
  readonly sd: number;
  readonly truth: number;
}

export interface MileagePair {
  readonly estimate: number;
  readonly truth: number;
}

interface TimedPair extends Pair {
  readonly lap: number;
  readonly t: number;
}

/** Everything one race gives to the tables. */
export interface FuelErrors {
  readonly stints: readonly Pair[];
  readonly laterStints: readonly Pair[];
  readonly greenLaps: readonly Pair[];
  readonly cautionLaps: readonly Pair[];
  /** Laps with a stop at the box. */
  readonly pitLaps: readonly Pair[];
  readonly totals: readonly Pair[];
  /** Cars' mpg over their green laps, race by race. */
  readonly mileage: readonly (readonly MileagePair[])[];
  /** Burn of five green laps over the car's own mean: estimate and truth. */
  readonly trends: readonly MileagePair[];
  /** Laps left when the true tank holds 10 and 40 at the true pace of the last ten green laps, and 40 at that of the last five. */
  readonly tenLaps: readonly Pair[];
  readonly fortyLaps: readonly Pair[];
  readonly fortyLapsOfFive: readonly Pair[];
  /** Ten green laps before a stop, as if the tank went dry there: its capacity then is what was truly burned. Truth: those ten laps. */
  readonly tenToStop: readonly Pair[];
  /** Fuel left after ten more green laps, foretold before them. */
  readonly atStop: readonly Pair[];
}

const FEWEST_GREEN_LAPS = 5;
const TREND_LAPS = 5;
const MILE_M = 1609.344;
const GALLON_L = 3.785411784;
/** Below this a stint is a wrong stop, kg. */
const LEAST_STINT_KG = 0.5;
/** Below this a lap with a stop is a piece of one, kg. */
const LEAST_LAP_KG = 0.1;
/** A car's totals are compared so often, s: more would be the same error again. */
const TOTAL_EVERY_SEC = 300;
const FORETOLD_LAPS = 10;

export function fuelErrors(run: FuelRun, truth: FuelTruth, facts: RaceFacts | null): FuelErrors {
  const errors = {
    stints: [] as Pair[],
    laterStints: [] as Pair[],
    greenLaps: [] as Pair[],
    cautionLaps: [] as Pair[],
    pitLaps: [] as Pair[],
    totals: [] as Pair[],
    trends: [] as MileagePair[],
    tenLaps: [] as Pair[],
    fortyLaps: [] as Pair[],
    fortyLapsOfFive: [] as Pair[],
    tenToStop: [] as Pair[],
    atStop: [] as Pair[],
  };
  const mileage: MileagePair[] = [];
  for (const [car, burned] of truth.burned) {
    const fills = truth.fills.get(car) ?? [];
    takeStints(run, car, burned, fills, errors);
    const green = takeLaps(run, car, burned, errors);
    const lapM = run.lapLengthM ?? 1;
    if (green.length >= FEWEST_GREEN_LAPS) {
      const mpg = (kg: number) => ((lapM / MILE_M) * GALLON_L * (facts?.densityKgPerL ?? 0.75)) / kg;
      mileage.push({ estimate: mpg(mean(green, "estimate")), truth: mpg(mean(green, "truth")) });
    }
    takeTrends(green, errors.trends);
    takeWindows(run.windows.get(car) ?? [], burned, green, fills, facts, errors);
  }
  return { ...errors, mileage: [mileage] };
}

function takeStints(
  run: FuelRun,
  car: string,
  burned: TrueBurn,
  fills: readonly (readonly [number, number])[],
  errors: { stints: Pair[]; laterStints: Pair[] },
): void {
  for (const { stint, t, fuelKg, fuelKgSd } of run.stints.get(car) ?? []) {
    const from = fills.findLast(([tOut]) => tOut < t)?.[0] ?? Number.NEGATIVE_INFINITY;
    const pair = { estimate: fuelKg, sd: fuelKgSd, truth: burned(t) - burned(from) };
    if (pair.truth < LEAST_STINT_KG) continue;
    errors.stints.push(pair);
    if (stint > 1) errors.laterStints.push(pair);
  }
}

/** Fills the lists of laps; gives the green ones in their order. */
function takeLaps(
  run: FuelRun,
  car: string,
  burned: TrueBurn,
  errors: { greenLaps: Pair[]; cautionLaps: Pair[]; pitLaps: Pair[] },
): TimedPair[] {
  const green: TimedPair[] = [];
  let before: { lap: number; t: number } | null = null;
  for (const { lap, t, fuelKg, fuelKgSd, regime } of run.laps.get(car) ?? []) {
    const from: number | null = before !== null && before.lap === lap - 1 ? before.t : null;
    before = { lap, t };
    if (from === null) continue;
    const pair = { estimate: fuelKg, sd: fuelKgSd, truth: burned(t) - burned(from) };
    if (regime === "green") {
      green.push({ ...pair, lap, t });
      errors.greenLaps.push(pair);
    } else if (regime === "caution") errors.cautionLaps.push(pair);
    else if (regime === "pit" && pair.truth > LEAST_LAP_KG) errors.pitLaps.push(pair);
  }
  return green;
}

function takeTrends(green: readonly Pair[], trends: MileagePair[]): void {
  const [estimate, truth] = [mean(green, "estimate"), mean(green, "truth")];
  for (let i = 0; i + TREND_LAPS <= green.length; i++) {
    const part = green.slice(i, i + TREND_LAPS);
    trends.push({ estimate: mean(part, "estimate") / estimate, truth: mean(part, "truth") / truth });
  }
}

function takeWindows(
  windows: readonly ScoredWindow[],
  burned: TrueBurn,
  green: readonly TimedPair[],
  fills: readonly (readonly [number, number])[],
  facts: RaceFacts | null,
  errors: {
    totals: Pair[];
    tenLaps: Pair[];
    fortyLaps: Pair[];
    fortyLapsOfFive: Pair[];
    tenToStop: Pair[];
    atStop: Pair[];
  },
): void {
  let nextTotal = TOTAL_EVERY_SEC;
  for (const window of windows) {
    const { t } = window;
    if (t >= nextTotal) {
      nextTotal += TOTAL_EVERY_SEC;
      errors.totals.push({ estimate: window.totalKg, sd: window.totalSdKg, truth: burned(t) });
    }
  }
  const tank = facts?.tankKg ?? null;
  if (tank === null || fills.length === 0) return;
  const level = (t: number): number =>
    fills.reduce((kg, [tOut, fill]) => kg + (tOut <= t ? fill : 0), tank - burned(t));
  takeLapsLeft(windows, level, green, { laps: 10, pace: 10 }, errors.tenLaps);
  takeLapsLeft(windows, level, green, { laps: 40, pace: 10 }, errors.fortyLaps);
  takeLapsLeft(windows, level, green, { laps: 40, pace: 5 }, errors.fortyLapsOfFive);
  takeTenToStop(windows, level, green, errors.tenToStop);
  takeAtStop(windows, level, green, errors.atStop);
}

/** The window in which the true tank comes down to so many laps at the true pace of the last green ones, once in each stint. */
function takeLapsLeft(
  windows: readonly ScoredWindow[],
  level: (t: number) => number,
  green: readonly TimedPair[],
  { laps, pace: paceLaps }: { readonly laps: number; readonly pace: number },
  pairs: Pair[],
): void {
  let above = false;
  for (const { t, laps: told, lapsSd } of windows) {
    const pace = green.filter((lap) => lap.t <= t).slice(-paceLaps);
    if (pace.length < paceLaps) continue;
    const truth = level(t) / mean(pace, "truth");
    if (above && truth <= laps && truth > laps - 1 && told !== null && lapsSd !== null) {
      pairs.push({ estimate: told, sd: lapsSd, truth });
    }
    above = truth > laps;
  }
}

/** Where green laps end in a stop or a flag: what was told ten laps before, for a tank that held just so much. */
function takeTenToStop(
  windows: readonly ScoredWindow[],
  level: (t: number) => number,
  green: readonly TimedPair[],
  pairs: Pair[],
): void {
  for (let i = 2 * FORETOLD_LAPS; i < green.length; i++) {
    const [here, there] = [green[i - FORETOLD_LAPS], green[i]];
    if (here === undefined || there === undefined || there.lap - here.lap !== FORETOLD_LAPS) continue;
    if (green[i + 1]?.lap === there.lap + 1) continue;
    const window = windows.find(({ t }) => t >= here.t);
    if (window?.leftKg == null || window.laps === null || window.lapsSd === null || !(window.laps > 0)) continue;
    const lapKg = window.leftKg / window.laps;
    const sinceLap = level(here.t) - level(window.t);
    const truth = FORETOLD_LAPS - sinceLap / lapKg;
    pairs.push({ estimate: (window.leftKg - level(there.t)) / lapKg, sd: window.lapsSd, truth });
  }
}

/** At each lap that ten green ones follow without a stop: what will be left after those, foretold from the pace of the last ones. */
function takeAtStop(
  windows: readonly ScoredWindow[],
  level: (t: number) => number,
  green: readonly TimedPair[],
  pairs: Pair[],
): void {
  for (let i = FORETOLD_LAPS; i + FORETOLD_LAPS < green.length; i++) {
    const [here, there] = [green[i], green[i + FORETOLD_LAPS]];
    if (here === undefined || there === undefined || there.lap - here.lap !== FORETOLD_LAPS) continue;
    const window = windows.find(({ t }) => t >= here.t);
    if (window?.leftKg == null || window.leftSdKg === null) continue;
    const past = green.slice(Math.max(0, i - 19), i + 1).map(({ estimate }) => estimate);
    if (window.laps === null || !(window.laps > 0)) continue;
    const lapKg = window.leftKg / window.laps;
    const usual = past.reduce((sum, kg) => sum + kg, 0) / past.length;
    const scatter = Math.sqrt(past.reduce((sum, kg) => sum + (kg / usual - 1) ** 2, 0) / (past.length - 1));
    const cost = lapKg * FORETOLD_LAPS;
    const sd = Math.hypot(window.leftSdKg, 0.02 * cost, Math.max(scatter, 0.01) * cost);
    pairs.push({ estimate: window.leftKg - cost, sd, truth: level(there.t) });
  }
}

function mean<K extends string>(pairs: readonly Readonly<Record<K, number>>[], key: K): number {
  return pairs.reduce((sum, pair) => sum + pair[key], 0) / Math.max(pairs.length, 1);
}
