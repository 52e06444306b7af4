import { Command } from "commander";
import {
  type FrameRate,
  formatFrameRate,
  formatTimecode,
  framesBetween,
  framesOfMicros,
  microsOfFrames,
  parseFrameRate,
  parseTimecode,
  type TimecodeFormat,
} from "../../sync/index.js";
import { TouchlineError } from "../errors.js";
import { renderTable } from "./terminal.js";

export interface TimecodeAnswer {
  readonly timecode: string;
  readonly rate: string;
  readonly dropFrame: boolean;
  /** Index of its frame within the day. */
  readonly frame: number;
  /** Frames over the rate since label 00:00:00:00. */
  readonly seconds: number;
  /** From `--since`, by the shorter way round midnight. */
  readonly framesSince?: number;
  readonly secondsSince?: number;
}

export interface TimecodeOptions {
  readonly rate: string;
  readonly add?: string;
  readonly since?: string;
  readonly to?: string;
  readonly dropFrame?: boolean;
}

export function timecodeCommand(): Command {
  return new Command("timecode")
    .description("Read a SMPTE timecode: its frame, its seconds, what it is later, since another one, at another rate.")
    .argument("<timecode>", "HH:MM:SS:FF, drop-frame HH:MM:SS;FF")
    .requiredOption("--rate <rate>", "frames per second: 23.976, 24, 25, 29.97, 30, 50, 59.94, 60")
    .option("--add <seconds>", "seconds to add, to the nearest frame; below 0 to take off")
    .option("--since <timecode>", "tell the time from this timecode, in frames of --rate")
    .option("--to <rate>", "tell it at this rate, at the same time since label 00:00:00:00")
    .option("--drop-frame", "with --to: in drop-frame labels")
    .option("--json", "one line of JSON: {timecode, rate, dropFrame, frame, seconds, framesSince?, secondsSince?}")
    .addHelpText(
      "after",
      `
Examples:
  touchline timecode 10:00:00:00 --rate 25
  touchline timecode "10:00:59;29" --rate 29.97 --add 0.0334
  touchline timecode 00:00:02:00 --rate 50 --since 23:59:58:00 --json
  touchline timecode 01:00:00:00 --rate 25 --to 29.97 --drop-frame`,
    )
    .action((text: string, options: TimecodeOptions & { readonly json?: boolean }) => {
      const answer = answerOf(text, options);
      const rows = Object.entries(answer).map(([name, value]) => [name, String(value)]);
      process.stdout.write(
        `${options.json === true ? JSON.stringify(answer) : renderTable(["what", "value"], rows)}\n`,
      );
    });
}

/** @throws TouchlineError USAGE for what is no timecode, rate or number. */
export function answerOf(text: string, options: TimecodeOptions): TimecodeAnswer {
  const rate = rateOf(options.rate);
  const read = readTimecode(text, rate);
  const frame = read.frame + framesOfMicros(microsOf(options.add), rate);
  const since = options.since === undefined ? null : readTimecode(options.since, rate);
  if (since !== null && since.format.isDropFrame !== read.format.isDropFrame) {
    throw new TouchlineError("USAGE", [`${text} and ${options.since ?? ""} are not both drop-frame`]);
  }
  const frames = since === null ? null : framesBetween(since.frame, frame, read.format);
  const told = options.to === undefined ? { frame, format: read.format } : atRate(frame, rate, options);
  return {
    ...describe(told.frame, told.format),
    ...(frames === null ? {} : { framesSince: frames, secondsSince: microsOfFrames(frames, rate) / 1e6 }),
  };
}

function atRate(frame: number, from: FrameRate, options: TimecodeOptions): { frame: number; format: TimecodeFormat } {
  const rate = rateOf(options.to ?? "");
  return {
    frame: framesOfMicros(microsOfFrames(frame, from), rate),
    format: { rate, isDropFrame: options.dropFrame === true },
  };
}

function describe(frame: number, format: TimecodeFormat): TimecodeAnswer {
  const timecode = formatTimecode(frame, format);
  const name = formatFrameRate(format.rate);
  if (timecode === null) throw new TouchlineError("USAGE", [`there is no drop-frame at ${name} frames per second`]);
  const within = parseTimecode(timecode, format.rate)?.frame ?? frame;
  return {
    timecode,
    rate: name,
    dropFrame: format.isDropFrame,
    frame: within,
    seconds: microsOfFrames(within, format.rate) / 1e6,
  };
}

function rateOf(text: string): FrameRate {
  const rate = parseFrameRate(text);
  if (rate === null) throw new TouchlineError("USAGE", [`no timecode is counted at ${text} frames per second`]);
  return rate;
}

function readTimecode(text: string, rate: FrameRate): { frame: number; format: TimecodeFormat } {
  const read = parseTimecode(text.trim(), rate);
  if (read === null) throw new TouchlineError("USAGE", [`${text} is no timecode at ${formatFrameRate(rate)}`]);
  return read;
}

function microsOf(seconds: string | undefined): number {
  if (seconds === undefined) return 0;
  const micros = Number(seconds) * 1e6;
  if (seconds.trim() === "" || !Number.isSafeInteger(Math.round(micros))) {
    throw new TouchlineError("USAGE", [`--add takes seconds, not ${seconds}`]);
  }
  return micros;
}
