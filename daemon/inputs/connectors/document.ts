import type { UnixMicros } from "../../../sync/index.js";
import { parseJson } from "../json-text.js";
import { findProviderFormat, guessProviderFormat } from "../providers/index.js";

/** What our own messages are called where a provider's format may be named. */
export const OWN_FORMAT = "touchline";

export type LogObject = Readonly<Record<string, unknown>>;

export interface DocumentOptions {
  /** Name of a provider's format, `touchline` for our own messages; `null`: guessed from the beginning. */
  readonly format: string | null;
  /** Logger of messages that name none: those of providers. */
  readonly logger: string;
  /** Where a clock that counts from a period's start is put. */
  readonly kickOff: UnixMicros;
}

export interface ReadDocument {
  readonly messages: readonly LogObject[];
  readonly broken: readonly { readonly place: string; readonly reason: string }[];
}

const PARSE_LIMITS = { maxBytes: 64 * 1024 * 1024, maxDepth: 64 };

/**
 * A whole document of a feed: one of the provider formats, or our own messages as JSON lines, as an array, or as an object with the
 * list under `messages` or `events`. Never throws: what cannot be read is told with its place, its neighbours are read all the same.
 */
export function readDocument(text: string, options: DocumentOptions): ReadDocument {
  const { format, logger, kickOff } = options;
  if (text.trim() === "") return { messages: [], broken: [] };
  const own = format === null || format === OWN_FORMAT ? ownMessages(text, format === OWN_FORMAT) : null;
  if (own !== null) return withLogger(own, logger);
  const provider = format === null ? guessProviderFormat(text) : findProviderFormat(format);
  if (provider === null) return nothing("is in no format that is known: name one with format");
  const { messages, broken } = provider.read(text, { logger, kickOff });
  return { messages: messages.map((message) => ({ ...message })), broken };
}

/** One line of a pushed stream; `null`: it is a sign of life, no message. */
export function readPushedLine(line: string, options: DocumentOptions): ReadDocument | null {
  if (line.trim() === "") return null;
  const parsed = parseJson(line, PARSE_LIMITS);
  if (!parsed.ok) return nothing(parsed.message);
  if (!isObject(parsed.value)) return nothing("is no JSON object");
  if (isHeartbeat(parsed.value)) return null;
  if (options.format === "sportradar") {
    const payload = parsed.value.payload;
    const event = isObject(payload) ? payload.event : undefined;
    // The provider pushes statistics too: a message without an event changes nothing here.
    return event === undefined ? null : readDocument(JSON.stringify({ timeline: [event] }), options);
  }
  return withLogger({ messages: [parsed.value], broken: [] }, options.logger);
}

function isHeartbeat(value: LogObject): boolean {
  return "heartbeat" in value || value.type === "heartbeat";
}

/** `null`: these are not ours. `isSure`: the configuration says they are, so what cannot be read is broken. */
function ownMessages(text: string, isSure: boolean): ReadDocument | null {
  if (!isSure && !/^\uFEFF?\s*[[{]/.test(text)) return null;
  const whole = parseJson(text, PARSE_LIMITS);
  const list = whole.ok ? listIn(whole.value) : null;
  if (list !== null && (isSure || list.length === 0 || looksLikeOurs(list[0]))) return objectsOf(list, "record");
  if (whole.ok && !isSure && !looksLikeOurs(whole.value)) return null;
  const lines = text.split("\n").map((line) => line.trim());
  const first = parseJson(lines.find((line) => line !== "") ?? "", PARSE_LIMITS);
  if (!isSure && !(first.ok && looksLikeOurs(first.value))) return null;
  return readLines(lines);
}

function readLines(lines: readonly string[]): ReadDocument {
  const messages: LogObject[] = [];
  const broken: { place: string; reason: string }[] = [];
  lines.forEach((line, index) => {
    if (line === "") return;
    const parsed = parseJson(line, PARSE_LIMITS);
    if (parsed.ok && isObject(parsed.value)) messages.push(parsed.value);
    else broken.push({ place: `line ${index + 1}`, reason: parsed.ok ? "is no JSON object" : parsed.message });
  });
  return { messages, broken };
}

function listIn(value: unknown): readonly unknown[] | null {
  if (Array.isArray(value)) return value;
  if (!isObject(value)) return null;
  if (Array.isArray(value.messages)) return value.messages;
  return Array.isArray(value.events) && (value.events.length === 0 || looksLikeOurs(value.events[0]))
    ? value.events
    : null;
}

function objectsOf(list: readonly unknown[], word: string): ReadDocument {
  const broken = list.flatMap((item, index) =>
    isObject(item) ? [] : [{ place: `${word} ${index + 1}`, reason: "is no JSON object" }],
  );
  return { messages: list.filter(isObject), broken };
}

/** Our own messages have a class, or are the end of one that had. */
function looksLikeOurs(value: unknown): boolean {
  return isObject(value) && "id" in value && ("class" in value || value.op === "delete") && "logger" in value;
}

function withLogger({ messages, broken }: ReadDocument, logger: string): ReadDocument {
  return { messages: messages.map((message) => ("logger" in message ? message : { ...message, logger })), broken };
}

function nothing(reason: string): ReadDocument {
  return { messages: [], broken: [{ place: "document", reason }] };
}

function isObject(value: unknown): value is LogObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
