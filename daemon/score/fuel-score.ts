import { below, type CarProfile, fitProfile } from "../../models/index.js";
import {
  type FillKind,
  fitStretches,
  type RaceData,
  type RacePaths,
  racesIn,
  readRaceData,
  readRaceFacts,
} from "../fuel-files/index.js";
import { baselineErrors } from "./fuel-baselines.js";
import { type FuelErrors, fuelErrors, type MileagePair, type Pair } from "./fuel-errors.js";
import { type FuelRun, runFuel } from "./fuel-run.js";
import { type FuelTruth, readFuelTruth } from "./fuel-truth.js";
import { quantile } from "./shares.js";

/** The goals' table for one way of knowing fills, over all races; shares in per cent. */
export interface FuelRow {
  readonly model: string;
  readonly fills: FillKind;
  readonly stints: number;
  readonly stintMean: number | null;
  readonly laterStintMean: number | null;
  readonly stintP90: number | null;
  readonly greenLap: number | null;
  readonly cautionLap: number | null;
  /** Laps with a stop: mean |error|, and how many of them the 95 % interval covers, per cent. */
  readonly pitLap: number | null;
  readonly pitLapCovered: number | null;
  readonly pairs03: number | null;
  readonly pairs01: number | null;
  readonly lapsLeft10: number | null;
  readonly lapsLeft40: number | null;
  /** The same at 40 by the pace of the last five laps, and ten laps before a stop at which the tank is taken to be dry. */
  readonly lapsLeft40OfFive: number | null;
  readonly lapsLeft10ToStop: number | null;
  readonly lapsLeftN: readonly [ten: number, forty: number, fortyOfFive: number, tenToStop: number];
  readonly reachOff: number | null;
  readonly falseDry: number | null;
  readonly auc: number | null;
  readonly covered: { readonly stints: number | null; readonly laps: number | null; readonly totals: number | null };
}

export interface FuelScore {
  readonly races: readonly string[];
  readonly profile: "leave-one-race-out" | "shipped";
  readonly rows: readonly FuelRow[];
}

interface LoadedRace {
  readonly paths: RacePaths;
  readonly data: RaceData;
  readonly truth: FuelTruth;
}

/**
 * Accuracy on every race of a folder that has its truth. With two races or more each is run with a shape fitted on the others' totals;
 * with `shipped`, or a single race, with the profile as it is.
 */
export async function scoreFuel(
  folder: string,
  base: CarProfile,
  shipped: boolean,
  onStep: (done: number, total: number, what: string) => void,
): Promise<FuelScore> {
  const races: LoadedRace[] = [];
  const all = racesIn(folder).filter(({ truth }) => truth !== null);
  const steps = all.length * 5;
  for (const paths of all) {
    onStep(races.length, steps, `reading ${paths.name}`);
    const truth = await readFuelTruth(paths);
    if (truth !== null) races.push({ paths, data: await readRaceData(paths), truth });
  }
  const isLeftOut = !shipped && races.length > 1;
  let done = races.length;
  const rows: FuelRow[] = [];
  const runs: FuelRun[] = [];
  const profiles = races.map(({ data }) => (isLeftOut ? fittedWithout(races, data, base) : base));
  for (const fills of ["weighed", "timed", "none"] as const) {
    const errors = races.map(({ paths, data, truth }, i) => {
      onStep(done++, steps, `${paths.name}, fills ${fills}`);
      const facts = paths.race === undefined ? null : readRaceFacts(paths.race);
      const run = runFuel(paths, data, profiles[i] ?? base, fills);
      if (fills === "weighed") runs.push(run);
      return fuelErrors(run, truth, facts);
    });
    rows.push(rowOf("physics and fills", fills, errors));
  }
  const counted = races.flatMap(({ data, truth }, i) => {
    const run = runs[i];
    return run === undefined ? [] : [{ data, truth, run }];
  });
  for (const { name, errors } of baselineErrors(counted)) {
    rows.push(rowOf(name, "weighed", errors));
  }
  return { races: all.map(({ name }) => name), profile: isLeftOut ? "leave-one-race-out" : "shipped", rows };
}

function fittedWithout(races: readonly LoadedRace[], left: RaceData, base: CarProfile): CarProfile {
  const stretches = races.flatMap(({ data }) => (data === left ? [] : fitStretches(data, base, "weighed")));
  return fitProfile(stretches, base)?.profile ?? base;
}

