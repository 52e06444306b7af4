import type { TSchema } from "@sinclair/typebox";
import { ABOUT_KEYWORD } from "./declare.js";

/** One option of a declaration, as documents and the environment see it. */
export interface Option {
  /** Steps from the root; `[]` stands for "each entry of the list". */
  readonly segments: readonly string[];
  readonly schema: TSchema;
  readonly isPath: boolean;
  readonly isUrl: boolean;
  readonly isIdle: boolean;
  readonly needsRestart: boolean;
  readonly unit: string | null;
  readonly isNeeded: boolean;
}

/** A group or list of groups, in the order of the declaration. */
export interface Group {
  readonly segments: readonly string[];
  readonly description: string;
  readonly options: readonly Option[];
}

/** Every group of a declaration with its options, depth first, the root (with its own scalars) first. */
export function groupsOf(schema: TSchema, segments: readonly string[] = [], description = ""): Group[] {
  const options: Option[] = [];
  const below: Group[] = [];
  for (const [key, child] of Object.entries((schema.properties ?? {}) as Record<string, TSchema>)) {
    const path = [...segments, key];
    if (child.properties !== undefined) below.push(...groupsOf(child, path, child.description ?? ""));
    else if (child.items?.properties !== undefined) {
      below.push(...groupsOf(child.items as TSchema, [...path, "[]"], child.description ?? ""));
    } else options.push(optionOf(path, child, requiredOf(schema).has(key)));
  }
  return [{ segments, description, options }, ...below];
}

function requiredOf(schema: TSchema): ReadonlySet<string> {
  return new Set((schema.required ?? []) as string[]);
}

function optionOf(segments: readonly string[], schema: TSchema, isRequired: boolean): Option {
  const about = (schema[ABOUT_KEYWORD] ?? {}) as Record<string, unknown>;
  return {
    segments,
    schema,
    isPath: about.isPath === true,
    isUrl: about.isUrl === true,
    isIdle: about.isIdle === true,
    needsRestart: about.needsRestart !== false,
    unit: typeof about.unit === "string" ? about.unit : null,
    isNeeded: isRequired && !Object.hasOwn(schema, "default"),
  };
}

/** Options that stand once in the file: not in a list of groups. Only these have a name in the environment. */
export function singleOptions(schema: TSchema): Option[] {
  return groupsOf(schema)
    .flatMap((group) => group.options)
    .filter((option) => !option.segments.includes("[]"));
}
