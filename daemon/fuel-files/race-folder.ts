import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { messageOf, TouchlineError } from "../errors.js";
import type { RaceData } from "./fit-stretches.js";
import { type RaceFilePaths, readPits, readTable } from "./race-files.js";
import { readTelemetryColumns } from "./telemetry-columns.js";

/** A race in a folder: its files, by the name they begin with. */
export interface RacePaths extends RaceFilePaths {
  readonly name: string;
  readonly telemetry: string;
  readonly truth: string | null;
  readonly truthPits: string | null;
}

const TELEMETRY = /^(.+)\.telemetry\.csv(\.gz)?$/;
const STANDARD_C = 26.85;

/** The races of a folder, in the order of their names. @throws TouchlineError FILE_UNREADABLE */
export function racesIn(folder: string): RacePaths[] {
  let names: string[];
  try {
    names = readdirSync(folder).sort();
  } catch (error) {
    throw new TouchlineError("FILE_UNREADABLE", [folder, messageOf(error)], error);
  }
  const beside = (...path: string[]): string | undefined => {
    const file = join(folder, ...path);
    return existsSync(file) ? file : undefined;
  };
  return names.flatMap((file) => {
    const name = TELEMETRY.exec(file)?.[1];
    if (name === undefined) return [];
    return [
      {
        name,
        telemetry: join(folder, file),
        pits: beside(`${name}.pits.csv`),
        cars: beside(`${name}.cars.csv`),
        weather: beside(`${name}.weather.csv`),
        race: beside(`${name}.json`),
        truth: beside("truth", `${name}.truth.csv.gz`) ?? beside("truth", `${name}.truth.csv`) ?? null,
        truthPits: beside("truth", `${name}.pits_truth.csv`) ?? null,
      },
    ];
  });
}

/** What a fit reads of a race. @throws TouchlineError FILE_UNREADABLE, FUEL_BAD_FILE */
export async function readRaceData(paths: RacePaths): Promise<RaceData> {
  const weather = (paths.weather === undefined ? [] : readTable(paths.weather, ["t", "air_c"])).map(
    (row) => [row.number("t"), row.number("air_c")] as const,
  );
  const makers = (paths.cars === undefined ? [] : readTable(paths.cars, ["car"])).flatMap((row) => {
    const maker = row.textOrNull("maker");
    return maker === null ? [] : [[row.text("car"), maker] as const];
  });
  return {
    name: paths.name,
    cars: await readTelemetryColumns(paths.telemetry),
    pits: paths.pits === undefined ? [] : readPits(paths.pits),
    makers: new Map(makers),
    airC: (t) => weather.findLast(([at]) => at <= t)?.[1] ?? weather[0]?.[1] ?? STANDARD_C,
  };
}
