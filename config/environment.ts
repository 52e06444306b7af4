import type { TSchema } from "@sinclair/typebox";
import { type Option, singleOptions } from "./options.js";
import { type ConfigProblem, ENVIRONMENT } from "./problem.js";
import { nearestWord } from "./suggest.js";

const PREFIX = "TOUCHLINE_";

export interface EnvironmentOption extends Option {
  readonly variable: string;
}

/** `["store", "maxBytes"]` to `TOUCHLINE_STORE_MAX_BYTES`. */
export function variableName(segments: readonly string[]): string {
  return PREFIX + segments.map((segment) => segment.replaceAll(/([A-Z])/g, "_$1").toUpperCase()).join("_");
}

export function environmentOptions(schema: TSchema): EnvironmentOption[] {
  return singleOptions(schema).map((option) => ({ ...option, variable: variableName(option.segments) }));
}

export interface EnvironmentValue {
  readonly option: EnvironmentOption;
  readonly value: unknown;
}

/** What the environment sets, typed as in a file; lists are separated by commas. Unknown names with our prefix are problems. */
export function readEnvironment(
  schema: TSchema,
  env: Readonly<Record<string, string | undefined>>,
): { readonly values: readonly EnvironmentValue[]; readonly problems: readonly ConfigProblem[] } {
  const options = new Map(environmentOptions(schema).map((option) => [option.variable, option]));
  const values: EnvironmentValue[] = [];
  const problems: ConfigProblem[] = [];
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith(PREFIX) || text === undefined) continue;
    const option = options.get(variable);
    if (option === undefined) problems.push(environmentProblem(variable, sayUnknown(variable, options.keys())));
    else if (text === "") problems.push(environmentProblem(variable, "is empty: unset it, or give it a value"));
    else values.push({ option, value: typedValue(option, text) });
  }
  return { values, problems };
}

export function environmentProblem(variable: string, message: string): ConfigProblem {
  return { file: ENVIRONMENT, line: null, column: null, path: variable, message };
}

function sayUnknown(variable: string, known: Iterable<string>): string {
  const nearest = nearestWord(variable, known);
  return nearest === null ? "unknown variable" : `unknown variable. Did you mean ${nearest}?`;
}

/** Text that is not of the option's type stays text: the validator then says what was expected. */
function typedValue(option: Option, text: string): unknown {
  const types = [option.schema.type as string | string[]].flat();
  if (types.includes("array")) return text.split(",").map((part) => part.trim());
  if ((types.includes("number") || types.includes("integer")) && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (types.includes("boolean") && (text === "true" || text === "false")) return text === "true";
  return text;
}
