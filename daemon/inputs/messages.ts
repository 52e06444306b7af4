import type { TSchema } from "@sinclair/typebox";
import { Ajv, type ValidateFunction } from "ajv";
import { findingsOf, SAYS_KEYWORD } from "../../config/index.js";
import { parseRfc3339 } from "../../sync/index.js";
import { INPUT_KINDS, type InputKind } from "../outbox/index.js";
import { MESSAGE_LIMITS } from "./json-text.js";
import { MESSAGE_SCHEMAS } from "./message-schemas.js";

const MAX_SAMPLES = 10_000;
/** A message that would be told off for more than this is not worth reading to its end. */
const MAX_PROBLEMS = 10;

const ajv = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true, strict: true });
ajv.addKeyword(SAYS_KEYWORD);
ajv.addFormat("date-time", (text: string) => parseRfc3339(text) !== null);

const validators = new Map<InputKind, ValidateFunction>();

/** Compiled when first needed: most processes see one or two kinds. */
function validatorOf(what: InputKind): ValidateFunction {
  const known = validators.get(what);
  if (known !== undefined) return known;
  const made = ajv.compile(plainSchema(MESSAGE_SCHEMAS[what]));
  validators.set(what, made);
  return made;
}

/** TypeBox marks its schemas with symbols, which JSON drops. */
function plainSchema(schema: TSchema): object {
  return JSON.parse(JSON.stringify(schema)) as object;
}

export function isInputKind(what: string): what is InputKind {
  return INPUT_KINDS.some((kind) => kind === what);
}

/**
 * What is wrong with a message, each as `<JSON pointer>: <sentence>`; empty when it may be accepted.
 * A telemetry message may be one sample or a list of them.
 */
export function messageProblems(what: InputKind, message: unknown): string[] {
  if (what !== "telemetry" || !Array.isArray(message)) return problemsOf(what, message, "");
  if (message.length === 0) return ["/: must hold at least one sample"];
  if (message.length > MAX_SAMPLES) return [`/: must hold at most ${MAX_SAMPLES} samples (has ${message.length})`];
  const problems: string[] = [];
  for (const [index, sample] of message.entries()) {
    problems.push(...problemsOf(what, sample, `/${index}`));
    if (problems.length >= MAX_PROBLEMS) break;
  }
  return problems.slice(0, MAX_PROBLEMS);
}

/** The problems of a message in one sentence, or `null` when it may be accepted. */
export function checkMessage(what: InputKind, message: unknown): string | null {
  const excess = findExcess(message);
  if (excess !== null) return excess;
  const problems = messageProblems(what, message);
  return problems.length === 0 ? null : problems.join("; ");
}

/** Depth and size of a message that is parsed already, without recursion: a transport may have parsed it with other limits. */
function findExcess(message: unknown): string | null {
  const open: { readonly value: unknown; readonly depth: number }[] = [{ value: message, depth: 0 }];
  let size = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next;
    size += typeof value === "string" ? value.length : 1;
    if (size > MESSAGE_LIMITS.maxBytes) return `/: is larger than ${MESSAGE_LIMITS.maxBytes} bytes`;
    if (typeof value !== "object" || value === null) continue;
    if (depth >= MESSAGE_LIMITS.maxDepth) return `/: nests deeper than ${MESSAGE_LIMITS.maxDepth} levels`;
    for (const [key, child] of Object.entries(value)) {
      size += key.length;
      open.push({ value: child, depth: depth + 1 });
    }
  }
  return null;
}

function problemsOf(what: InputKind, message: unknown, prefix: string): string[] {
  const validate = validatorOf(what);
  if (validate(message)) return [];
  return findingsOf(validate.errors)
    .slice(0, MAX_PROBLEMS)
    .map(
      ({ segments, message: sentence }) => `${prefix}${toPointer(segments) || (prefix === "" ? "/" : "")}: ${sentence}`,
    );
}

function toPointer(segments: readonly string[]): string {
  return segments.map((step) => `/${step.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
