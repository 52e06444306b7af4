import { parseJson } from "../json-text.js";
import { CsvColumns } from "./csv-columns.js";
import { MAPPED_FIELDS, type MappedField, USUAL_NAMES } from "./fields.js";
import { readCarName, readSampleTime, type TelemetrySample } from "./sample.js";
import { type DeclaredUnits, SHARE_UNITS, SPEED_UNITS, TIME_UNITS, toCelsius } from "./units.js";

/** `json`: an object, or a list of them; `csv`: lines; `signal`: one value per message. */
export type TelemetryFormat = "json" | "csv" | "signal";

export interface MappingSpec {
  readonly format: TelemetryFormat;
  /**
   * Where each field stands: a name or dotted path in the payload, or `$2` for the third token of the subject. Fields that are left out
   * are looked for under their usual names.
   */
  readonly fields: Readonly<Partial<Record<MappedField, string>>>;
  /** Of CSV without a header line: the names of its columns, in order. */
  readonly columns: readonly string[] | null;
  /** For `signal`: where the name of the signal and its value stand (`""`: the payload is the value), and what the feed calls our fields. */
  readonly signal: {
    readonly name: string;
    readonly value: string;
    readonly names: Readonly<Partial<Record<MappedField, string>>>;
  } | null;
  readonly units: DeclaredUnits;
}

export interface MappedPayload {
  readonly samples: TelemetrySample[];
  /** One for each part that could not be read. */
  readonly problems: string[];
}

const MAX_SAMPLES_IN_PAYLOAD = 10_000;

type Lookup = (field: MappedField) => unknown;
type Group = Readonly<Record<string, unknown>>;

/** Turns what a feed sends into samples in the units of the house. Pure; never throws. */
export class TelemetryMapping {
  readonly #spec: MappingSpec;
  readonly #readers: Readonly<Record<MappedField, FieldReader>>;
  #csv: CsvColumns | null = null;

  constructor(spec: MappingSpec) {
    this.#spec = spec;
    this.#readers = Object.fromEntries(
      MAPPED_FIELDS.map((field) => [field, new FieldReader(field, spec.fields[field])]),
    ) as Record<MappedField, FieldReader>;
    if (spec.columns !== null) this.#csv = new CsvColumns(spec.columns, (field) => this.#csvNames(field));
  }

  get format(): TelemetryFormat {
    return this.#spec.format;
  }

  /** `arrivalSec`: seconds since 1970, for feeds that send no time. */
  read(subject: string, text: string, arrivalSec: number): MappedPayload {
    const tokens = subject.split(".");
    if (this.#spec.format === "csv") return this.#readCsv(tokens, text, arrivalSec);
    if (this.#spec.format === "signal") return this.#readSignal(tokens, text, arrivalSec);
    const parsed = parseJson(text);
    if (!parsed.ok) return { samples: [], problems: [parsed.message] };
    const list = Array.isArray(parsed.value) ? parsed.value : [parsed.value];
    if (list.length > MAX_SAMPLES_IN_PAYLOAD) {
      return { samples: [], problems: [`more than ${MAX_SAMPLES_IN_PAYLOAD} samples in one message`] };
    }
    const samples: TelemetrySample[] = [];
    const problems: string[] = [];
    for (const entry of list) {
      if (isGroup(entry)) samples.push(this.#sampleOf(entry, tokens, arrivalSec));
      else problems.push("a sample must be an object");
    }
    return { samples, problems };
  }

  #readCsv(tokens: readonly string[], text: string, arrivalSec: number): MappedPayload {
    const samples: TelemetrySample[] = [];
    const problems: string[] = [];
    for (const line of text.split(/\r?\n/)) {
      if (line.trim() === "") continue;
      // The first line of a feed without declared columns is its header; so is a header that is sent again.
      if (this.#csv === null || this.#csv.isHeader(line)) {
        if (this.#spec.columns === null) this.#csv = CsvColumns.ofHeader(line, (field) => this.#csvNames(field));
        if (this.#csv === null) return { samples, problems: ["the first line must name the columns: set columns"] };
        continue;
      }
      const row = this.#csv.cells(line);
      if (row === null) problems.push("a line has another number of columns than its header");
      else
        samples.push(
          this.#sample((field) => this.#ofSubject(field, tokens) ?? this.#csv?.value(row, field), arrivalSec),
        );
    }
    return { samples, problems };
  }

  #readSignal(tokens: readonly string[], text: string, arrivalSec: number): MappedPayload {
    const signal = this.#spec.signal;
    const parsed = parseJson(text);
    if (signal === null || !parsed.ok) return { samples: [], problems: [parsed.ok ? "no signal" : parsed.message] };
    const body = isGroup(parsed.value) ? parsed.value : {};
    const name = String(valueAt(signal.name, body, tokens) ?? "");
    const field = fieldNamed(name, signal.names);
    // A signal that nobody asked for is no mistake: feeds send dozens.
    if (field === null) return { samples: [], problems: [] };
    const value = signal.value === "" ? parsed.value : valueAt(signal.value, body, tokens);
    const named = this.#lookupIn(body, tokens);
    return {
      samples: [
        this.#sample(
          (wanted) => (wanted === field ? value : wanted === "car" || wanted === "t" ? named(wanted) : undefined),
          arrivalSec,
        ),
      ],
      problems: [],
    };
  }

  #sample(lookup: Lookup, arrivalSec: number): TelemetrySample {
    const { units } = this.#spec;
    const number = (field: MappedField): number => toNumber(lookup(field));
    const sentAt = lookup("t");
    return {
      car: readCarName(lookup("car")),
      t: sentAt === undefined ? arrivalSec : readTime(sentAt, TIME_UNITS[units.time]),
      speedMps: number("speed") * SPEED_UNITS[units.speed],
      rpm: number("rpm"),
      throttle: number("throttle") * SHARE_UNITS[units.throttle],
      brake: number("brake") * SHARE_UNITS[units.brake],
      gear: number("gear"),
      lap: number("lap"),
      lapPct: number("lapPct") * SHARE_UNITS[units.lapPct],
      airC: toCelsius(number("air"), units.air),
      flag: number("flag"),
      pit: number("pit"),
    };
  }

  /** The way of every sample of a JSON feed: no closures, and a name that was found once is looked at first. */
  #sampleOf(entry: Group, tokens: readonly string[], arrivalSec: number): TelemetrySample {
    const { units } = this.#spec;
    const sentAt = this.#readers.t.read(entry, tokens);
    const { car, speed, rpm, throttle, brake, gear, lap, lapPct, air, flag, pit } = this.#readers;
    return {
      car: readCarName(car.read(entry, tokens)),
      t: sentAt === undefined ? arrivalSec : readTime(sentAt, TIME_UNITS[units.time]),
      speedMps: toNumber(speed.read(entry, tokens)) * SPEED_UNITS[units.speed],
      rpm: toNumber(rpm.read(entry, tokens)),
      throttle: toNumber(throttle.read(entry, tokens)) * SHARE_UNITS[units.throttle],
      brake: toNumber(brake.read(entry, tokens)) * SHARE_UNITS[units.brake],
      gear: toNumber(gear.read(entry, tokens)),
      lap: toNumber(lap.read(entry, tokens)),
      lapPct: toNumber(lapPct.read(entry, tokens)) * SHARE_UNITS[units.lapPct],
      airC: toCelsius(toNumber(air.read(entry, tokens)), units.air),
      flag: toNumber(flag.read(entry, tokens)),
      pit: toNumber(pit.read(entry, tokens)),
    };
  }

  #lookupIn(entry: Group, tokens: readonly string[]): Lookup {
    return (field) => this.#readers[field].read(entry, tokens);
  }

  #ofSubject(field: MappedField, tokens: readonly string[]): unknown {
    const place = this.#spec.fields[field];
    return place?.startsWith("$") === true ? tokens[Number(place.slice(1))] : undefined;
  }

  #csvNames(field: MappedField): readonly string[] {
    const place = this.#spec.fields[field];
    return place === undefined ? USUAL_NAMES[field] : [place];
  }
}

