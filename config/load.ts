import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { TSchema } from "@sinclair/typebox";
import { advise, isGroup } from "./advice.js";
import { type Origin, toEffective } from "./effective.js";
import { type EnvironmentValue, environmentProblem, readEnvironment } from "./environment.js";
import { type Finding, findingsOf } from "./findings.js";
import { type ConfigProblem, formatPath, type Segments } from "./problem.js";
import { VENUE_SCHEMA, type VenueConfig } from "./schema.js";
import { checkMeaning, remarkOn } from "./semantics.js";
import { listSports } from "./sport.js";
import { lazyValidator } from "./validator.js";
import { readYaml, type YamlText } from "./yaml-text.js";

export type Environment = Readonly<Record<string, string | undefined>>;

export type LoadResult =
  | {
      readonly ok: true;
      readonly config: VenueConfig;
      readonly warnings: readonly ConfigProblem[];
      originOf(segments: Segments): Origin;
    }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** Finding a place takes time; nobody reads more lines than this, and the rest shows on the next try. */
const MAX_PROBLEMS = 500;

const validator = lazyValidator(VENUE_SCHEMA);

/**
 * Reads, checks and completes a venue file. Never throws: whatever is wrong is a problem with its place, and all of them are told at once.
 * `env` may override single options (`TOUCHLINE_STORE_PATH`), and names the state folder under systemd (`STATE_DIRECTORY`).
 */
export function loadVenueConfig(path: string, env: Environment): LoadResult {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (thrown) {
    return {
      ok: false,
      problems: [{ file: path, line: null, column: null, path: "", message: sayUnreadable(thrown) }],
    };
  }
  return parseVenueConfig(bytes, path, env);
}

/** The same for a text that is at hand; `path` is what problems and relative paths refer to. */
export function parseVenueConfig(bytes: Uint8Array, path: string, env: Environment): LoadResult {
  const yaml = readYaml(bytes, path);
  const environment = readEnvironment(VENUE_SCHEMA, env);
  const early = [...yaml.problems, ...environment.problems];
  if (yaml.value === undefined) return { ok: false, problems: early };
  const written = withoutEmptyGroups(yaml.value ?? {}, VENUE_SCHEMA);
  if (!isGroup(written)) {
    const root = { file: path, line: 1, column: 1, path: "" };
    return { ok: false, problems: [...early, { ...root, message: "must hold keys, such as 'venue: arena'" }] };
  }
  return checkAndComplete(written, environment.values, early, yaml, path, env);
}

function checkAndComplete(
  written: Record<string, unknown>,
  overrides: readonly EnvironmentValue[],
  early: readonly ConfigProblem[],
  yaml: YamlText,
  path: string,
  env: Environment,
): LoadResult {
  const data = structuredClone(written);
  for (const { option, value } of overrides) setAt(data, option.segments, value);
  const toProblem = (segments: Segments, at: Finding["at"], message: string): ConfigProblem => {
    const override = overrides.find(({ option }) => option.segments.every((step, i) => step === segments[i]));
    if (override !== undefined) return environmentProblem(override.option.variable, message);
    return { file: path, ...yaml.placeOf(segments, at), path: formatPath(segments), message };
  };
  const complete = structuredClone(data);
  const validate = validator();
  const isShaped = validate(complete);
  const findings = (isShaped ? [] : advise(findingsOf(validate.errors))).slice(0, MAX_PROBLEMS);
  const meaning = checkMeaning(data, listSports())
    .slice(0, MAX_PROBLEMS)
    .filter((remark) => !isCovered(remark.segments, findings));
  const problems = [
    ...early,
    ...findings.map(({ segments, at, message }) => toProblem(segments, at, message)),
    ...meaning.map(({ segments, message }) => toProblem(segments, "value", message)),
  ].sort(byPlace);
  if (problems.length > 0) return { ok: false, problems };

  const originOf = (segments: Segments): Origin => {
    const override = overrides.find(({ option }) => option.segments.join(".") === segments.join("."));
    if (override !== undefined) return `env ${override.option.variable}`;
    return isWritten(written, segments) ? "file" : "default";
  };
  const stateFolder = env.STATE_DIRECTORY?.split(":")[0] ?? "";
  toEffective(
    complete,
    {
      fileFolder: dirname(resolve(path)),
      workFolder: process.cwd(),
      stateFolder: stateFolder === "" ? null : stateFolder,
    },
    originOf,
  );
  const warnings = remarkOn(data).map(({ segments, message }) => toProblem(segments, "value", message));
  return { ok: true, config: complete as unknown as VenueConfig, warnings, originOf };
}

/** The configuration of an empty file, for the demonstration: everything by default. Paths are relative to the working folder. */
export function defaultVenueConfig(venue = "demo"): VenueConfig {
  const complete: Record<string, unknown> = { venue };
  validator()(complete);
  const folder = process.cwd();
  toEffective(complete, { fileFolder: folder, workFolder: folder, stateFolder: null }, () => "default");
  return complete as unknown as VenueConfig;
}

function sayUnreadable(thrown: unknown): string {
  const code = (thrown as NodeJS.ErrnoException).code;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES") return "may not be read: check its permissions";
  if (code === "EISDIR") return "is a folder, not a file";
  return `cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
}

/** A remark on something the validator complained of already would only repeat it. */
function isCovered(segments: Segments, findings: readonly Finding[]): boolean {
  const path = segments.join("\u0000");
  return findings.some(({ segments: found, at }) => at === "value" && found.join("\u0000") === path);
}

function byPlace(a: ConfigProblem, b: ConfigProblem): number {
  return (a.line ?? Infinity) - (b.line ?? Infinity) || (a.column ?? 0) - (b.column ?? 0) || 0;
}

/** `http:` with nothing under it means the same as no `http:`: a person has commented the lines out. */
function withoutEmptyGroups(value: unknown, schema: TSchema): unknown {
  const properties = schema.properties as Record<string, TSchema> | undefined;
  if (Array.isArray(value) && schema.items?.properties !== undefined) {
    return value.map((entry) => withoutEmptyGroups(entry ?? {}, schema.items as TSchema));
  }
  if (properties === undefined || !isGroup(value)) return value;
  const entries = Object.entries(value).flatMap(([key, child]): [string, unknown][] => {
    const below = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (below === undefined) return [[key, child]];
    const isGroupOrList = below.properties !== undefined || below.items?.properties !== undefined;
    return child === null && isGroupOrList ? [] : [[key, withoutEmptyGroups(child, below)]];
  });
  return Object.fromEntries(entries);
}

function setAt(root: Record<string, unknown>, segments: Segments, value: unknown): void {
  let holder = root;
  for (const step of segments.slice(0, -1)) {
    // A group that is not one in the file is told as such; the variable does not mend it.
    const next = holder[step] ?? {};
    if (!isGroup(next)) return;
    holder[step] = next;
    holder = next;
  }
  holder[segments.at(-1) ?? ""] = value;
}

function isWritten(root: unknown, segments: Segments): boolean {
  let node = root;
  for (const step of segments) {
    if (typeof node !== "object" || node === null || !Object.hasOwn(node, step)) return false;
    node = (node as Record<string, unknown>)[step];
  }
  return true;
}
