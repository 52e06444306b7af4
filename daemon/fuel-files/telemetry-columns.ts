import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { messageOf, TouchlineError } from "../errors.js";

/** Columns of a telemetry file, by the names they may have. `t` and `car` must be there. */
const COLUMN_NAMES = {
  t: ["t", "time", "sec"],
  speedMps: ["speed", "speedMps", "v"],
  rpm: ["rpm"],
  throttle: ["thr", "throttle"],
  brake: ["brk", "brake"],
  gear: ["gear"],
  lap: ["lap"],
  lapPct: ["lapPct"],
  airC: ["airC", "air_c"],
  flag: ["flag"],
  pit: ["pit"],
  /** Of truth files: kg burned since the start. */
  trueKg: ["cum"],
} as const;

export type ColumnName = keyof typeof COLUMN_NAMES;
export const COLUMNS = Object.keys(COLUMN_NAMES) as ColumnName[];
const CAR_NAMES = ["car", "carNumber", "car_number"];

/** The samples of one car in the order of the file; NaN where a cell is empty or no number. */
export interface CarColumns {
  readonly car: string;
  count: number;
  readonly columns: Readonly<Record<ColumnName, Float64Array>>;
}

/** Samples a file may hold; 100 bytes each. */
const MOST_SAMPLES = 40_000_000;
/** Small, so that a file of very many cars with few samples each costs what it holds. */
const FIRST_ROOM = 64;
/** Cars a file may name: the largest fields are some sixty; more is a column that is none of car numbers. */
const MOST_CARS = 1000;
const COMMA = 44;
const NEWLINE = 10;

/**
 * Reads a telemetry CSV, gzip or not, into columns by car: files are often written car after car, and have to be merged by time.
 * @throws TouchlineError FILE_UNREADABLE, FUEL_BAD_FILE
 */
export async function readTelemetryColumns(
  path: string,
  onProgress: (bytes: number) => void = () => undefined,
): Promise<CarColumns[]> {
  const reader = new ColumnsReader(path);
  const file = createReadStream(path);
  let bytes = 0;
  file.on("data", (chunk) => {
    bytes += chunk.length;
    onProgress(bytes);
  });
  try {
    const text = path.endsWith(".gz") ? file.pipe(createGunzip()) : file;
    file.once("error", (error) => text.destroy(error));
    for await (const chunk of text) reader.take(chunk as Buffer);
  } catch (error) {
    if (error instanceof TouchlineError) throw error;
    throw new TouchlineError("FILE_UNREADABLE", [path, messageOf(error)], error);
  }
  return reader.finish();
}

/** Takes the file's bytes as they come; no text is made of a line but its car. */
class ColumnsReader {
  private rest: Buffer = Buffer.alloc(0);
  private order: readonly (ColumnName | "car" | null)[] | null = null;
  private readonly cars = new Map<string, CarColumns>();
  private samples = 0;
  private lastCar: CarColumns | null = null;
  private lastName: Buffer = Buffer.alloc(0);

  constructor(private readonly path: string) {}

