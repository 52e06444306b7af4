import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type Static, Type } from "@sinclair/typebox";
import { Ajv } from "ajv";
import { LineCounter, parseDocument, stringify } from "yaml";
import { formatRfc3339, parseRfc3339, type UnixMicros } from "../../sync/index.js";
import { messageOf, TouchlineError } from "../errors.js";
import type { SessionSpec } from "../session-cores.js";

export const SESSION_FILE = "session.yaml";
/** Loggers that a recording names; those beyond are in its log all the same. */
export const MAX_LOGGERS = 256;

const Text = Type.String({ minLength: 1, maxLength: 256 });

/** `session.yaml` of a recording. Unknown keys are kept out of the way: a newer release may have written them. */
const SessionFileSchema = Type.Object({
  venue: Text,
  box: Type.Optional(Text),
  session: Type.Object({
    session: Text,
    sport: Text,
    name: Type.Optional(Text),
    scheduledStart: Type.Optional(Text),
    scheduledEnd: Type.Optional(Text),
    fuel: Type.Optional(
      Type.Object({
        car: Type.Union([Text, Type.Null()]),
        lapLengthM: Type.Union([Type.Number({ minimum: 1 }), Type.Null()]),
        capacityKg: Type.Union([Type.Number({ minimum: 0 }), Type.Null()]),
        capacitySdKg: Type.Number({ minimum: 0 }),
        startsFull: Type.Boolean(),
        residual: Type.Boolean(),
      }),
    ),
  }),
  channels: Type.Optional(
    Type.Array(
      Type.Object({
        name: Text,
        role: Type.Optional(Text),
        file: Type.Optional(Text),
        startTime: Type.Optional(Text),
        position: Type.Optional(Type.Tuple([Type.Number(), Type.Number()])),
        pathDelayMs: Type.Optional(Type.Number({ minimum: 0, maximum: 60_000 })),
      }),
      { maxItems: 1024 },
    ),
  ),
  loggers: Type.Optional(Type.Array(Type.Object({ logger: Text }), { maxItems: MAX_LOGGERS })),
});

export type SessionFile = Static<typeof SessionFileSchema>;

/** One channel of a recording, ready to be opened. */
export interface RecordedChannel {
  readonly name: string;
  readonly role: string;
  readonly path: string;
  /** First sample; `null`: the WAV's bext chunk tells. */
  readonly startTime: UnixMicros | null;
  readonly pathDelayMs: number | null;
  /** Metres from the centre of the field of play. */
  readonly position: readonly [number, number] | null;
}

export interface RecordingInfo {
  readonly venue: string;
  readonly box: string;
  readonly session: SessionSpec;
  readonly channels: readonly RecordedChannel[];
}

const validate = new Ajv({ allErrors: true }).compile(SessionFileSchema);

/** @throws TouchlineError REC_INVALID with the place of each mistake, FILE_UNREADABLE */
export function readSessionFile(folder: string): RecordingInfo {
  const path = join(folder, SESSION_FILE);
  const file = parseSessionFile(readText(path), path);
  const { session } = file;
  return {
    venue: file.venue,
    box: file.box ?? "a",
    session: {
      session: session.session,
      sport: session.sport,
      name: session.name ?? null,
      scheduledStart: timeOf(session.scheduledStart, path, "session.scheduledStart"),
      scheduledEnd: timeOf(session.scheduledEnd, path, "session.scheduledEnd"),
      channels: null,
      ...(session.fuel === undefined ? {} : { fuel: session.fuel }),
    },
    channels: (file.channels ?? channelsFound(folder)).map((channel, index) => ({
      name: channel.name,
      role: channel.role ?? "ambience",
      path: join(folder, channel.file ?? join("audio", `${channel.name}.wav`)),
      startTime: timeOf(channel.startTime, path, `channels[${index}].startTime`),
      pathDelayMs: channel.pathDelayMs ?? null,
      position: channel.position ?? null,
    })),
  };
}

export function formatSessionFile(file: SessionFile): string {
  return stringify(file);
}

export function sessionFileOf(spec: SessionSpec): SessionFile["session"] {
  return {
    session: spec.session,
    sport: spec.sport,
    ...(spec.name === null ? {} : { name: spec.name }),
    ...(spec.scheduledStart === null ? {} : { scheduledStart: formatRfc3339(spec.scheduledStart) }),
    ...(spec.scheduledEnd === null ? {} : { scheduledEnd: formatRfc3339(spec.scheduledEnd) }),
    ...(spec.fuel === undefined || spec.sport !== "motorsport" ? {} : { fuel: spec.fuel }),
  };
}

function parseSessionFile(text: string, path: string): SessionFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const broken = document.errors[0];
  if (broken !== undefined) {
    const { line, col } = lines.linePos(broken.pos[0]);
    throw new TouchlineError("REC_INVALID", [`${path}:${line}:${col}`, broken.message.split("\n")[0] ?? "not YAML"]);
  }
  const value: unknown = document.toJS({ maxAliasCount: 0 });
  if (validate(value)) return value as SessionFile;
  const mistakes = (validate.errors ?? []).map(
    (error) => `${error.instancePath || "/"} ${error.message ?? "is wrong"}`,
  );
  throw new TouchlineError("REC_INVALID", [path, mistakes.join("; ")]);
}

/** A recording that names no channels has those whose sound it holds. */
function channelsFound(folder: string): NonNullable<SessionFile["channels"]> {
  try {
    return readdirSync(join(folder, "audio"))
      .filter((name) => name.endsWith(".wav"))
      .sort()
      .map((name) => ({ name: basename(name, ".wav") }));
  } catch {
    // No audio folder: a recording of logs alone is a recording.
    return [];
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new TouchlineError("FILE_UNREADABLE", [path, messageOf(error)], error);
  }
}

function timeOf(text: string | undefined, path: string, key: string): UnixMicros | null {
  if (text === undefined) return null;
  const time = parseRfc3339(text);
  if (time === null) throw new TouchlineError("REC_INVALID", [path, `${key}: '${text}' is not an RFC 3339 time`]);
  return time;
}