function rowOf(model: string, fills: FillKind, errors: readonly FuelErrors[]): FuelRow {
  const of = <K extends keyof FuelErrors>(key: K) => errors.flatMap((one) => one[key] as readonly Pair[]);
  const stints = of("stints");
  const atStop = of("atStop");
  const lapsLeft = [of("tenLaps"), of("fortyLaps"), of("fortyLapsOfFive"), of("tenToStop")] as const;
  const [ten, forty, fortyOfFive, tenToStop] = lapsLeft;
  return {
    model,
    fills,
    stints: stints.length,
    stintMean: meanError(stints),
    laterStintMean: meanError(of("laterStints")),
    stintP90: quantile(shareErrors(stints), 0.9),
    greenLap: meanError(of("greenLaps")),
    cautionLap: meanError(of("cautionLaps")),
    pitLap: meanError(of("pitLaps")),
    pitLapCovered: coverage(of("pitLaps")),
    pairs03: pairsRight(
      errors.flatMap(({ mileage }) => mileage),
      0.3,
    ),
    pairs01: pairsRight(
      errors.flatMap(({ mileage }) => mileage),
      0.1,
    ),
    lapsLeft10: meanOff(ten),
    lapsLeft40: meanOff(forty),
    lapsLeft40OfFive: meanOff(fortyOfFive),
    lapsLeft10ToStop: meanOff(tenToStop),
    lapsLeftN: [ten.length, forty.length, fortyOfFive.length, tenToStop.length],
    reachOff: calibrationOff(atStop),
    falseDry: shareOf(atStop.filter(({ truth }) => truth > 0).map(({ estimate, sd }) => below(estimate / sd) < 0.5)),
    auc: aucOf(errors.flatMap(({ trends }) => trends)),
    covered: {
      stints: coverage(stints),
      laps: coverage([...of("greenLaps"), ...of("cautionLaps")]),
      totals: coverage(of("totals")),
    },
  };
}

function shareErrors(pairs: readonly Pair[]): number[] {
  return pairs.map(({ estimate, truth }) => 100 * Math.abs(estimate / truth - 1));
}

function meanError(pairs: readonly Pair[]): number | null {
  return meanOf(shareErrors(pairs));
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function meanOff(pairs: readonly Pair[]): number | null {
  return meanOf(pairs.map(({ estimate, truth }) => Math.abs(estimate - truth)));
}

function shareOf(facts: readonly boolean[]): number | null {
  return facts.length === 0 ? null : (100 * facts.filter(Boolean).length) / facts.length;
}

function coverage(pairs: readonly Pair[]): number | null {
  return shareOf(pairs.map(({ estimate, sd, truth }) => Math.abs(estimate - truth) <= 1.96 * sd));
}

function pairsRight(races: readonly (readonly MileagePair[])[], leastMpg: number): number | null {
  const right = races.flatMap((cars) =>
    cars.flatMap((a, i) =>
      cars
        .slice(i + 1)
        .filter((b) => Math.abs(a.truth - b.truth) >= leastMpg)
        .map((b) => a.truth - b.truth > 0 === a.estimate - b.estimate > 0),
    ),
  );
  return shareOf(right);
}

/**
 * How far a probability is off: were the stop asked to be reached with as much fuel to spare as leaves a chance of p, it would be reached
 * in so many cases. The largest difference, in points.
 */
function calibrationOff(pairs: readonly Pair[]): number | null {
  if (pairs.length === 0) return null;
  const told = pairs.map(({ estimate, sd, truth }) => below((estimate - truth) / sd));
  const off = [0.1, 0.25, 0.5, 0.75, 0.9].map((p) => Math.abs(100 * p - (shareOf(told.map((one) => one < p)) ?? 0)));
  return Math.max(...off);
}

/** Saving (below −2 %) against pushing (above +2 %): probability that the estimate puts such a pair the right way round. */
function aucOf(trends: readonly MileagePair[]): number | null {
  const saving = trends.filter(({ truth }) => truth < 0.98).map(({ estimate }) => estimate);
  const pushing = trends.filter(({ truth }) => truth > 1.02).map(({ estimate }) => estimate);
  if (saving.length === 0 || pushing.length === 0) return null;
  const sorted = pushing.sort((a, b) => a - b);
  let right = 0;
  for (const one of saving) {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle] as number) <= one) low = middle + 1;
      else high = middle;
    }
    right += sorted.length - low;
  }
  return right / (saving.length * sorted.length);
}
