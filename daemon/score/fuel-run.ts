import { type CarProfile, FuelRace, type LapOutput, type StintOutput } from "../../models/index.js";
import { type FillKind, type RaceData, type RacePaths, readMarks, runRace } from "../fuel-files/index.js";

/** A window as the scores need it. */
export interface ScoredWindow {
  readonly t: number;
  readonly totalKg: number;
  readonly totalSdKg: number;
  readonly leftKg: number | null;
  readonly leftSdKg: number | null;
  readonly laps: number | null;
  readonly lapsSd: number | null;
  readonly perLapKg: number | null;
}

/** What the models said of one race, by car. */
export interface FuelRun {
  readonly laps: ReadonlyMap<string, readonly LapOutput[]>;
  readonly stints: ReadonlyMap<string, readonly StintOutput[]>;
  readonly windows: ReadonlyMap<string, readonly ScoredWindow[]>;
  readonly lapLengthM: number | null;
}

/** A race as if it were live. @throws TouchlineError FILE_UNREADABLE, FUEL_BAD_FILE */
export function runFuel(paths: RacePaths, data: RaceData, profile: CarProfile, fills: FillKind): FuelRun {
  const { marks, facts } = readMarks(paths, fills);
  const race = new FuelRace(profile, { lapLengthM: facts?.lapLengthM ?? null });
  const laps = new Map<string, LapOutput[]>();
  const stints = new Map<string, StintOutput[]>();
  const windows = new Map<string, ScoredWindow[]>();
  for (const outputs of runRace(race, data.cars, marks)) {
    for (const output of outputs) {
      if (output.kind === "lap") listOf(laps, output.car).push(output);
      else if (output.kind === "stint") listOf(stints, output.car).push(output);
      else if (output.kind === "window") {
        const { windowEnd, fuelKgTotal, fuelLeftKg, lapsLeft, fuelKgGreenLap } = output;
        listOf(windows, output.car).push({
          t: windowEnd,
          totalKg: fuelKgTotal.mean,
          totalSdKg: fuelKgTotal.sd,
          leftKg: fuelLeftKg?.mean ?? null,
          leftSdKg: fuelLeftKg?.sd ?? null,
          laps: lapsLeft?.currentPace.mean ?? null,
          lapsSd: lapsLeft?.currentPace.sd ?? null,
          perLapKg: fuelKgGreenLap?.perLap.mean ?? null,
        });
      }
    }
  }
  return { laps, stints, windows, lapLengthM: facts?.lapLengthM ?? null };
}

function listOf<T>(map: Map<string, T[]>, key: string): T[] {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made: T[] = [];
  map.set(key, made);
  return made;
}
