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

function relaxRequired(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(relaxRequired);
  if (typeof node !== "object" || node === null) return node;
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, relaxRequired(value)]));
  const properties = copy.properties as Record<string, Record<string, unknown>> | undefined;
  if (Array.isArray(copy.required) && properties !== undefined) {
    const required = copy.required.filter((key) => !Object.hasOwn(properties[String(key)] ?? {}, "default"));
    if (required.length > 0) return { ...copy, required };
    delete copy.required;
  }
  return copy;
}
