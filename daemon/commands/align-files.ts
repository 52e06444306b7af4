import { readFileSync, statSync } from "node:fs";
import {
  formatRfc3339,
  type HeardCue,
  type LoggedEvent,
  MICROS_PER_SECOND,
  parseRfc3339,
  type UnixMicros,
  unixMicros,
} from "../../sync/index.js";
import { messageOf, TouchlineError } from "../errors.js";
import { ARCHIVED_STAMPS, toLoggedEvent } from "../inputs/index.js";
import { parseJson } from "../inputs/json-text.js";
import {
  findProviderFormat,
  guessProviderFormat,
  PROVIDER_FORMATS,
  type ProviderFormat,
} from "../inputs/providers/index.js";

/** A file this long is no log of a match; it is refused rather than filling the memory. */
const MAX_FILE_BYTES = 512 * 1024 * 1024;
/** What the own JSON-lines form is called in `--format`. */
export const OWN_FORMAT = "touchline";
/** Places of broken lines told one by one; the rest is counted. */
const MAX_TOLD = 20;

/** What could not be read, told on stderr and counted. */
export interface Complaint {
  readonly place: string;
  readonly reason: string;
}

export interface EventFile {
  readonly events: readonly LoggedEvent[];
  readonly broken: readonly Complaint[];
  readonly format: string;
  /** The stamps stand on a nominal base: only their differences within a period mean anything. */
  readonly isNominal: boolean;
}

export interface CueFile {
  readonly cues: readonly HeardCue[];
  readonly broken: readonly Complaint[];
}

export function readText(path: string): string {
  try {
    if (path !== "-" && statSync(path).size > MAX_FILE_BYTES) {
      throw new TouchlineError("FILE_UNREADABLE", [path, `larger than ${MAX_FILE_BYTES} bytes`]);
    }
    return readFileSync(path === "-" ? 0 : path, "utf8");
  } catch (thrown) {
    if (thrown instanceof TouchlineError) throw thrown;
    throw new TouchlineError("FILE_UNREADABLE", [path, messageOf(thrown)], thrown);
  }
}

/** Reads logged events in our own form or in a provider's; `auto` guesses from the file's beginning. */
export function readEvents(path: string, format: string, kickOff: UnixMicros): EventFile {
  const text = readText(path);
  const provider = providerFor(text, format);
  return provider === null ? readOwnEvents(path, text) : readProviderEvents(path, text, provider, kickOff);
}

function providerFor(text: string, format: string): ProviderFormat | null {
  if (format === OWN_FORMAT) return null;
  if (format === "auto") return looksLikeOurs(text) ? null : guessProviderFormat(text);
  const provider = findProviderFormat(format);
  if (provider !== null) return provider;
  const known = ["auto", OWN_FORMAT, ...PROVIDER_FORMATS.map(({ name }) => name)].join(", ");
  throw new TouchlineError("USAGE", [`--format ${format}: unknown format (known: ${known})`]);
}

/** Our own form has an object with a class in its first line. */
function looksLikeOurs(text: string): boolean {
  const line = text.split("\n", 1)[0] ?? "";
  const first = parseJson(line);
  return first.ok && isObject(first.value) && "class" in first.value;
}

function readOwnEvents(path: string, text: string): EventFile {
  const events: LoggedEvent[] = [];
  const broken: Complaint[] = [];
  forEachObject(path, text, broken, (message, place) => {
    const problem = problemOfEvent(message);
    if (problem !== null) return void broken.push({ place, reason: problem });
    const arrival = readTime(message.arrival);
    if (arrival === null && message.arrival !== undefined && message.arrival !== null) {
      broken.push({
        place,
        reason: `arrival ${JSON.stringify(message.arrival)} is no RFC 3339 time; the rest is used`,
      });
    }
    events.push(toLoggedEvent(message, arrival, "", ARCHIVED_STAMPS));
  });
  return { events, broken, format: OWN_FORMAT, isNominal: false };
}

function problemOfEvent(message: Readonly<Record<string, unknown>>): string | null {
  if (!isName(message.id)) return "has no id";
  if (!isName(message.class) && message.op !== "delete") return "has no class";
  if (message.op !== undefined && message.op !== null && message.op !== "upsert" && message.op !== "delete") {
    return `op ${JSON.stringify(message.op)} is neither upsert nor delete`;
  }
  return null;
}

function isName(value: unknown): boolean {
  return (typeof value === "string" && value !== "") || typeof value === "number";
}

function readProviderEvents(path: string, text: string, provider: ProviderFormat, kickOff: UnixMicros): EventFile {
  const file = provider.read(text, { logger: provider.name, kickOff });
  const broken = file.broken.map(({ place, reason }) => ({ place: `${path}: ${place}`, reason }));
  const events = file.messages.map((message) => toLoggedEvent({ ...message }, null, "", ARCHIVED_STAMPS));
  return { events, broken, format: provider.name, isNominal: file.isNominal };
}

