import type { Writable } from "node:stream";
import { pino } from "pino";
import pretty from "pino-pretty";
import { formatRfc3339 } from "../../sync/index.js";
import type { Clock } from "../clock.js";
import type { LogFields, LogLevel } from "./log-line.js";
import { RepeatFilter } from "./repeat-filter.js";

/** What the parts of the daemon are given. Fields first, then a fixed sentence without values in it. */
export interface Logger {
  error(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  debug(fields: LogFields, message: string): void;
  /** Whether a line of this level would be written: ask before building costly `debug` fields. */
  isEnabled(level: LogLevel): boolean;
  /** A logger that adds these fields to each line, usually `{ part: "…" }`. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** `auto`: for people on a terminal, else JSON. */
  readonly format: "auto" | "json" | "human";
  readonly clock: Clock;
  /** Where the lines go; `null`: stderr, written synchronously so that the last line before an exit is not lost. */
  readonly destination: Writable | null;
  /** Told of each warn and error, collapsed or not; `null` counts nothing. */
  readonly onLine: ((level: "warn" | "error") => void) | null;
}

export interface RootLogger extends Logger {
  /** Writes the counts of lines that were collapsed: call before the process ends. */
  flush(): void;
}

/** Nothing is written and nothing counted: for parts under test and commands that report by themselves. */
export const SILENT_LOGGER: Logger = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
  isEnabled: () => false,
  child: () => SILENT_LOGGER,
};

const STDERR = 2;
const SECRET_FIELDS = ["token", "password", "authorization", "creds", "*.token", "*.password", "*.authorization"];

export function createLogger(options: LoggerOptions): RootLogger {
  const sink = pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${formatRfc3339(options.clock.wall())}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_FIELDS, censor: "(hidden)" },
    },
    openDestination(options),
  );
  const repeats = new RepeatFilter({
    clock: options.clock,
    write: (level, fields, message) => sink[level](fields, message),
  });
  return {
    ...bindLogger({}, repeats, options.onLine, (level) => sink.isLevelEnabled(level)),
    flush: () => repeats.flush(),
  };
}

function bindLogger(
  bound: LogFields,
  repeats: RepeatFilter,
  onLine: LoggerOptions["onLine"],
  isEnabled: Logger["isEnabled"],
): Logger {
  const log = (level: LogLevel, fields: LogFields, message: string) => {
    if (level === "warn" || level === "error") onLine?.(level);
    if (isEnabled(level)) repeats.log(level, { ...bound, ...fields }, message);
  };
  return {
    error: (fields, message) => log("error", fields, message),
    warn: (fields, message) => log("warn", fields, message),
    info: (fields, message) => log("info", fields, message),
    debug: (fields, message) => log("debug", fields, message),
    isEnabled,
    child: (fields) => bindLogger({ ...bound, ...fields }, repeats, onLine, isEnabled),
  };
}

function openDestination({ format, destination }: LoggerOptions): Writable | pino.DestinationStream {
  const human = format === "human" || (format === "auto" && destination === null && process.stderr.isTTY === true);
  if (!human) return destination ?? pino.destination({ dest: STDERR, sync: true });
  return pretty({
    destination: destination ?? STDERR,
    sync: true,
    colorize: destination === null && process.stderr.isTTY === true,
    ignore: "part",
    messageFormat: "{if part}{part}: {end}{msg}",
    translateTime: "SYS:HH:MM:ss.l",
  });
}
