import { parseRfc3339, type UnixMicros } from "../../sync/index.js";
import { TouchlineError } from "../errors.js";
import { LOGGER_FAULT_NAMES, type LoggerFault, PERSONA_NAMES, type PersonaName } from "./match/personas.js";

/** What is simulated. Everything that is made follows from these alone. */
export interface SimulateOptions {
  /** Whole number, 0 to 2^53. */
  readonly seed: number;
  /** Playing time without added time, minutes, 1 to 180. */
  readonly minutes: number;
  readonly sport: "football";
  /** One of `SAMPLE_RATES`. */
  readonly sampleRate: number;
  readonly persona: PersonaName;
  /** Mean level of whistles over the crowd, dB broadband, -15 to 30. */
  readonly snrDb: number;
  /** Loggers of the same match, 1 to 8. */
  readonly loggers: number;
  /** First sample; a whole second. */
  readonly start: UnixMicros;
  /** Half-time break, minutes, 0.5 to 30. */
  readonly breakMinutes: number;
  readonly faults: readonly LoggerFault[];
}

export const SAMPLE_RATES = [16_000, 22_050, 24_000, 32_000, 44_100, 48_000] as const;

/** The fixed date keeps a seed's output the same on any day. */
export const DEFAULT_START = "2026-05-16T18:30:00Z";

export const DEFAULT_OPTIONS = {
  minutes: "90",
  sport: "football",
  rate: "16000",
  persona: "venue",
  snr: "6",
  loggers: "1",
  start: DEFAULT_START,
  break: "3",
} as const;

/** Options as text, as a command line gives them. */
export interface SimulateText {
  readonly seed: string;
  readonly minutes: string;
  readonly sport: string;
  readonly rate: string;
  readonly persona: string;
  readonly snr: string;
  readonly loggers: string;
  readonly start: string;
  readonly break: string;
  readonly fault: readonly string[];
}

/** @throws TouchlineError SIM_BAD_OPTION */
export function parseSimulateOptions(text: SimulateText): SimulateOptions {
  if (text.sport !== "football") bad("--sport", text.sport, "only football can be simulated");
  return {
    seed: wholeNumber("--seed", text.seed, 0, Number.MAX_SAFE_INTEGER),
    minutes: number("--minutes", text.minutes, 1, 180),
    sport: "football",
    sampleRate: parseRate(text.rate),
    persona: oneOf("--persona", text.persona, PERSONA_NAMES),
    snrDb: number("--snr", text.snr, -15, 30),
    loggers: wholeNumber("--loggers", text.loggers, 1, 8),
    start: parseStart(text.start),
    breakMinutes: number("--break", text.break, 0.5, 30),
    faults: text.fault.map((fault) => oneOf("--fault", fault, LOGGER_FAULT_NAMES)),
  };
}

/** @throws TouchlineError SIM_BAD_OPTION */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = number(option, text, least, most);
  if (!Number.isSafeInteger(value)) bad(option, text, "must be a whole number");
  return value;
}

/** @throws TouchlineError SIM_BAD_OPTION */
export function oneOf<T extends string>(option: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === text);
  return found ?? bad(option, text, `must be one of ${allowed.join(", ")}`);
}

function number(option: string, text: string, least: number, most: number): number {
  const value = /^[+-]?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) bad(option, text, `must be a number from ${least} to ${most}`);
  return value;
}

function parseRate(text: string): number {
  const rate = SAMPLE_RATES.find((candidate) => String(candidate) === text.trim());
  return rate ?? bad("--rate", text, `must be one of ${SAMPLE_RATES.join(", ")}`);
}

function parseStart(text: string): UnixMicros {
  const start = parseRfc3339(text);
  if (start === null) return bad("--start", text, `must be a time like ${DEFAULT_START}`);
  // The time of the first sample is written as a count of samples: only whole seconds are exact at every rate.
  return start % 1_000_000 === 0 ? start : bad("--start", text, "must be a whole second");
}

function bad(option: string, value: string, why: string): never {
  throw new TouchlineError("SIM_BAD_OPTION", [`${option} ${value === "" ? "(empty)" : value}: ${why}`]);
}
