import { type Static, Type } from "@sinclair/typebox";
import {
  DURATION,
  listOf,
  maybe,
  NAME,
  needed,
  oneOf,
  RATE,
  SIZE,
  section,
  TEXT,
  TIME,
  withDefault,
} from "./declare.js";
import { NATS } from "./schema-nats.js";
import { RACE_FUEL, TELEMETRY_INPUT } from "./schema-telemetry.js";

/** Kinds of records an output may be limited to. */
export const RECORD_KIND_NAMES = ["session", "event", "cue", "moment", "fuel", "timecode", "health", "gap"] as const;
type RecordKindName = (typeof RECORD_KIND_NAMES)[number];

export const AUDIO_ROLES = ["ambience", "pitch", "referee", "programme", "commentary", "announcer", "other"] as const;
export const PCM_FORMATS = ["s16le", "s24le", "s32le", "f32le"] as const;
export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;

const AUDIO_INPUT = {
  name: needed<string>(NAME, { description: "Name of the input; cues and clips carry it.", example: "ambience" }),
  role: withDefault<(typeof AUDIO_ROLES)[number]>(oneOf(...AUDIO_ROLES), "ambience", {
    description:
      "What the microphone hears: the stands, the pitch, the referee (worn: no travel), a finished programme (seconds late unless pathDelayMs is given), a commentator, an announcer (only sure whistles), ...",
    example: "ambience",
  }),
  file: maybe<string>(TEXT, {
    description: "A WAV file. Exactly one of file, stdin, fifo and url must be given.",
    example: "match.wav",
    isPath: true,
  }),
  stdin: withDefault<boolean>({ type: "boolean" }, false, {
    description: "Raw PCM on the standard input; see format, sampleRate and channels.",
    example: true,
  }),
  fifo: maybe<string>(TEXT, {
    description: "Raw PCM from a named pipe; see format, sampleRate and channels.",
    example: "/run/touchline/ambience.pcm",
    isPath: true,
  }),
  url: maybe<string>(
    { ...TEXT, format: "input-url" },
    { description: "Anything else that ffmpeg can open.", example: "srt://10.0.0.5:9000", isUrl: true },
  ),
  format: withDefault<(typeof PCM_FORMATS)[number]>(oneOf(...PCM_FORMATS), "s16le", {
    description: "Sample format of raw PCM: little-endian integers of 16, 24 or 32 bit, or 32-bit floats.",
    example: "s24le",
  }),
  sampleRate: withDefault<number>({ type: "integer", minimum: 8_000, maximum: 384_000 }, 48_000, {
    description: "Sample rate of raw PCM.",
    unit: "Hz",
    example: 48_000,
  }),
  channels: withDefault<number>({ type: "integer", minimum: 1, maximum: 64 }, 1, {
    description: "Number of interleaved channels of raw PCM.",
    example: 2,
  }),
  channel: maybe<number>(
    { type: "integer", minimum: 0, maximum: 63 },
    {
      description:
        "Listen to this channel only, counted from 0. Without it every channel is heard, each as name.0, name.1, ...",
      example: 0,
    },
  ),
  pathDelayMs: maybe<number>(
    { type: "number", minimum: 0, maximum: 60_000 },
    {
      description:
        "Delay of console, embedder and stream between the microphone and this box; taken off every onset. Unknown when left out: then it is part of the stated uncertainty, and measured against other channels where there are some.",
      unit: "ms",
      example: 40,
    },
  ),
  position: maybe<[number, number]>(
    { type: "array", items: { type: "number", minimum: -10_000, maximum: 10_000 }, minItems: 2, maxItems: 2 },
    {
      description:
        "Where the microphone is, x and y from the centre of the field of play. The travel of a whistle's sound is then taken off its onset: its mean with one microphone, the very one with three.",
      unit: "m",
      example: [0, -34],
    },
  ),
  startTime: maybe<string>(TIME, {
    description:
      "Time of the first sample. Without it: when the first block arrives; of a file with pace fast, what its bext chunk says.",
    example: "2026-05-16T18:25:00Z",
  }),
  pace: withDefault<"realtime" | "fast">(oneOf("realtime", "fast"), "realtime", {
    description: "A file is played at its own speed (realtime) or as fast as it can be heard (fast).",
    example: "fast",
  }),
};

