import type { ErrorObject } from "ajv";
import { SAYS_KEYWORD } from "./declare.js";
import { FORMATS } from "./formats.js";
import { pointerSegments, type Segments } from "./problem.js";
import { nearestWord } from "./suggest.js";

/** What a validator found, in words, and where: at the value, or at the key itself when the key is what is wrong. */
export interface Finding {
  readonly segments: Segments;
  readonly at: "value" | "key" | "missing";
  readonly message: string;
}

/** Errors of a validator with `allErrors` and `verbose`, as sentences: one for each value, and each unknown or missing key. */
export function findingsOf(errors: readonly ErrorObject[] | null | undefined): Finding[] {
  const findings: Finding[] = [];
  const seen = new Set<string>();
  // That a condition was not met says nothing beside the errors of its branch.
  const telling = (errors ?? []).filter((error) => error.keyword !== "if");
  for (const error of telling.sort((a, b) => rank(a) - rank(b))) {
    const finding = findingOf(error);
    const key =
      finding.at === "value" ? finding.segments.join("\u0000") : `${finding.at} ${finding.segments.join("\u0000")}`;
    if (seen.has(key)) continue;
    seen.add(key);
    findings.push(finding);
  }
  return findings;
}

/** A wrong type explains what other rules say of the same value, so it goes first. */
function rank(error: ErrorObject): number {
  return error.keyword === "type" ? 0 : 1;
}

function findingOf(error: ErrorObject): Finding {
  const segments = pointerSegments(error.instancePath);
  if (error.keyword === "additionalProperties") {
    const key = String(error.params.additionalProperty);
    return { segments: [...segments, key], at: "key", message: sayUnknownKey(key, error) };
  }
  if (error.keyword === "required") {
    return { segments: [...segments, String(error.params.missingProperty)], at: "missing", message: "is missing" };
  }
  return { segments, at: "value", message: sayValue(error) };
}

function sayUnknownKey(key: string, error: ErrorObject): string {
  const known = Object.keys((error.parentSchema?.properties as object | undefined) ?? {});
  const nearest = nearestWord(key, known);
  if (nearest !== null) return `unknown key. Did you mean ${nearest}?`;
  return known.length <= 16 ? `unknown key. Known here: ${known.join(", ")}` : "unknown key";
}

function sayValue(error: ErrorObject): string {
  const { params, data } = error;
  const got = sayGot(data);
  switch (error.keyword) {
    case "type":
      return sayType(error);
    case "format":
      return `${FORMATS[String(params.format)]?.says ?? `must be a ${params.format}`} ${got}`;
    case "pattern":
      return `${error.parentSchema?.[SAYS_KEYWORD] ?? `must match ${params.pattern}`} ${got}`;
    case "enum":
      return sayEnum((params.allowedValues as unknown[]).filter((value) => value !== null).map(String), data);
    case "const":
      return `must be ${JSON.stringify(params.allowedValue)} ${got}`;
    case "minimum":
    case "exclusiveMinimum":
      return `must be ${error.keyword === "minimum" ? "at least" : "more than"} ${params.limit} ${got}`;
    case "maximum":
    case "exclusiveMaximum":
      return `must be ${error.keyword === "maximum" ? "at most" : "less than"} ${params.limit} ${got}`;
    case "minLength":
      return params.limit === 1 ? "must not be empty" : `must have at least ${params.limit} characters ${got}`;
    case "maxLength":
      return `must have at most ${params.limit} characters (has ${String(data).length})`;
    case "minItems":
      return params.limit === 1 ? "must not be empty" : `must have at least ${params.limit} entries ${got}`;
    case "maxItems":
      return `must have at most ${params.limit} entries ${got}`;
    case "uniqueItems":
      return `names the same thing twice, at places ${Math.min(params.i, params.j) + 1} and ${Math.max(params.i, params.j) + 1}`;
    default:
      return `${error.message ?? "is not valid"} ${got}`;
  }
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a group of keys",
};

function sayType(error: ErrorObject): string {
  const schema = error.parentSchema ?? {};
  const types = [error.params.type as string | string[]].flat().filter((type) => type !== "null");
  const format = FORMATS[String(schema.format)];
  const wanted =
    format?.says ??
    (Array.isArray(schema.enum)
      ? `must be one of ${joinOr(schema.enum.filter((value) => value !== null).map(String))}`
      : `must be ${joinOr(types.map((type) => TYPE_WORDS[type] ?? type))}`);
  const isBareNumber = types.includes("string") && ["number", "boolean"].includes(typeof error.data);
  const advice = isBareNumber && (format === undefined || schema.format === "name") ? ". Put it in quotes" : "";
  return `${wanted} ${sayGot(error.data)}${advice}`;
}

/** Also for values whose known words are found elsewhere, such as sports. */
export function sayEnum(words: readonly string[], got: unknown): string {
  const nearest = typeof got === "string" ? nearestWord(got, words) : null;
  const list = words.length === 1 ? `must be ${words[0]}` : `must be one of ${joinOr(words)}`;
  return `${list} ${sayGot(got)}${nearest === null ? "" : `. Did you mean ${nearest}?`}`;
}

export function joinOr(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

const SHOWN_CHARACTERS = 60;

/** `(got "x")`: the value seen, short enough for a line. */
export function sayGot(value: unknown): string {
  if (value === undefined) return "(got nothing)";
  if (value === null) return "(got nothing)";
  if (Array.isArray(value)) return `(got a list of ${value.length})`;
  if (typeof value === "object") return "(got a group of keys)";
  const text = typeof value === "string" ? JSON.stringify(hideCredentials(value)) : String(value);
  return `(got ${text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text})`;
}

/** `nats://user:secret@host` to `nats://***@host`; also what a query calls a password, a token or a key. */
export function hideCredentials(url: string): string {
  return url
    .replace(/\/\/[^/@\s]*@/, "//***@")
    .replace(/([?&][^=&\s]*(?:pass|token|key|secret|auth|sig)[^=&\s]*=)[^&\s]*/gi, "$1***");
}
