import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { TSchema } from "@sinclair/typebox";
import { ABOUT_KEYWORD, SAYS_KEYWORD } from "./declare.js";
import { FORMATS } from "./formats.js";
import { mapBelow, toJsonSchema } from "./validator.js";

const DIALECT = "https://json-schema.org/draft/2020-12/schema";

/** A schema as others read it: standard JSON Schema only, our notations as patterns, units in the description. */
export function toPublicSchema(schema: TSchema, id: string): string {
  const body = standardise(toJsonSchema(schema)) as Record<string, unknown>;
  return `${JSON.stringify({ $schema: DIALECT, $id: id, ...body }, null, 2)}\n`;
}

function standardise(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(standardise);
  if (typeof node !== "object" || node === null) return node;
  const { [ABOUT_KEYWORD]: about, [SAYS_KEYWORD]: _, format, description, ...rest } = node as Record<string, unknown>;
  const unit = (about as { unit?: string } | undefined)?.unit;
  const pattern = typeof format === "string" ? FORMATS[format]?.pattern : undefined;
  return {
    ...(description === undefined
      ? {}
      : { description: unit === undefined ? description : `${description} Unit: ${unit}.` }),
    ...mapBelow(rest, standardise),
    ...(format === undefined ? {} : typeof pattern === "string" ? { pattern } : { format }),
  };
}

/**
 * Writes generated files under `root`, or with `--check` among the arguments only compares them: says which are stale and sets exit
 * status 1 when any is.
 */
export function settleFiles(root: string, files: ReadonlyMap<string, string>, isCheck: boolean): void {
  const stale = [...files].filter(([path, text]) => readIfThere(join(root, path)) !== text);
  for (const [path, text] of isCheck ? [] : stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const told = stale.map(([path]) => relative(".", join(root, path)));
  if (isCheck && stale.length > 0) {
    process.stderr.write(`stale, run npm run generate:\n${told.map((path) => `  ${path}\n`).join("")}`);
    process.exitCode = 1;
  } else {
    process.stdout.write(`${files.size} generated files are up to date${isCheck ? "" : `, ${stale.length} written`}\n`);
  }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Not there yet: as stale as a wrong one.
    return null;
  }
}