const LOG_INPUT = {
  type: needed<"http" | "nats" | "jetstream" | "file">(oneOf("http", "nats", "jetstream", "file"), {
    description:
      "How messages arrive: http (POST /v1/in/..., there in any case), nats (requests on touchline.in.<venue>.>, answered after the commit), jetstream (a stream, acknowledged after the commit: nothing is lost while this box is away), file (JSON lines, followed as it grows).",
    example: "http",
  }),
  stream: maybe<string>(NAME, {
    description:
      "The stream to read; for type jetstream only. It is made for touchline.keep.<venue>.> where it is missing and the account allows it.",
    example: "TOUCHLINE_IN_arena",
  }),
  durable: maybe<string>(NAME, {
    description: "Name under which the stream remembers how far this box has read; touchline-<box> when left out.",
    example: "touchline-a",
  }),
  path: maybe<string>(TEXT, {
    description: "The JSON-lines file; for type file only.",
    example: "log.jsonl",
    isPath: true,
  }),
};

/** Formats that a document of a feed may be named to have; without a name it is guessed. */
export const FEED_FORMATS = [
  "touchline",
  "statsbomb",
  "wyscout",
  "sportradar",
  "soccernet",
  "ma3",
  "sportec",
  "opta-f24",
  "sportscode",
  "csv",
] as const;

const CONNECTOR = {
  name: needed<string>(NAME, {
    description: "Name of the connector; the logger of events that name none.",
    example: "scores",
  }),
  type: needed<"poll" | "push" | "folder">(oneOf("poll", "push", "folder"), {
    description:
      "poll: asks url for the whole document again and again, with its ETag. push: reads url as a stream of JSON lines with heartbeats. folder: reads the files that fall into path.",
    example: "poll",
  }),
  url: maybe<string>(
    { ...TEXT, format: "feed-url" },
    {
      description: "Address of the document or of the stream, http or https; for types poll and push.",
      example: "https://feeds.example/match/7/timeline.json",
      isUrl: true,
    },
  ),
  recoverUrl: maybe<string>(
    { ...TEXT, format: "feed-url" },
    {
      description: "Where the whole document can be read after the stream was away; for type push.",
      example: "https://feeds.example/match/7/timeline.json",
      isUrl: true,
    },
  ),
  path: maybe<string>(TEXT, {
    description: "The folder that is watched; for type folder.",
    example: "exports",
    isPath: true,
  }),
  format: maybe<(typeof FEED_FORMATS)[number]>(oneOf(...FEED_FORMATS), {
    description: "Format of the documents; guessed when left out. A pushed stream has touchline or sportradar lines.",
    example: "sportradar",
  }),
  every: withDefault<number>(DURATION, "2s", {
    description: "How often the url or the folder is looked at; for types poll and folder.",
    example: "2s",
  }),
  silence: withDefault<number>(DURATION, "15s", {
    description: "A stream that says nothing for this long, not even a heartbeat, is opened anew; for type push.",
    example: "15s",
  }),
  tokenFile: maybe<string>(TEXT, {
    description: "File whose first line is sent as a bearer token; for types poll and push.",
    example: "scores.token",
    isPath: true,
  }),
  session: maybe<string>(NAME, {
    description: "Session of events that name none; the first of the file when left out.",
    example: "cup-final",
  }),
  vanished: withDefault<"keep" | "retract">(oneOf("keep", "retract"), "keep", {
    description:
      "What becomes of an event that the whole document no longer holds: it stays (keep), or it is taken back when two looks in a row miss it (retract), unless many are gone at once. For types poll and push.",
    example: "retract",
  }),
};

