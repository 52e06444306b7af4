import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import { messageOf } from "../../errors.js";
import type { TelemetryFormat, TelemetryMapping } from "./mapping.js";
import type { TelemetrySample } from "./sample.js";

/** Samples a file may hold: six hours of forty cars at 5 Hz, half a gigabyte in memory. */
const MAX_FILE_SAMPLES = 5_000_000;
/** Lines read as one payload. */
const LINES_AT_ONCE = 500;

/** What the name of a file says of its content. */
export function formatOfFile(path: string): TelemetryFormat {
  return /\.csv(\.gz)?$/i.test(path) ? "csv" : "json";
}

export interface FileSamples {
  /** In the order of time; of one instant in the order of the file. */
  readonly samples: readonly TelemetrySample[];
  readonly problems: readonly string[];
}

/**
 * Reads a whole file, CSV or JSON lines, gzip or not, and puts it in the order of time: files are often written car after car, and the
 * models run on event time, where all cars go on together. @throws Error when it cannot be read at all
 */
export async function readTelemetryFile(path: string, mapping: TelemetryMapping): Promise<FileSamples> {
  const samples: TelemetrySample[] = [];
  const problems: string[] = [];
  let lines: string[] = [];
  const take = () => {
    // JSON lines are a list without its brackets; a broken line then spoils its neighbours, so each is read by itself.
    const texts = mapping.format === "csv" ? [lines.join("\n")] : lines;
    for (const text of texts) {
      const read = mapping.read("", text, Number.NaN);
      for (const sample of read.samples) samples.push(sample);
      for (const problem of read.problems) if (problems.length < MAX_PROBLEMS) problems.push(problem);
    }
    lines = [];
  };
  for await (const line of createInterface({ input: openText(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === "") continue;
    lines.push(line);
    if (lines.length >= LINES_AT_ONCE) take();
    if (samples.length > MAX_FILE_SAMPLES) {
      problems.push(`more than ${MAX_FILE_SAMPLES} samples: the rest is left out`);
      break;
    }
  }
  take();
  return { samples: samples.sort((a, b) => a.t - b.t), problems };
}

const MAX_PROBLEMS = 1000;

function openText(path: string): NodeJS.ReadableStream {
  const file = createReadStream(path);
  if (!path.endsWith(".gz")) return file;
  const text = createGunzip();
  file.once("error", (error) => text.destroy(error));
  return file.pipe(text);
}

export interface TelemetryFileParts {
  readonly path: string;
  readonly mapping: TelemetryMapping;
  readonly intake: {
    push(samples: readonly TelemetrySample[]): Promise<boolean>;
    room(): Promise<void>;
    unreadable(problems: readonly string[]): void;
  };
  /** Samples that were durable before the last stop. */
  readonly startAt: number;
  /** Told after the samples up to `count` are durable. */
  readonly onPosition: (count: number) => void;
  readonly onFailure: (message: string) => void;
}

/** Samples handed on at once: a few seconds of a race. */
const SLICE = 500;

/** Reads a file into the daemon once, as fast as it is worked in; goes on where it was after a restart. Returns the way to stop. */
export function startTelemetryFile(parts: TelemetryFileParts): () => Promise<void> {
  let isStopped = false;
  const work = read().catch((error: unknown) => parts.onFailure(messageOf(error)));
  return async () => {
    isStopped = true;
    await work;
  };

  async function read(): Promise<void> {
    const { samples, problems } = await readTelemetryFile(parts.path, parts.mapping);
    parts.intake.unreadable(problems);
    for (let at = parts.startAt; at < samples.length && !isStopped; at += SLICE) {
      await parts.intake.room();
      const end = Math.min(samples.length, at + SLICE);
      const isDurable = await parts.intake.push(samples.slice(at, end));
      if (isDurable) parts.onPosition(end);
    }
  }
}
