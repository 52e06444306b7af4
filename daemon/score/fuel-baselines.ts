import { solveSymmetric } from "../../models/index.js";
import type { CarColumns, PitStop, RaceData } from "../fuel-files/index.js";
import { type FuelErrors, fuelErrors } from "./fuel-errors.js";
import type { FuelRun } from "./fuel-run.js";
import type { FuelTruth } from "./fuel-truth.js";

/** What a simple method counts along a car's way; its fuel is a sum of these, each with one weight for all cars. */
interface Method {
  readonly name: string;
  readonly features: (car: CarColumns, row: number) => readonly number[];
}

const METHODS: readonly Method[] = [
  { name: "average per km", features: ({ columns }, row) => [columns.speedMps[row] ?? 0] },
  {
    name: "racers' rule: green laps, caution laps",
    features: ({ columns }, row) => {
      const speed = columns.speedMps[row] ?? 0;
      return columns.flag[row] === 0 ? [speed, 0] : [0, speed];
    },
  },
  {
    name: "linear rpm, rpm x throttle",
    features: ({ columns }, row) => {
      const rpm = (columns.rpm[row] ?? 0) / 7000;
      return [rpm, rpm * (columns.throttle[row] ?? 0)];
    },
  },
];

export interface BaselineRace {
  readonly data: RaceData;
  readonly truth: FuelTruth;
  /** Of the models: when laps ended. */
  readonly run: FuelRun;
}

/** Fills are worth so much fuel of belief in the fleet's weights, kg. */
const PRIOR_KG = 30;

/** The simple methods, with weights fitted on the other races' totals and each car's own fills. */
export function baselineErrors(
  races: readonly BaselineRace[],
): { readonly name: string; readonly errors: readonly FuelErrors[] }[] {
  return METHODS.map((method) => {
    const counted = races.map(({ data }) => new Map(data.cars.map((car) => [car.car, countsOf(car, method)])));
    const errors = races.map(({ data, truth, run }, i) => {
      const others = races.length > 1 ? races.filter((_, j) => j !== i) : races;
      const weights = weightsOf(
        others.map(({ data: one }) => one),
        others.map((other) => counted[races.indexOf(other)] ?? new Map()),
      );
      return fuelErrors(told(run, data.pits, counted[i] ?? new Map(), weights), truth, null);
    });
    return { name: method.name, errors };
  });
}

/** Sums of the features up to each row. */
interface Counts {
  readonly t: Float64Array;
  readonly count: number;
  readonly sums: readonly Float64Array[];
}

function countsOf(car: CarColumns, { features }: Method): Counts {
  const { t } = car.columns;
  const sums = features(car, 0).map(() => new Float64Array(car.count));
  let before = features(car, 0);
  for (let row = 1; row < car.count; row++) {
    const now = features(car, row);
    const dt = Math.max(0, (t[row] as number) - (t[row - 1] as number));
    for (const [i, sum] of sums.entries()) {
      sum[row] = (sum[row - 1] as number) + (((before[i] ?? 0) + (now[i] ?? 0)) / 2) * dt;
    }
    before = now;
  }
  return { t, count: car.count, sums };
}

function at({ t, count, sums }: Counts, time: number): number[] {
  let low = 0;
  let high = count - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((t[middle] as number) <= time) low = middle;
    else high = middle;
  }
  const share = Math.min(1, Math.max(0, (time - (t[low] as number)) / ((t[high] as number) - (t[low] as number) || 1)));
  return sums.map((sum) => (sum[low] as number) + share * ((sum[high] as number) - (sum[low] as number)));
}

function between(counts: Counts, from: number, to: number): number[] {
  const start = at(counts, from);
  return at(counts, to).map((value, i) => value - (start[i] ?? 0));
}

interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly tOut: number;
  readonly kg: number;
}

/** From one full tank to the next. */
function stretchesOf(pits: readonly PitStop[], car: string): Stretch[] {
  let from = 0;
  let kg = 0;
  const stretches: Stretch[] = [];
  for (const stop of pits.filter((one) => one.car === car).sort((a, b) => a.tIn - b.tIn)) {
    kg += stop.weighedKg ?? Number.NaN;
    if (stop.full !== true) continue;
    if (kg > 0) stretches.push({ from, to: stop.tIn, tOut: stop.tOut, kg });
    from = stop.tIn;
    kg = 0;
  }
  return stretches;
}

function weightsOf(races: readonly RaceData[], counted: readonly ReadonlyMap<string, Counts>[]): number[] {
  const rows: { readonly x: number[]; readonly kg: number }[] = [];
  for (const [i, { cars, pits }] of races.entries()) {
    for (const { car } of cars) {
      const counts = counted[i]?.get(car);
      if (counts === undefined) continue;
      for (const { from, to, kg } of stretchesOf(pits, car)) rows.push({ x: between(counts, from, to), kg });
    }
  }
  const places = rows[0]?.x.map((_, i) => i) ?? [];
  const normal = places.map((a) => places.map((b) => rows.reduce((sum, { x }) => sum + (x[a] ?? 0) * (x[b] ?? 0), 0)));
  const right = places.map((a) => rows.reduce((sum, { x, kg }) => sum + (x[a] ?? 0) * kg, 0));
  return solveSymmetric(normal, right) ?? [];
}

/** What the method would have said at the models' laps and stints, by what it knew by then. */
function told(
  run: FuelRun,
  pits: readonly PitStop[],
  counted: ReadonlyMap<string, Counts>,
  weights: readonly number[],
): FuelRun {
  const kgOf = (car: string, from: number, to: number, knownAt: number): number => {
    const counts = counted.get(car);
    if (counts === undefined) return 0;
    const raw = (a: number, b: number) => between(counts, a, b).reduce((sum, x, i) => sum + x * (weights[i] ?? 0), 0);
    let [measured, predicted] = [PRIOR_KG, PRIOR_KG];
    for (const stretch of stretchesOf(pits, car)) {
      if (stretch.tOut > knownAt) break;
      measured += stretch.kg;
      predicted += raw(stretch.from, stretch.to);
    }
    return (raw(from, to) * measured) / predicted;
  };
  const laps = [...run.laps].map(([car, all]) => {
    const changed = all.map((lap, i) => ({ ...lap, fuelKg: kgOf(car, all[i - 1]?.t ?? 0, lap.t, lap.t) }));
    return [car, changed] as const;
  });
  const stints = [...run.stints].map(([car, all]) => {
    const outs = pits.filter((one) => one.car === car).map(({ tOut }) => tOut);
    const changed = all.map((stint) => {
      const from = outs.filter((tOut) => tOut < stint.t).at(-1) ?? 0;
      return { ...stint, fuelKg: kgOf(car, from, stint.t, stint.t) };
    });
    return [car, changed] as const;
  });
  return { ...run, laps: new Map(laps), stints: new Map(stints), windows: new Map() };
}