const OUTPUT = {
  name: needed<string>(NAME, {
    description: "Name of the output. Its place in the feed is kept under this name.",
    example: "cloud",
  }),
  type: needed<"jetstream" | "file" | "webhook">(oneOf("jetstream", "file", "webhook"), {
    description:
      "Where records go: jetstream (NATS JetStream, see nats.servers), file (JSON lines) or webhook (HTTPS POST of CloudEvents).",
    example: "jetstream",
  }),
  path: maybe<string>(TEXT, {
    description: "The file to append to; for type file only.",
    example: "out.jsonl",
    isPath: true,
  }),
  url: maybe<string>(
    { ...TEXT, format: "webhook-url" },
    {
      description: "Address to post to, https, or http on this machine; for type webhook only.",
      example: "https://partner.example/touchline",
      isUrl: true,
    },
  ),
  secretFile: maybe<string>(TEXT, {
    description:
      "File with the secret that signs the requests (Standard Webhooks), one a line; for type webhook only. Without it they are not signed.",
    example: "partner.secret",
    isPath: true,
  }),
  batch: withDefault<number>({ type: "integer", minimum: 1, maximum: 1000 }, 1, {
    description:
      "Records in one request at most; for type webhook only. 1: each alone, as a structured CloudEvent; more: as a batch.",
    example: 100,
  }),
  timeout: withDefault<number>(DURATION, "10s", {
    description: "How long an answer is waited for; for type webhook only.",
    example: "10s",
  }),
  refused: withDefault<"deadLetter" | "wait">(oneOf("deadLetter", "wait"), "deadLetter", {
    description:
      "A record that is refused again and again (400, 409, 413, 422, 431) is put aside and a tombstone sent for it (deadLetter), or tried for ever (wait); for type webhook only.",
    example: "wait",
  }),
  maxRate: maybe<number>(RATE, {
    description:
      "Rate it sends at most, bits a second, everything included but TCP and TLS: live records first, then analysis, then bulk; for types jetstream and webhook. What is more waits in the store. No limit when left out.",
    example: "100kbit/s",
  }),
  compress: withDefault<boolean>({ type: "boolean" }, false, {
    description:
      "Bodies of 512 bytes and more leave as gzip where that is smaller, with the header Content-Encoding: gzip; for type jetstream only. Consumers must know it.",
    example: true,
  }),
  supersede: maybe<number>(DURATION, {
    description:
      "Fuel records leave together this often, and of what waits only the newest of a car, or of the box's health, travels whole; each of the others is a short mark under its own sequence that names the newest. Not more than a minute; for type jetstream only. Left out: every record whole and at once.",
    example: "10s",
  }),
  only: section("Limits what this output gets: all of them must be met; without it, everything.", {
    kinds: maybe<RecordKindName[]>(
      { type: "array", items: oneOf(...RECORD_KIND_NAMES), minItems: 1, uniqueItems: true },
      { description: "Kinds of records.", example: ["event", "session"] },
    ),
    classes: maybe<string[]>(
      { type: "array", items: TEXT, minItems: 1, uniqueItems: true },
      { description: "Classes: of an event its class, of a cue its kind.", example: ["goal", "whistle"] },
    ),
    teams: maybe<string[]>(
      { type: "array", items: TEXT, minItems: 1, uniqueItems: true },
      { description: "Teams, of events. Without kinds: events only.", example: ["home"] },
    ),
    cars: maybe<string[]>(
      { type: "array", items: TEXT, minItems: 1, uniqueItems: true },
      { description: "Cars, of fuel records. Without kinds: fuel records only.", example: ["44"] },
    ),
    sessions: maybe<string[]>(
      { type: "array", items: NAME, minItems: 1, uniqueItems: true },
      {
        description: "Sessions, of what belongs to one. Without kinds: nothing of the box itself (health, gap).",
        example: ["cup-final"],
      },
    ),
    minInterest: maybe<number>(
      { type: "number", minimum: 0, maximum: 1 },
      { description: "Least interest, of moments. Without kinds: moments only.", example: 0.5 },
    ),
  }),
  maxLag: maybe<number>(DURATION, {
    description:
      "How old a record may get while this output cannot be reached before it is shed and told as a gap. Never when left out: then a full disk is the limit.",
    example: "48h",
  }),
};

const SESSION = {
  session: needed<string>(NAME, { description: "Id of the match or race.", example: "cup-final" }),
  sport: needed<string>(TEXT, { description: "A profile under config/sports/.", example: "football" }),
  name: maybe<string>(TEXT, { description: "Title for people.", example: "Cup final" }),
  scheduledStart: needed<string>(TIME, { description: "Scheduled start.", example: "2026-05-16T18:30:00Z" }),
  scheduledEnd: maybe<string>(TIME, { description: "Scheduled end.", example: "2026-05-16T20:30:00Z" }),
  channels: maybe<string[]>(
    { type: "array", items: TEXT, minItems: 1, uniqueItems: true },
    { description: "Audio inputs that belong to it; all of them when left out.", example: ["ambience"] },
  ),
  fuel: RACE_FUEL,
};

