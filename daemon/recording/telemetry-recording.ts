import { appendFileSync, createReadStream, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createGunzip, gzipSync } from "node:zlib";
import type { UnixMicros } from "../../sync/index.js";
import { samplesOfBody, type TelemetrySample, toBatch } from "../inputs/index.js";
import type { RecordedMessage, SkippedLine } from "./message-file.js";

export const TELEMETRY_FOLDER = "telemetry";
const FILE = "cars.csv.gz";
/** The layout of telemetry files everywhere, and when each sample arrived (Unix seconds). */
const COLUMNS = ["t", "car", "lap", "lapPct", "speed", "rpm", "thr", "brk", "gear", "flag", "pit", "airC", "arrival"];
/** Written in pieces, each a gzip member of its own: a kill loses the last one. Characters; seconds. */
const PIECE_CHARS = 65_536;
const PIECE_SEC = 5;
/** Samples that arrived within this are worked in together, as the daemon does. */
const BATCH_MICROS = 100_000;
/** Samples a replay holds in memory: two hours of forty cars at 10 Hz. */
const MAX_SAMPLES = 3_000_000;

/** Appends the telemetry of a recording to `telemetry/cars.csv.gz`. */
export class TelemetryRecording {
  readonly #path: string;
  #lines: string;
  #chars = 0;
  #since: UnixMicros | null = null;

  constructor(folder: string) {
    mkdirSync(join(folder, TELEMETRY_FOLDER), { recursive: true });
    this.#path = join(folder, TELEMETRY_FOLDER, FILE);
    this.#lines = existsSync(this.#path) ? "" : `${COLUMNS.join(",")}\n`;
  }

  /** `body`: an accepted `telemetry` message. */
  add(body: unknown, arrival: UnixMicros): void {
    this.addSamples(samplesOfBody(body).samples, arrival);
    this.#since ??= arrival;
    if (this.#chars >= PIECE_CHARS || arrival - this.#since >= PIECE_SEC * 1e6) this.flush();
  }

  addSamples(samples: readonly TelemetrySample[], arrival: UnixMicros): void {
    let text = "";
    for (const sample of samples) text += `${rowOf(sample, arrival)}\n`;
    this.#lines += text;
    this.#chars += text.length;
    if (this.#chars >= PIECE_CHARS) this.flush();
  }

  flush(): void {
    if (this.#lines !== "") appendFileSync(this.#path, gzipSync(this.#lines));
    this.#lines = "";
    this.#chars = 0;
    this.#since = null;
  }
}

function rowOf(s: TelemetrySample, arrival: UnixMicros): string {
  const numbers = [s.lap, s.lapPct, s.speedMps, s.rpm, s.throttle, s.brake, s.gear, s.flag, s.pit, s.airC];
  const cells = numbers.map((value) => (Number.isNaN(value) ? "" : String(value)));
  return [s.t, s.car, ...cells, (arrival / 1e6).toFixed(6)].join(",");
}

/** The telemetry of a recording as messages in the order of arrival; a file without arrivals arrives at `start` plus its `t`. */
export async function readTelemetryRecording(
  folder: string,
  start: UnixMicros | null,
  onSkipped: (line: SkippedLine) => void,
): Promise<RecordedMessage[]> {
  const path = join(folder, TELEMETRY_FOLDER);
  if (!existsSync(path)) return [];
  const arrived: { readonly at: number; readonly sample: TelemetrySample }[] = [];
  for (const name of readdirSync(path)
    .filter((file) => /\.csv(\.gz)?$/.test(file))
    .sort()) {
    await readFileInto(join(path, name), start, arrived, onSkipped);
  }
  arrived.sort((a, b) => a.at - b.at);
  return toMessages(arrived);
}

async function readFileInto(
  path: string,
  start: UnixMicros | null,
  into: { readonly at: number; readonly sample: TelemetrySample }[],
  onSkipped: (line: SkippedLine) => void,
): Promise<void> {
  const file = createReadStream(path);
  const input = path.endsWith(".gz") ? file.pipe(createGunzip()) : file;
  let columns: Map<string, number> | null = null;
  let line = 0;
  try {
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      line += 1;
      if (text === "") continue;
      const cells = text.split(",");
      if (columns === null) columns = new Map(cells.map((name, index) => [name, index]));
      else if (cells.length !== columns.size) onSkipped({ file: path, line, reason: "another number of columns" });
      else if (into.length < MAX_SAMPLES) into.push(readRow(cells, columns, start));
    }
  } catch (error) {
    // A recording that was cut off ends in the middle of a piece: what came before it counts.
    onSkipped({ file: path, line, reason: error instanceof Error ? error.message : String(error) });
  }
}

function readRow(cells: readonly string[], columns: ReadonlyMap<string, number>, start: UnixMicros | null) {
  const cell = (name: string): string => cells[columns.get(name) ?? -1] ?? "";
  const number = (name: string): number => (cell(name) === "" ? Number.NaN : Number(cell(name)));
  const t = number("t");
  const sample: TelemetrySample = {
    car: cell("car"),
    t,
    speedMps: number("speed"),
    rpm: number("rpm"),
    throttle: number("thr"),
    brake: number("brk"),
    gear: number("gear"),
    lap: number("lap"),
    lapPct: number("lapPct"),
    airC: number("airC"),
    flag: number("flag"),
    pit: number("pit"),
  };
  const arrival = number("arrival");
  const at = Number.isFinite(arrival) ? arrival * 1e6 : (start ?? 0) + t * 1e6;
  return { at: Math.round(at), sample };
}

function toMessages(arrived: readonly { readonly at: number; readonly sample: TelemetrySample }[]): RecordedMessage[] {
  const messages: RecordedMessage[] = [];
  for (let from = 0; from < arrived.length; ) {
    const end = (arrived[from]?.at ?? 0) + BATCH_MICROS;
    const samples: TelemetrySample[] = [];
    let at = 0;
    for (let next = arrived[from]; next !== undefined && next.at < end; next = arrived[++from]) {
      samples.push(next.sample);
      at = next.at;
    }
    const message = toBatch(samples, null) as unknown as RecordedMessage["message"];
    messages.push({ what: "telemetry", arrival: at as UnixMicros, message });
  }
  return messages;
}
