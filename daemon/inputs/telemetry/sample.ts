import { MICROS_PER_SECOND, parseRfc3339 } from "../../../sync/index.js";

/** The signals of a sample, in the order in which they are written. */
export const SIGNALS = [
  "speedMps",
  "rpm",
  "throttle",
  "brake",
  "gear",
  "lap",
  "lapPct",
  "airC",
  "flag",
  "pit",
] as const;
export type Signal = (typeof SIGNALS)[number];

/** One car at one instant, in the units of the house; `NaN` where a signal was not sent. */
export interface TelemetrySample {
  /** As received: "07" is not "7". */
  readonly car: string;
  /** Seconds: on the telemetry clock, or since 1970 (then above `UNIX_TIMES_FROM`). */
  readonly t: number;
  /** m/s */
  readonly speedMps: number;
  /** 1/min */
  readonly rpm: number;
  /** 0..1 */
  readonly throttle: number;
  /** 0..1 */
  readonly brake: number;
  readonly gear: number;
  readonly lap: number;
  /** Part of the lap that is done, 0..1. */
  readonly lapPct: number;
  /** Celsius */
  readonly airC: number;
  /** 0 green, 1 caution. */
  readonly flag: number;
  /** 1 while the car stands at its box. */
  readonly pit: number;
}

/** No race lasts three years: above this a count of seconds is one since 1970. */
export const UNIX_TIMES_FROM = 1e8;
/** Names of cars are short; longer ones are not names. */
export const MAX_CAR_NAME = 64;

/** `t` as it may be sent: seconds, or RFC 3339. `NaN` when it is neither. */
export function readSampleTime(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return Number.NaN;
  const at = parseRfc3339(value);
  if (at !== null) return at / MICROS_PER_SECOND;
  return value.trim() === "" ? Number.NaN : Number(value);
}

/** Car numbers come as text or as whole numbers; empty when it is neither. */
export function readCarName(value: unknown): string {
  if (typeof value === "number" && Number.isInteger(value)) return String(value);
  return typeof value === "string" && value.length <= MAX_CAR_NAME ? value.trim() : "";
}

/** A sample of the published form: an accepted `telemetry` message. */
export function sampleOfMessage(message: Readonly<Record<string, unknown>>): TelemetrySample {
  const number = (key: string): number => {
    const value = message[key];
    return typeof value === "number" ? value : Number.NaN;
  };
  return {
    car: readCarName(message.car),
    t: readSampleTime(message.t),
    speedMps: number("speedMps"),
    rpm: number("rpm"),
    throttle: number("throttle"),
    brake: number("brake"),
    gear: number("gear"),
    lap: number("lap"),
    lapPct: number("lapPct"),
    airC: number("airC"),
    flag: number("flag"),
    pit: number("pit"),
  };
}

type Row = readonly [string, ...(number | null)[]];

/** Several samples as one message of the inbox: a row for each, without the names of the fields. */
export interface SampleBatch {
  /** The session they belong to; missing: the first one that is a race. */
  readonly session?: string;
  readonly rows: readonly Row[];
}

export function toBatch(samples: readonly TelemetrySample[], session: string | null): SampleBatch {
  const rows = samples.map(
    (s): Row => [s.car, s.t, s.speedMps, s.rpm, s.throttle, s.brake, s.gear, s.lap, s.lapPct, s.airC, s.flag, s.pit],
  );
  return session === null ? { rows } : { session, rows };
}

/** The samples of an accepted `telemetry` message in any of its forms: one, a list, a batch. Never throws. */
export function samplesOfBody(body: unknown): { readonly session: string | null; readonly samples: TelemetrySample[] } {
  if (Array.isArray(body)) return { session: null, samples: body.filter(isGroup).map(sampleOfMessage) };
  if (!isGroup(body)) return { session: null, samples: [] };
  const session = typeof body.session === "string" ? body.session : null;
  if (!Array.isArray(body.rows)) return { session, samples: [sampleOfMessage(body)] };
  return { session, samples: body.rows.filter(Array.isArray).map(sampleOfRow) };
}

function sampleOfRow(row: readonly unknown[]): TelemetrySample {
  return {
    car: readCarName(row[0]),
    t: numberAt(row, 1),
    speedMps: numberAt(row, 2),
    rpm: numberAt(row, 3),
    throttle: numberAt(row, 4),
    brake: numberAt(row, 5),
    gear: numberAt(row, 6),
    lap: numberAt(row, 7),
    lapPct: numberAt(row, 8),
    airC: numberAt(row, 9),
    flag: numberAt(row, 10),
    pit: numberAt(row, 11),
  };
}

function numberAt(row: readonly unknown[], index: number): number {
  const value = row[index];
  return typeof value === "number" ? value : Number.NaN;
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