/**
 * The one declaration of the venue file. Its TypeScript type, the published JSON Schema, the example file, the environment names and
 * the reference page are all made from it. The static type is that of a loaded configuration: defaults filled in, sizes in bytes,
 * durations in milliseconds, paths absolute.
 */
export const VENUE_SCHEMA = Type.Object(
  {
    venue: needed<string>(NAME, {
      description: "Name of the venue; part of every subject and source.",
      example: "arena",
    }),
    box: withDefault<string>(NAME, "a", {
      description: "Name of this box in the venue, such as a for the main one and b for its backup.",
      example: "a",
    }),
    http: section("The page, the interfaces and the metrics.", {
      listen: withDefault<string>({ type: "string", format: "listen" }, "127.0.0.1:8470", {
        description: "Address and port to listen on; port 0 takes any free one.",
        example: "0.0.0.0:8470",
      }),
      tokensFile: maybe<string>(TEXT, {
        description:
          "File with one access token of at least 16 characters per line. Without it only this machine itself may write.",
        example: "tokens",
        isPath: true,
      }),
      allowedHosts: withDefault<string[]>({ type: "array", items: TEXT, maxItems: 32, uniqueItems: true }, [], {
        description:
          "Further names under which this box may be asked, against DNS rebinding; addresses, localhost and its own name are always allowed.",
        example: ["touchline.arena.example"],
      }),
      maxBodyBytes: withDefault<number>(SIZE, "1MB", {
        description: "Largest request body that is read.",
        unit: "bytes",
        example: "1MB",
      }),
    }),
    store: section("The database on this box: everything is in it before it is sent.", {
      path: withDefault<string>(TEXT, "touchline.db", {
        description: "The SQLite file. Under systemd the default is in the service's state folder.",
        example: "/var/lib/touchline/touchline.db",
        isPath: true,
      }),
      maxBytes: withDefault<number>(SIZE, "20GB", {
        description: "Largest size of the database; what every output has acknowledged is removed first.",
        unit: "bytes",
        example: "20GB",
      }),
    }),
    nats: NATS,
    inputs: section("Where sound and messages come from.", {
      audio: listOf("Streams of audio.", AUDIO_INPUT),
      log: listOf("Ways by which messages (logged events, sessions, ...) arrive.", LOG_INPUT, [{ type: "http" }]),
      telemetry: listOf("Feeds of car telemetry, for the fuel models.", TELEMETRY_INPUT),
      connectors: listOf("Feeds of data providers that are fetched.", CONNECTOR),
    }),
    outputs: listOf("Where records go, each at its own pace.", OUTPUT),
    sessions: listOf("Matches and races known in advance; others may be announced by message.", SESSION),
    log: section("The daemon's own log, on stderr.", {
      level: withDefault<(typeof LOG_LEVELS)[number]>(oneOf(...LOG_LEVELS), "info", {
        description: "Least severity that is written.",
        example: "debug",
      }),
      format: withDefault<"auto" | "json" | "human">(oneOf("auto", "json", "human"), "auto", {
        description: "JSON lines, lines for people, or (auto) the latter on a terminal only.",
        example: "json",
      }),
    }),
  },
  { additionalProperties: false, title: "Touchline venue", description: "Configuration of one box at one venue." },
);

type DeepReadonly<T> = T extends readonly (infer _)[]
  ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

export type VenueConfig = DeepReadonly<Static<typeof VENUE_SCHEMA>>;
export type AudioInputConfig = VenueConfig["inputs"]["audio"][number];
export type LogInputConfig = VenueConfig["inputs"]["log"][number];
export type ConnectorConfig = VenueConfig["inputs"]["connectors"][number];
export type TelemetryInputConfig = VenueConfig["inputs"]["telemetry"][number];
export type OutputConfig = VenueConfig["outputs"][number];
export type SessionConfig = VenueConfig["sessions"][number];
