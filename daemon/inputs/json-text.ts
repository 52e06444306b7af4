/** Limits of one incoming text. */
export interface JsonLimits {
  readonly maxBytes: number;
  readonly maxDepth: number;
}

export const MESSAGE_LIMITS: JsonLimits = { maxBytes: 1_000_000, maxDepth: 32 };

export type JsonResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_GROUP = 0x7b;
const CLOSE_GROUP = 0x7d;

/** Reads JSON from outside. Never throws; what is wrong is said with its place in the text. */
export function parseJson(input: Uint8Array | string, limits: JsonLimits = MESSAGE_LIMITS): JsonResult {
  const size = typeof input === "string" ? Buffer.byteLength(input) : input.byteLength;
  if (size > limits.maxBytes) return refuse(`has ${size} bytes, more than the ${limits.maxBytes} that are allowed`);
  const text = typeof input === "string" ? input.replace(/^\uFEFF/, "") : decodeUtf8(input);
  if (text === null) return refuse("is not UTF-8 text");
  if (text.trim() === "") return refuse("is empty");
  const deep = findTooDeep(text, limits.maxDepth);
  if (deep !== null) return refuse(`nests deeper than ${limits.maxDepth} levels at ${placeIn(text, deep)}`);
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    // The engine's message has no place for many mistakes, so the place is found again by a reader of our own.
    const fault = findFault(text);
    return refuse(`is not JSON: ${fault.message} at ${placeIn(text, fault.offset)}`);
  }
}

function refuse(message: string): JsonResult {
  return { ok: false, message };
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // Not UTF-8: the caller says so.
    return null;
  }
}

function placeIn(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  const column = offset - before.lastIndexOf("\n");
  return line === 1 ? `column ${column}` : `line ${line}, column ${column}`;
}

/** Offset of the first bracket that goes too deep. Counts brackets outside strings, without recursion. */
function findTooDeep(text: string, maxDepth: number): number | null {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === OPEN_LIST || code === OPEN_GROUP) {
      if (++depth > maxDepth) return at;
    } else if (code === CLOSE_LIST || code === CLOSE_GROUP) depth--;
  }
  return null;
}

/** Index of the closing quote of the string that opens at `at`; the text's length when it never closes. */
function endOfString(text: string, at: number): number {
  for (let next = at + 1; next < text.length; next++) {
    const code = text.charCodeAt(next);
    if (code === BACKSLASH) next++;
    else if (code === QUOTE) return next;
  }
  return text.length;
}

interface Fault {
  readonly offset: number;
  readonly message: string;
}

const BLANK = /[ \t\r\n]*/y;
const BARE = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})/y;

type Expects = "value" | "valueOrEnd" | "key" | "keyOrEnd" | "colon" | "commaOrEnd" | "nothing";

const WANTED: Readonly<Record<Expects, string>> = {
  value: "a value",
  valueOrEnd: "a value or ']'",
  key: "a key in double quotes",
  keyOrEnd: "a key in double quotes or '}'",
  colon: "':'",
  commaOrEnd: "',' or the end of the group",
  nothing: "nothing more",
};

/** Where a text that is not JSON stops being so: a reader of tokens with a stack of open brackets. */
function findFault(text: string): Fault {
  const open: string[] = [];
  let expects: Expects = "value";
  let at = endOfMatch(BLANK, text, 0) ?? 0;
  while (at < text.length) {
    const token = readToken(text, at);
    if ("message" in token) return token;
    const next = stepOver(token.type, expects, open);
    if (next === null) break;
    expects = next;
    at = endOfMatch(BLANK, text, token.end) ?? token.end;
  }
  if (at >= text.length) return { offset: at, message: `the text ends where ${WANTED[expects]} was expected` };
  return { offset: at, message: `${WANTED[expects]} was expected, not ${seenAt(text, at)}` };
}

interface Token {
  /** The bracket, comma or colon itself, `string`, `bare` (a number, true, false, null) or `unknown`. */
  readonly type: string;
  readonly end: number;
}

function readToken(text: string, at: number): Token | Fault {
  const char = text.charAt(at);
  if ("[]{},:".includes(char)) return { type: char, end: at + 1 };
  if (char === '"') return readString(text, at);
  const end = endOfMatch(BARE, text, at);
  return end === null ? { type: "unknown", end: at + 1 } : { type: "bare", end };
}

function readString(text: string, start: number): Token | Fault {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return { type: "string", end: at + 1 };
    if (code < 0x20) return { offset: at, message: "a line break or control character inside a text" };
    if (code !== BACKSLASH) continue;
    const end = endOfMatch(ESCAPE, text, at);
    if (end === null) return { offset: at, message: `${seenAt(text, at)} is no escape` };
    at = end - 1;
  }
  return { offset: start, message: "the text that begins here does not end" };
}

function endOfMatch(pattern: RegExp, text: string, at: number): number | null {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : null;
}

const SEEN_CHARACTERS = 12;

function seenAt(text: string, at: number): string {
  return JSON.stringify(text.slice(at, at + SEEN_CHARACTERS).split(/\s/)[0] ?? "");
}

/** What must follow a token, or `null` when the token may not stand here. Keeps `open` up to date. */
function stepOver(token: string, expects: Expects, open: string[]): Expects | null {
  const isValueDue = expects === "value" || expects === "valueOrEnd";
  const afterValue = (): Expects => (open.length === 0 ? "nothing" : "commaOrEnd");
  const isKeyDue = expects === "key" || expects === "keyOrEnd";
  if (token === "[" || token === "{") {
    if (!isValueDue) return null;
    open.push(token);
    return token === "[" ? "valueOrEnd" : "keyOrEnd";
  }
  if (token === "]" || token === "}") {
    const mayEnd = expects === "commaOrEnd" || expects === (token === "]" ? "valueOrEnd" : "keyOrEnd");
    if (!mayEnd || open.pop() !== (token === "]" ? "[" : "{")) return null;
    return afterValue();
  }
  if (token === ",") return expects === "commaOrEnd" ? (open.at(-1) === "[" ? "value" : "key") : null;
  if (token === ":") return expects === "colon" ? "value" : null;
  if (token === "string" && isKeyDue) return "colon";
  return isValueDue && (token === "string" || token === "bare") ? afterValue() : null;
}
