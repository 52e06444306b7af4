import type { RaceMark } from "../models/index.js";
import { parseRfc3339 } from "../sync/index.js";

type Message = Readonly<Record<string, unknown>>;

/** When a race message says it happened: on the telemetry clock, or in Unix seconds. */
export type MarkTime = { readonly t: number } | { readonly unixSec: number };

const UNIX_TIMES_FROM = 1e8;
/** Of a weighed can (0.12 US gallons), kg; what a team says of its own tank, kg. */
const TOTAL_SD_KG = 0.34;
const CAPACITY_SD_KG = 0.5;

/** The time of a race message; its arrival where it names none. `null`: it names one that cannot be read. */
export function timeOfMark(message: Message, arrivalSec: number): MarkTime | null {
  const { t } = message;
  if (t === undefined || t === null) return { unixSec: arrivalSec };
  if (typeof t === "number") return t >= UNIX_TIMES_FROM ? { unixSec: t } : { t };
  const at = typeof t === "string" ? parseRfc3339(t) : null;
  if (at !== null) return { unixSec: at / 1e6 };
  const count = typeof t === "string" && t.trim() !== "" ? Number(t) : Number.NaN;
  return Number.isFinite(count) ? (count >= UNIX_TIMES_FROM ? { unixSec: count } : { t: count }) : null;
}

/** A checked `race` message as the models take it. `null`: of a kind that says nothing of fuel, or without what it needs. */
export function toRaceMark(message: Message, at: number): RaceMark | null {
  const car = textOf(message.car);
  switch (message.type) {
    case "flag":
    case "caution":
    case "green": {
      const flag = textOf(message.flag) ?? (message.type === "flag" ? null : String(message.type));
      return flag === null ? null : { kind: "flag", at, flag };
    }
    case "pitIn":
    case "pitOut":
    case "runOut":
      return car === null ? null : { kind: message.type, at, car };
    case "fill":
      return fillMark(message, at, car);
    case "total":
      return totalMark(message, at, car);
    case "weather":
      return weatherMark(message, at);
    case "capacity": {
      const kg = numberOf(message.kg);
      return kg === null || kg <= 0
        ? null
        : { kind: "capacity", at, car, kg, sdKg: numberOf(message.sdKg) ?? CAPACITY_SD_KG };
    }
    case "roster":
      return car === null ? null : rosterMark(message, at, car);
    case "timing":
      return timingMark(message, at);
    case "stage": {
      const stage = numberOf(message.stage);
      return stage === null ? null : { kind: "stage", at, stage };
    }
    default:
      return null;
  }
}

function fillMark(message: Message, at: number, car: string | null): RaceMark | null {
  const kg = numberOf(message.kg);
  if (car === null || kg === null || kg < 0) return null;
  const how = message.how === "timed" || message.weighed === false ? "timed" : "weighed";
  const sdKg = numberOf(message.sdKg);
  const full = typeof message.full === "boolean" ? message.full : null;
  return { kind: "fill", at, car, kg, how, full, ...(sdKg === null ? {} : { sdKg }) };
}

function totalMark(message: Message, at: number, car: string | null): RaceMark | null {
  const [kg, from, to] = [numberOf(message.kg), numberOf(message.from), numberOf(message.to)];
  if (car === null || kg === null || from === null || to === null || to <= from) return null;
  return { kind: "total", at, car, from, to, kg, sdKg: numberOf(message.sdKg) ?? TOTAL_SD_KG };
}

function weatherMark(message: Message, at: number): RaceMark | null {
  const [airC, pressurePa] = [numberOf(message.airC), numberOf(message.pressurePa)];
  if (airC === null && pressurePa === null) return null;
  return { kind: "weather", at, ...(airC === null ? {} : { airC }), ...(pressurePa === null ? {} : { pressurePa }) };
}

function rosterMark(message: Message, at: number, car: string): RaceMark {
  const name = textOf(message.name);
  return { kind: "roster", at, car, maker: textOf(message.maker), ...(name === null ? {} : { name }) };
}

function timingMark(message: Message, at: number): RaceMark | null {
  const fields = (["leaderLap", "lapsTotal", "lapsToGo", "endsAt"] as const).flatMap((key) => {
    const value = numberOf(message[key]);
    return value === null ? [] : [[key, value] as const];
  });
  return fields.length === 0 ? null : { kind: "timing", at, ...Object.fromEntries(fields) };
}

function textOf(value: unknown): string | null {
  if (typeof value === "number" && Number.isInteger(value)) return String(value);
  return typeof value === "string" && value !== "" ? value : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