/** When a cue that does not say it could first be told, seconds after its onset, by kind (design: align). */
const REPORTED_AFTER_SEC: Readonly<Record<string, number>> = { roar: 1.5 };
const REPORTED_AFTER_OTHERS_SEC = 0.5;
/** The numbers of a cue: their ranges, and what is taken where there is none. */
const CUE_NUMBERS = {
  sdSec: { lo: 0, hi: 60, otherwise: 0.05 },
  score: { lo: 0, hi: 1, otherwise: 0.9 },
  count: { lo: 1, hi: 1000, otherwise: 1 },
} as const;

export function readCues(path: string): CueFile {
  const cues: HeardCue[] = [];
  const broken: Complaint[] = [];
  forEachObject(path, readText(path), broken, (line, place) => {
    const cue = toCue(line);
    if (typeof cue === "string") broken.push({ place, reason: cue });
    else cues.push(cue);
    broken.push(...oddNumbersOf(line).map((reason) => ({ place, reason })));
  });
  return { cues, broken };
}

/** What of a cue is out of its range: the default stands in for it, and that is said. */
function oddNumbersOf(line: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(CUE_NUMBERS).flatMap(([key, { lo, hi, otherwise }]) => {
    const value = line[key];
    if (value === undefined || value === null || numberBetween(value, lo, hi) !== null) return [];
    return [`${key} ${JSON.stringify(value)} is no number from ${lo} to ${hi}; ${otherwise} is taken`];
  });
}

function toCue(line: Readonly<Record<string, unknown>>): HeardCue | string {
  if (!isName(line.id)) return "has no id";
  if (typeof line.kind !== "string" || line.kind === "") return "has no kind";
  const onset = readTime(line.onset);
  if (onset === null) return `onset ${JSON.stringify(line.onset ?? null)} is no RFC 3339 time`;
  const after = REPORTED_AFTER_SEC[line.kind] ?? REPORTED_AFTER_OTHERS_SEC;
  const reported = readTime(line.reported) ?? unixMicros(onset + after * MICROS_PER_SECOND);
  return {
    cueId: String(line.id),
    kind: line.kind as HeardCue["kind"],
    onset,
    end: readTime(line.end),
    onsetSdSec: cueNumber(line, "sdSec"),
    score: cueNumber(line, "score"),
    count: cueNumber(line, "count"),
    channel: typeof line.channel === "string" ? line.channel : "",
    reported,
    isFinal: true,
  };
}

function cueNumber(line: Readonly<Record<string, unknown>>, key: keyof typeof CUE_NUMBERS): number {
  const { lo, hi, otherwise } = CUE_NUMBERS[key];
  return numberBetween(line[key], lo, hi) ?? otherwise;
}

function numberBetween(value: unknown, lo: number, hi: number): number | null {
  return typeof value === "number" && value >= lo && value <= hi ? value : null;
}

function readTime(value: unknown): UnixMicros | null {
  return typeof value === "string" ? parseRfc3339(value) : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A broken line is a complaint with its place; its neighbours are read all the same. */
function forEachObject(
  path: string,
  text: string,
  broken: Complaint[],
  take: (message: Record<string, unknown>, place: string) => void,
): void {
  text.split("\n").forEach((line, index) => {
    if (line.trim() === "") return;
    const place = `${path}:${index + 1}`;
    const parsed = parseJson(line);
    if (!parsed.ok) broken.push({ place, reason: parsed.message });
    else if (!isObject(parsed.value)) broken.push({ place, reason: "is no JSON object" });
    else take(parsed.value, place);
  });
}

/** Says on stderr what could not be read. */
export function tellComplaints(complaints: readonly Complaint[]): void {
  for (const { place, reason } of complaints.slice(0, MAX_TOLD)) process.stderr.write(`${place}: ${reason}\n`);
  if (complaints.length > MAX_TOLD) process.stderr.write(`… and ${complaints.length - MAX_TOLD} more\n`);
  if (complaints.length > 0) process.stderr.write(`${complaints.length} records could not be read as they are\n`);
}

/** Where a clock without a date is put: the kick-off that was named, else the first cue, else a fixed day. */
export function kickOffFrom(option: string | undefined, cues: readonly HeardCue[]): UnixMicros {
  if (option !== undefined) {
    const time = parseRfc3339(option);
    if (time === null) throw new TouchlineError("USAGE", [`--kick-off ${option}: no RFC 3339 time`]);
    return time;
  }
  let first = Number.POSITIVE_INFINITY;
  for (const cue of cues) first = Math.min(first, cue.onset);
  return Number.isFinite(first) ? (first as UnixMicros) : unixMicros(Date.UTC(2000, 0, 1) * 1000);
}

export function timeText(at: UnixMicros): string {
  return formatRfc3339(at).slice(11, 23);
}
