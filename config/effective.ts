import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import type { TSchema } from "@sinclair/typebox";
import { hideCredentials } from "./findings.js";
import { parseDurationMs, parseRate, parseSize } from "./formats.js";
import { groupsOf, type Option } from "./options.js";
import { formatPath, type Segments } from "./problem.js";
import { VENUE_SCHEMA, type VenueConfig } from "./schema.js";

/** Where a value comes from: the file, a variable (by name) or the declaration. */
export type Origin = "file" | "default" | `env ${string}`;

export interface EffectiveValue {
  readonly path: string;
  readonly value: unknown;
  readonly origin: Origin;
}

type Tree = Record<string, unknown>;

/** Calls `change` for each option that `tree` holds and puts what it returns in its place. */
export function mapOptions(
  tree: unknown,
  schema: TSchema,
  change: (value: unknown, option: Option, segments: Segments) => unknown,
): void {
  for (const group of groupsOf(schema)) {
    for (const [holder, segments] of holdersOf(tree, group.segments)) {
      for (const option of group.options) {
        const key = option.segments.at(-1) ?? "";
        if (Object.hasOwn(holder, key)) holder[key] = change(holder[key], option, [...segments, key]);
      }
    }
  }
}

/** The groups at a path; `[]` fans out over a list. */
function holdersOf(tree: unknown, path: readonly string[]): [Tree, Segments][] {
  let found: [unknown, Segments][] = [[tree, []]];
  for (const step of path) {
    found = found.flatMap(([value, segments]): [unknown, Segments][] => {
      if (step !== "[]") return [[(value as Tree | undefined)?.[step], [...segments, step]]];
      return Array.isArray(value) ? value.map((entry, index) => [entry, [...segments, String(index)]]) : [];
    });
  }
  return found.filter((entry): entry is [Tree, Segments] => typeof entry[0] === "object" && entry[0] !== null);
}

export interface PathBases {
  /** For paths written in the file. */
  readonly fileFolder: string;
  /** For paths from the environment: the folder the program was started in. */
  readonly workFolder: string;
  /** For defaults, where the service manager names a state folder. */
  readonly stateFolder: string | null;
}

/** Sizes to bytes, durations to milliseconds, rates to bits per second, paths to absolute ones; in place, on checked data. */
export function toEffective(tree: unknown, bases: PathBases, originOf: (segments: Segments) => Origin): void {
  mapOptions(tree, VENUE_SCHEMA, (value, option, segments) => {
    if (typeof value !== "string") return value;
    if (option.schema.format === "size") return parseSize(value);
    if (option.schema.format === "duration") return parseDurationMs(value);
    if (option.schema.format === "rate") return parseRate(value);
    if (!option.isPath) return value;
    const origin = originOf(segments);
    if (origin === "default" && bases.stateFolder !== null) return join(bases.stateFolder, value);
    return resolve(origin.startsWith("env") ? bases.workFolder : bases.fileFolder, value);
  });
}

/** Every value in force with its origin, in the order of the declaration, secrets hidden. */
export function effectiveValues(config: VenueConfig, originOf: (segments: Segments) => Origin): EffectiveValue[] {
  const values: EffectiveValue[] = [];
  mapOptions(redacted(config), VENUE_SCHEMA, (value, _option, segments) => {
    values.push({ path: formatPath(segments), value, origin: originOf(segments) });
    return value;
  });
  return values;
}

/** The configuration without what must not be shown: credentials in addresses. Files that hold secrets are named, not read. */
export function redacted(config: VenueConfig): VenueConfig {
  const copy = structuredClone(config);
  mapOptions(copy, VENUE_SCHEMA, (value, option) => {
    if (!option.isUrl) return value;
    return Array.isArray(value) ? value.map(hideIfText) : hideIfText(value);
  });
  return copy;
}

function hideIfText(value: unknown): unknown {
  return typeof value === "string" ? hideCredentials(value) : value;
}

/** 16 hex digits that change when anything in the configuration does; the order of keys does not matter. */
export function configHash(config: VenueConfig): string {
  return createHash("sha256").update(canonicalJson(config)).digest("hex").slice(0, 16);
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, child: unknown) =>
    typeof child === "object" && child !== null && !Array.isArray(child)
      ? Object.fromEntries(Object.entries(child).sort(([a], [b]) => (a < b ? -1 : 1)))
      : child,
  );
}
