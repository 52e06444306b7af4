import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CAR_SCHEMA, type LoadedCarProfile } from "./car-schema.js";
import { findingsOf } from "./findings.js";
import { type ConfigProblem, formatPath } from "./problem.js";
import { ConfigError, packageFolder } from "./sport.js";
import { lazyValidator } from "./validator.js";
import { readYaml } from "./yaml-text.js";

const validator = lazyValidator(CAR_SCHEMA);
const CARS_FOLDER = join(packageFolder(dirname(fileURLToPath(import.meta.url))), "config", "cars");
const EXTENSION = /\.(yaml|json)$/;

/** Engine families that have a profile, in alphabetical order; none where the folder is missing. */
export function listCars(folder: string = CARS_FOLDER): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => EXTENSION.test(name))
    .map((name) => name.replace(EXTENSION, ""))
    .sort();
}

/** A shipped profile by its name, or one of your own by the path of its file. Throws `ConfigError` when there is none or it is wrong. */
export function loadCarProfile(car: string, folder: string = CARS_FOLDER): LoadedCarProfile {
  const path = [join(folder, `${car}.yaml`), join(folder, `${car}.json`), car].find(
    (candidate) => EXTENSION.test(candidate) && existsSync(candidate),
  );
  if (path === undefined) {
    const message = `no profile of this car. Known: ${listCars(folder).join(", ")}; or name a file`;
    throw new ConfigError([{ file: car, line: null, column: null, path: "", message }]);
  }
  return parseCarProfile(readFileSync(path), path);
}

/** Checks a profile's text. Throws `ConfigError` with all problems and their places. */
export function parseCarProfile(bytes: Uint8Array, path: string): LoadedCarProfile {
  const yaml = readYaml(bytes, path);
  if (yaml.value === undefined) throw new ConfigError(yaml.problems);
  const data: unknown = structuredClone(yaml.value ?? {});
  const validate = validator();
  const findings = validate(data) ? [] : findingsOf(validate.errors);
  const problems: ConfigProblem[] = [
    ...yaml.problems,
    ...findings.map(({ segments, at, message }) => ({
      file: path,
      ...yaml.placeOf(segments, at),
      path: formatPath(segments),
      message,
    })),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return data as LoadedCarProfile;
}
