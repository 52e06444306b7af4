import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { parseRfc3339, type UnixMicros } from "../../sync/index.js";
import { messageOf, TouchlineError } from "../errors.js";

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The objects of a JSON-lines file, one by one; empty lines are passed over.
 * @throws TouchlineError FILE_UNREADABLE, REC_INVALID with the line
 */
export async function* readJsonLines(path: string): AsyncGenerator<JsonObject & { readonly at: string }> {
  let line = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
      line += 1;
      if (text.trim() !== "") yield { ...parseObject(text, `${path}:${line}`), at: `${path}:${line}` };
    }
  } catch (error) {
    if (error instanceof TouchlineError) throw error;
    throw new TouchlineError("FILE_UNREADABLE", [path, messageOf(error)], error);
  }
}

function parseObject(text: string, at: string): JsonObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new TouchlineError("REC_INVALID", [at, messageOf(error)], error);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new TouchlineError("REC_INVALID", [at, "not a JSON object"]);
  }
  return parsed as JsonObject;
}

/** @throws TouchlineError REC_INVALID */
export function timeIn(line: JsonObject & { readonly at: string }, key: string): UnixMicros {
  const value = line[key];
  const time = typeof value === "string" ? parseRfc3339(value) : null;
  if (time === null)
    throw new TouchlineError("REC_INVALID", [line.at, `'${key}' is not an RFC 3339 time: ${String(value)}`]);
  return time;
}

/** @throws TouchlineError REC_INVALID */
export function textIn(line: JsonObject & { readonly at: string }, key: string): string {
  const value = line[key];
  if (typeof value !== "string" || value === "") {
    throw new TouchlineError("REC_INVALID", [line.at, `'${key}' is missing or not a text`]);
  }
  return value;
}

export function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

export function numberOrNull(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
