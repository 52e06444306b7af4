import { messageOf } from "../errors.js";
import { ApiError } from "./api-error.js";

export const MAX_MESSAGES = 1000;
/** Deeper nesting than any message needs; walking it later must not exhaust the stack. */
const MAX_DEPTH = 64;

/** One message of a body, or why it could not be read. */
export type ParsedMessage = { readonly message: unknown } | { readonly problem: string };

/**
 * A single object or an array of them.
 * @throws ApiError `BAD_JSON` with line and column, `BAD_REQUEST`, `TOO_LARGE`
 */
export function parseJsonBody(body: Buffer): ParsedMessage[] {
  const parsed = parseJson(decodeUtf8(body));
  if ("problem" in parsed) throw new ApiError("BAD_JSON", parsed.problem);
  const { message } = parsed;
  const messages = Array.isArray(message) ? message : [message];
  if (messages.length === 0) throw new ApiError("BAD_REQUEST", "the array holds no message");
  return limited(messages).map(toParsed);
}

/**
 * One message per line; empty lines are skipped. A broken line is a problem of its own and harms no other.
 * @throws ApiError `BAD_JSON` when it is not UTF-8, `BAD_REQUEST`, `TOO_LARGE`
 */
export function parseLinesBody(body: Buffer): ParsedMessage[] {
  const lines = decodeUtf8(body)
    .split("\n")
    .map((text, index) => ({ text, number: index + 1 }))
    .filter(({ text }) => text.trim() !== "");
  if (lines.length === 0) throw new ApiError("BAD_REQUEST", "the body holds no message");
  return limited(lines).map(({ text, number }) => {
    const parsed = parseJson(text, number);
    return "problem" in parsed ? parsed : toParsed(parsed.message);
  });
}

function limited<T>(messages: readonly T[]): readonly T[] {
  if (messages.length <= MAX_MESSAGES) return messages;
  throw new ApiError("TOO_LARGE", `${messages.length} messages in one body, ${MAX_MESSAGES} are allowed`);
}

function decodeUtf8(body: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch (thrown) {
    throw new ApiError("BAD_JSON", "the body is not UTF-8", thrown);
  }
}

function toParsed(message: unknown): ParsedMessage {
  return isDeeperThan(message, MAX_DEPTH) ? { problem: `nested deeper than ${MAX_DEPTH} levels` } : { message };
}

function parseJson(text: string, line?: number): ParsedMessage {
  const problem = problemOf(text);
  if (problem === null) return { message: JSON.parse(text) as unknown };
  const position = positionOf(problem, text);
  const before = text.slice(0, position);
  const column = position - before.lastIndexOf("\n");
  return { problem: `line ${line ?? before.split("\n").length}, column ${column}: ${reasonOf(problem)}` };
}

function problemOf(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (thrown) {
    return messageOf(thrown);
  }
}

const UNEXPECTED = "Unexpected token";

/** V8 names the position of most faults; where it does not, the text ended too early or holds a character that halving the text finds. */
function positionOf(problem: string, text: string): number {
  const named = /at position (\d+)/.exec(problem)?.[1];
  if (named !== undefined) return Number(named);
  if (!problem.startsWith(UNEXPECTED)) return text.length;
  let good = 0;
  let bad = text.length;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    // A text cut before the fault only ends too early.
    if (problemOf(text.slice(0, middle))?.startsWith(UNEXPECTED)) bad = middle;
    else good = middle;
  }
  return good;
}

// V8 quotes the text around the fault: the sender's data has no business in an error of ours.
function reasonOf(problem: string): string {
  if (/end of JSON input|Unterminated/i.test(problem)) return "the JSON ends too early";
  if (problem.startsWith(UNEXPECTED)) return "unexpected character";
  return problem.replace(/ (in|after) JSON at position .*$/s, "");
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1));
}
