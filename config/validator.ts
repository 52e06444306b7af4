import type { TSchema } from "@sinclair/typebox";
import { Ajv, type ValidateFunction } from "ajv";
import { ABOUT_KEYWORD } from "./declare.js";
import { FORMATS } from "./formats.js";

/** A validator that tells every error and fills in the defaults; compiled when first called, for commands that need none. */
export function lazyValidator(schema: TSchema): () => ValidateFunction {
  let compiled: ValidateFunction | null = null;
  return () => {
    compiled ??= compile(schema);
    return compiled;
  };
}

function compile(schema: TSchema): ValidateFunction {
  const ajv = new Ajv({ allErrors: true, verbose: true, useDefaults: true, allowUnionTypes: true, strict: true });
  ajv.addKeyword(ABOUT_KEYWORD);
  for (const [name, format] of Object.entries(FORMATS)) ajv.addFormat(name, format.accepts);
  return ajv.compile(toJsonSchema(schema));
}

/** The schema as plain JSON, in which what has a default need not be given. */
export function toJsonSchema(schema: TSchema): Record<string, unknown> {
  return relaxRequired(JSON.parse(JSON.stringify(schema))) as Record<string, unknown>;
}

type Json = Record<string, unknown>;

function relaxRequired(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(relaxRequired);
  if (typeof node !== "object" || node === null) return node;
  const copy = mapBelow(node as Json, relaxRequired);
  const properties = copy.properties as Record<string, Json> | undefined;
  if (!Array.isArray(copy.required) || properties === undefined) return copy;
  const { required, ...rest } = copy;
  const needed = (required as string[]).filter((key) => !Object.hasOwn(properties[key] ?? {}, "default"));
  return needed.length > 0 ? { ...rest, required: needed } : rest;
}

/** What holds schemas by the names of properties: there a key such as `format` or `required` is a name, not a rule. */
const SCHEMAS_BY_NAME = new Set(["properties", "patternProperties"]);
/** What holds data, in which nothing is a schema. */
const DATA = new Set(["default", "examples", "enum", "const"]);

/** A schema with `change` applied to each schema directly below it. */
export function mapBelow(schema: Json, change: (node: unknown) => unknown): Json {
  const entries = Object.entries(schema).map(([key, child]): [string, unknown] => {
    if (DATA.has(key)) return [key, child];
    if (!SCHEMAS_BY_NAME.has(key)) return [key, change(child)];
    return [key, Object.fromEntries(Object.entries(child as Json).map(([name, below]) => [name, change(below)]))];
  });
  return Object.fromEntries(entries);
}
