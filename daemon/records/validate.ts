import type { TSchema } from "@sinclair/typebox";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { findingsOf, formatPath } from "../../config/index.js";
import { parseRfc3339 } from "../../sync/index.js";
import { recordType } from "./envelope.js";
import { LANE_OF_KIND, RECORD_KINDS, type RecordKind } from "./record.js";
import { DATA_SCHEMAS, ENVELOPE, TOMBSTONE } from "./schemas/index.js";

const ajv = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true, strict: true });
ajv.addFormat("date-time", (text: string) => parseRfc3339(text) !== null);

const compile = (schema: TSchema): ValidateFunction => ajv.compile(JSON.parse(JSON.stringify(schema)) as object);
const validateEnvelope = compile(ENVELOPE);
const validateTombstone = compile(TOMBSTONE);
const validators = new Map<RecordKind, ValidateFunction>();

/** Compiled when first needed: a process that makes two kinds of records does not pay for eight. */
function validatorOf(kind: RecordKind): ValidateFunction {
  const known = validators.get(kind);
  if (known !== undefined) return known;
  const made = compile(DATA_SCHEMAS[kind]);
  validators.set(kind, made);
  return made;
}

/** What is wrong with a record as it leaves the box, each as `path: sentence`; empty when it is as promised. Never throws. */
export function validateRecord(record: unknown): string[] {
  if (!validateEnvelope(record)) return say(validateEnvelope.errors, []);
  const event = record as Envelope;
  const kind = RECORD_KINDS.find((known) => recordType(known) === event.type);
  if (kind === undefined) return [`type: no kind of record is called ${event.type}`];
  const isTombstone = event.data.tombstone === true;
  const validate = isTombstone ? validateTombstone : validatorOf(kind);
  if (!validate(event.data)) return say(validate.errors, ["data"]);
  return [...contradictions(kind, event), ...(isTombstone ? [] : contradictionsInside(kind, event))];
}

/** What is wrong with the data of a kind alone. */
export function validateData(kind: RecordKind, data: unknown): string[] {
  const validate = validatorOf(kind);
  return validate(data) ? [] : say(validate.errors, ["data"]);
}

interface Envelope {
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly lane: string;
  readonly dataschema: string;
  readonly data: Readonly<Record<string, unknown>>;
}

function say(errors: readonly ErrorObject[] | null | undefined, prefix: readonly string[]): string[] {
  return findingsOf(errors).map(({ segments, message }) => {
    const path = formatPath([...prefix, ...segments]);
    return `${path === "" ? "record" : path}: ${message}`;
  });
}

/** What the envelope says must agree with itself. */
function contradictions(kind: RecordKind, event: Envelope): string[] {
  const found: string[] = [];
  if (event.lane !== LANE_OF_KIND[kind]) found.push(`lane: ${kind} goes by ${LANE_OF_KIND[kind]}, not ${event.lane}`);
  if (!event.dataschema.endsWith(`/${kind}.v1.schema.json`)) found.push(`dataschema: is not that of ${kind}`);
  return found;
}

/** What the data says must agree with the envelope, and with itself. */
function contradictionsInside(kind: RecordKind, { subject, time, data }: Envelope): string[] {
  const found: string[] = [];
  const SUBJECT_KEYS: Partial<Record<RecordKind, string>> = {
    event: "eventId",
    cue: "cueId",
    moment: "momentId",
    timecode: "generator",
    session: "session",
  };
  const key = SUBJECT_KEYS[kind];
  if (key !== undefined && data[key] !== subject) found.push(`subject: is not data.${key}`);
  if (kind === "cue" && data.onset !== time) found.push("time: is not data.onset");
  if (kind === "cue" && typeof data.end === "string" && data.end < String(data.onset)) {
    found.push("data.end: is before data.onset");
  }
  if (kind === "event") found.push(...contradictionsOfEvent(time, data.corrected as Corrected));
  return found;
}

interface Corrected {
  readonly time: string;
  readonly intervals: readonly { readonly p: number; readonly lo: string; readonly hi: string }[];
}

/** Times in one form compare as text. */
function contradictionsOfEvent(time: string, corrected: Corrected): string[] {
  const found = corrected.intervals.flatMap(({ lo, hi }, index) =>
    lo <= corrected.time && corrected.time <= hi ? [] : [`data.corrected.intervals[${index}]: does not hold the time`],
  );
  return corrected.time === time ? found : [...found, "time: is not data.corrected.time"];
}