/** Finds one field in a payload or a subject: where it was told to, or under one of its usual names. */
class FieldReader {
  readonly #token: number | null;
  readonly #paths: readonly (readonly string[])[];
  /** The name it was found under last; feeds do not change theirs. */
  #name: string | null = null;

  constructor(field: MappedField, place: string | undefined) {
    this.#token = place?.startsWith("$") === true ? Number(place.slice(1)) : null;
    this.#paths = place === undefined ? USUAL_NAMES[field].map((name) => [name]) : [place.split(".")];
  }

  read(entry: Group, tokens: readonly string[]): unknown {
    if (this.#token !== null) return tokens[this.#token];
    if (this.#name !== null) {
      const value = entry[this.#name];
      if (value !== undefined && value !== null) return value;
    }
    for (const path of this.#paths) {
      const value = follow(entry, path);
      if (value === undefined || value === null) continue;
      if (path.length === 1) this.#name = path[0] ?? null;
      return value;
    }
    return undefined;
  }
}

function follow(entry: Group, path: readonly string[]): unknown {
  let value: unknown = entry;
  for (const step of path) {
    if (!isGroup(value) || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}

function valueAt(place: string, body: Group, tokens: readonly string[]): unknown {
  return place.startsWith("$") ? tokens[Number(place.slice(1))] : follow(body, place.split("."));
}

function fieldNamed(name: string, names: Readonly<Partial<Record<MappedField, string>>>): MappedField | null {
  const found = MAPPED_FIELDS.find((field) => (names[field] ?? "") === name && name !== "");
  if (found !== undefined) return found;
  return MAPPED_FIELDS.find((field) => names[field] === undefined && USUAL_NAMES[field].includes(name)) ?? null;
}

function readTime(value: unknown, secPerUnit: number): number {
  const isCount =
    typeof value === "number" || (typeof value === "string" && /^[\s\d.eE+-]+$/.test(value) && !value.includes("-", 2));
  return isCount ? toNumber(value) * secPerUnit : readSampleTime(value);
}

/** Numbers may come as text; anything else is "not sent". */
function toNumber(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
}

function isGroup(value: unknown): value is Group {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
