import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SportProfile } from "../sync/index.js";
import { findingsOf } from "./findings.js";
import { type ConfigProblem, formatPath, formatProblem } from "./problem.js";
import { SPORT_SCHEMA } from "./sport-schema.js";
import { checkSport } from "./sport-semantics.js";
import { lazyValidator } from "./validator.js";
import { readYaml } from "./yaml-text.js";

export type SportResult =
  | { readonly ok: true; readonly profile: SportProfile }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** A file that came with the program is missing or wrong; carries the problems. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(formatProblem).join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

const validator = lazyValidator(SPORT_SCHEMA);
const SPORTS_FOLDER = join(packageFolder(dirname(fileURLToPath(import.meta.url))), "config", "sports");

/** From the sources and from `dist/` alike: data files are not compiled, so they lie beside package.json only. */
export function packageFolder(from: string): string {
  return existsSync(join(from, "package.json")) || dirname(from) === from ? from : packageFolder(dirname(from));
}

/** Sports that have a profile, in alphabetical order; none where the folder is missing. */
export function listSports(folder: string = SPORTS_FOLDER): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => basename(name, ".yaml"))
    .sort();
}

/** The profile of one of `listSports()`. Throws `ConfigError` when there is none or it is wrong. */
export function loadSportProfile(sport: string, folder: string = SPORTS_FOLDER): SportProfile {
  const path = join(folder, `${sport}.yaml`);
  if (!listSports(folder).includes(sport)) {
    const message = `no profile of this sport. Known: ${listSports(folder).join(", ")}`;
    throw new ConfigError([{ file: path, line: null, column: null, path: "", message }]);
  }
  const result = parseSportProfile(readFileSync(path), path);
  if (!result.ok) throw new ConfigError(result.problems);
  return result.profile;
}

/** Checks a profile's text; all problems at once, with their places. Never throws. */
export function parseSportProfile(bytes: Uint8Array, path: string): SportResult {
  const yaml = readYaml(bytes, path);
  if (yaml.value === undefined) return { ok: false, problems: yaml.problems };
  const data: unknown = structuredClone(yaml.value ?? {});
  const validate = validator();
  const isShaped = validate(data);
  const findings = isShaped ? [] : findingsOf(validate.errors);
  const problems = [
    ...yaml.problems,
    ...[...findings, ...(isShaped ? checkSport(data as SportProfile, basename(path, ".yaml")) : [])].map(
      ({ segments, at, message }) => ({
        file: path,
        ...yaml.placeOf(segments, at),
        path: formatPath(segments),
        message,
      }),
    ),
  ];
  return problems.length > 0 ? { ok: false, problems } : { ok: true, profile: data as SportProfile };
}
