import { maybe, NAME, needed, oneOf, section, TEXT, withDefault } from "./declare.js";

export const TELEMETRY_TYPES = ["nats", "jetstream", "file"] as const;
export const TELEMETRY_FORMATS = ["json", "csv", "signal"] as const;
const SHARES = ["share", "percent"] as const;

const place = (what: string, example: string) =>
  maybe<string>(TEXT, {
    description: `Where ${what} stands: a name or dotted path in the payload, the name of a CSV column, or $3 for the third token of the subject, counted from 0.`,
    example,
  });
const called = (what: string, example: string) =>
  maybe<string>(TEXT, { description: `What a feed of single signals calls ${what}.`, example });
const unit = <const T extends string>(words: readonly T[], value: NoInfer<T>, what: string) =>
  withDefault<T>(oneOf(...words), value, { description: `Unit of ${what}.`, example: words.at(-1) });

/** One feed of car telemetry. */
export const TELEMETRY_INPUT = {
  name: needed<string>(NAME, { description: "Name of the input; metrics and messages carry it.", example: "cars" }),
  type: needed<(typeof TELEMETRY_TYPES)[number]>(oneOf(...TELEMETRY_TYPES), {
    description:
      "How samples arrive: nats (a subject, shared by a queue group; what is in the air during a restart is lost), jetstream (a stream, acknowledged after the commit: nothing is lost), file (CSV or JSON lines, gzip or not).",
    example: "jetstream",
  }),
  subject: maybe<string>(TEXT, {
    description:
      "Subject of the samples, wildcards allowed; for type nats, and to choose from a stream for type jetstream.",
    example: "race.telemetry.>",
  }),
  queue: withDefault<string>(NAME, "touchline", {
    description: "Queue group that shares the subject: each message reaches one member. For type nats.",
    example: "touchline-a",
  }),
  stream: maybe<string>(NAME, { description: "Stream to read; for type jetstream.", example: "TELEMETRY" }),
  durable: withDefault<string>(NAME, "touchline", {
    description: "Name under which the stream remembers how far it was read; one for each box. For type jetstream.",
    example: "touchline-a",
  }),
  path: maybe<string>(TEXT, {
    description: "The file: .csv, .jsonl, either with .gz; for type file.",
    example: "race.telemetry.csv.gz",
    isPath: true,
  }),
  format: maybe<(typeof TELEMETRY_FORMATS)[number]>(oneOf(...TELEMETRY_FORMATS), {
    description:
      "What a message holds: json (an object, or a list of them), csv (lines), signal (one value, its car and name in the subject). Without it json, or what the name of the file says.",
    example: "csv",
  }),
  columns: maybe<string[]>(
    { type: "array", items: TEXT, minItems: 2, maxItems: 200, uniqueItems: true },
    { description: "Names of the columns of CSV that comes without a header line.", example: ["car", "t", "speed"] },
  ),
  fields: section("Where each field stands, where its name is not a usual one (car, t, speed, rpm, throttle, ...).", {
    car: place("the car's number", "$2"),
    t: place("the time", "time"),
    speed: place("the speed", "vehicle.speed"),
    rpm: place("the engine speed", "engine.rpm"),
    throttle: place("the throttle", "driver.throttle"),
    brake: place("the brake", "driver.brake"),
    gear: place("the gear", "gear"),
    lap: place("the lap", "lap"),
    lapPct: place("the part of the lap that is done", "lapFraction"),
    air: place("the temperature of the air", "ambient"),
    flag: place("the flag (0 green, 1 caution)", "flag"),
    pit: place("the sign that the car stands at its box", "inPit"),
    signal: place("the name of the signal (format signal)", "$3"),
    value: place("the value of the signal (format signal); without it the payload is the value", "v"),
  }),
  signals: section("Of format signal: what the feed calls the signals, where its names are not the usual ones.", {
    speed: called("the speed", "GroundSpeed"),
    rpm: called("the engine speed", "EngineRPM"),
    throttle: called("the throttle", "ThrottlePos"),
    brake: called("the brake", "BrakePos"),
    gear: called("the gear", "Gear"),
    lap: called("the lap", "LapNo"),
    lapPct: called("the part of the lap that is done", "LapDist"),
    air: called("the temperature of the air", "AmbientTemp"),
    flag: called("the flag", "Flag"),
    pit: called("the stop", "InPit"),
  }),
  units: section("Units of what is sent. Nothing is guessed: a throttle in percent that is not declared is refused.", {
    time: unit(["s", "ms", "us", "ns"], "s", "the time, where it is a number"),
    speed: unit(["mps", "kmh", "mph", "kn"], "mps", "the speed"),
    throttle: unit(SHARES, "share", "the throttle"),
    brake: unit(SHARES, "share", "the brake"),
    lapPct: unit(SHARES, "share", "the part of the lap that is done"),
    air: unit(["c", "k", "f"], "c", "the temperature of the air"),
  }),
  minHz: withDefault<number>({ type: "number", minimum: 5, maximum: 100 }, 5, {
    description: "Each signal of a car is kept at least this often, where it is offered so often.",
    unit: "Hz",
    example: 10,
  }),
  maxHz: withDefault<number>({ type: "number", minimum: 5, maximum: 100 }, 20, {
    description: "And at most this often, however much it changes.",
    unit: "Hz",
    example: 25,
  }),
  session: maybe<string>(NAME, {
    description: "The race it belongs to; the first session of motorsport when left out.",
    example: "race-1",
  }),
};

/** What is known of the cars of a race before it begins. */
export const RACE_FUEL = section("Of a race: its cars, for the fuel models.", {
  car: maybe<string>(TEXT, {
    description: "A profile under config/cars/, or the path of one of your own. nascar-v8 when left out.",
    example: "nascar-v8",
  }),
  lapLengthM: maybe<number>(
    { type: "number", minimum: 100, maximum: 100_000 },
    { description: "Length of a lap; found from the samples when left out.", unit: "m", example: 2414 },
  ),
  capacityKg: maybe<number>(
    { type: "number", exclusiveMinimum: 0, maximum: 10_000 },
    { description: "Usable fuel of a full tank; what the profile says when left out.", unit: "kg", example: 54.5 },
  ),
  capacitySdKg: withDefault<number>({ type: "number", minimum: 0, maximum: 1000 }, 0.5, {
    description: "Its standard deviation.",
    unit: "kg",
    example: 0.2,
  }),
  startsFull: withDefault<boolean>({ type: "boolean" }, true, {
    description: "Every car starts with a full tank.",
    example: false,
  }),
  residual: withDefault<boolean>({ type: "boolean" }, false, {
    description:
      "Let the learned residual (ONNX) correct the physics. Off, because it does not beat physics on races it was not trained on: docs/telemetry.md.",
    example: true,
  }),
});