  take(chunk: Buffer): void {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE, from); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
      this.line(bytes, from, end);
      from = end + 1;
    }
    this.rest = bytes.subarray(from);
  }

  finish(): CarColumns[] {
    if (this.rest.length > 0) this.line(this.rest, 0, this.rest.length);
    if (this.samples === 0) throw new TouchlineError("FUEL_BAD_FILE", [this.path, "it holds no samples"]);
    return [...this.cars.values()];
  }

  private line(bytes: Buffer, from: number, end: number): void {
    if (end > from && bytes[end - 1] === 13) end -= 1;
    if (end <= from) return;
    if (this.order === null) {
      this.order = this.header(bytes.toString("utf8", from, end));
      return;
    }
    const car = this.carOf(bytes, from, end);
    if (car === null) return;
    this.samples += 1;
    if (this.samples > MOST_SAMPLES)
      throw new TouchlineError("FUEL_BAD_FILE", [this.path, "it holds too many samples"]);
    const row = car.count++;
    let cell = from;
    for (let i = 0; i < this.order.length; i++) {
      const comma = cell > end ? end : nextComma(bytes, cell, end);
      const name = this.order[i];
      if (name !== null && name !== "car" && name !== undefined) {
        car.columns[name][row] = cell > end ? Number.NaN : readNumber(bytes, cell, comma);
      }
      cell = comma + 1;
    }
  }

  private carOf(bytes: Buffer, from: number, end: number): CarColumns | null {
    const place = this.order?.indexOf("car") ?? 0;
    let start = from;
    for (let i = 0; i < place; i++) start = nextComma(bytes, start, end) + 1;
    if (start > end) return null;
    const stop = nextComma(bytes, start, end);
    const name = bytes.subarray(start, stop);
    if (this.lastCar === null || !name.equals(this.lastName)) {
      this.lastName = Buffer.from(name);
      this.lastCar = this.carNamed(name.toString("utf8").trim());
    }
    return withRoom(this.lastCar, this.cars);
  }

  private carNamed(car: string): CarColumns {
    const known = this.cars.get(car);
    if (known !== undefined) return known;
    if (this.cars.size >= MOST_CARS) {
      const reason = `it names more than ${MOST_CARS} cars, the last '${car}': its column 'car' is not the car's number`;
      throw new TouchlineError("FUEL_BAD_FILE", [this.path, reason]);
    }
    const made = { car, count: 0, columns: emptyColumns(FIRST_ROOM) };
    this.cars.set(car, made);
    return made;
  }

  private header(text: string): (ColumnName | "car" | null)[] {
    const order = text.split(",").map((cell) => {
      const name = cell.trim().replace(/^\uFEFF/, "");
      if (CAR_NAMES.includes(name)) return "car" as const;
      return COLUMNS.find((column) => (COLUMN_NAMES[column] as readonly string[]).includes(name)) ?? null;
    });
    for (const needed of ["t", "car"] as const) {
      if (!order.includes(needed)) {
        throw new TouchlineError("FUEL_BAD_FILE", [this.path, `its first line names no column '${needed}': ${text}`]);
      }
    }
    return order;
  }
}

function emptyColumns(room: number): Record<ColumnName, Float64Array> {
  return Object.fromEntries(COLUMNS.map((name) => [name, new Float64Array(room).fill(Number.NaN)])) as Record<
    ColumnName,
    Float64Array
  >;
}

/** The same car with room for another sample. */
function withRoom(car: CarColumns, cars: Map<string, CarColumns>): CarColumns {
  const room = car.columns.t.length;
  if (car.count < room) return car;
  for (const name of COLUMNS) {
    const wider = new Float64Array(room * 2).fill(Number.NaN);
    wider.set(car.columns[name]);
    (car.columns as Record<ColumnName, Float64Array>)[name] = wider;
  }
  cars.set(car.car, car);
  return car;
}

function nextComma(bytes: Buffer, from: number, end: number): number {
  for (let i = from; i < end; i++) if (bytes[i] === COMMA) return i;
  return end;
}

/** A plain decimal without making a text of it; anything else by the slow way. */
function readNumber(bytes: Buffer, from: number, end: number): number {
  let i = from;
  const isNegative = bytes[i] === 45;
  if (isNegative) i += 1;
  let whole = 0;
  let scale = 0;
  const first = i;
  for (; i < end; i++) {
    const digit = (bytes[i] as number) - 48;
    if (digit >= 0 && digit <= 9) {
      whole = whole * 10 + digit;
      if (scale > 0) scale *= 10;
    } else if (digit === -2 && scale === 0) scale = 1;
    else return slowNumber(bytes, from, end);
  }
  if (i === first || i - first > 15) return slowNumber(bytes, from, end);
  const value = scale > 1 ? whole / scale : whole;
  return isNegative ? -value : value;
}

function slowNumber(bytes: Buffer, from: number, end: number): number {
  const text = bytes.toString("latin1", from, end).trim();
  if (text === "True" || text === "true") return 1;
  if (text === "False" || text === "false") return 0;
  return text === "" ? Number.NaN : Number(text);
}
