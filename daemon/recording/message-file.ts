import { createReadStream, existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseRfc3339, type UnixMicros } from "../../sync/index.js";
import { parseJson } from "../inputs/index.js";
import type { InputKind } from "../outbox/index.js";

export interface RecordedMessage {
  readonly what: InputKind;
  readonly arrival: UnixMicros;
  readonly message: Readonly<Record<string, unknown>>;
}

export interface SkippedLine {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

/** Messages as they came, each with its `arrival`; lines that cannot be read are told and left out. In the order of arrival. */
export async function readMessageFile(
  path: string,
  what: InputKind,
  onSkipped: (line: SkippedLine) => void,
): Promise<RecordedMessage[]> {
  if (!existsSync(path)) return [];
  const messages: RecordedMessage[] = [];
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    if (text.trim() === "") continue;
    const read = readLine(text, what);
    if (typeof read === "string") onSkipped({ file: path, line, reason: read });
    else messages.push(read);
  }
  // A stable sort: two messages of one instant stay in the order of the file.
  return messages.sort((a, b) => a.arrival - b.arrival);
}

function readLine(text: string, what: InputKind): RecordedMessage | string {
  const read = parseJson(text);
  if (!read.ok) return read.message;
  const parsed = read.value;
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return "not a JSON object";
  const { arrival: arrivalText, ...message } = parsed as Record<string, unknown>;
  const arrival = typeof arrivalText === "string" ? parseRfc3339(arrivalText) : null;
  if (arrival === null) return "no 'arrival', or it is not an RFC 3339 time";
  return { what, arrival, message };
}
