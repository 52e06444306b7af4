import { readFileSync } from "node:fs";
import type { RaceMark } from "../../models/index.js";
import { messageOf, TouchlineError } from "../errors.js";

export const FILL_KINDS = ["weighed", "timed", "none"] as const;
export type FillKind = (typeof FILL_KINDS)[number];

export interface PitStop {
  readonly car: string;
  readonly tIn: number;
  readonly tOut: number;
  readonly full: boolean | null;
  readonly weighedKg: number | null;
  readonly timedKg: number | null;
}

export interface RaceFacts {
  readonly lapLengthM: number | null;
  /** Usable tank, kg; every car starts with it full. */
  readonly tankKg: number | null;
  readonly densityKgPerL: number | null;
  /** Start and end, s. */
  readonly cautions: readonly (readonly [number, number])[];
}

/** A mark, and when it is known: nothing is used before. */
export interface TimedMark {
  readonly knownAt: number;
  readonly mark: RaceMark;
}

/** Files that lie beside a telemetry file. */
export interface RaceFilePaths {
  readonly pits?: string | undefined;
  readonly cars?: string | undefined;
  readonly weather?: string | undefined;
  readonly race?: string | undefined;
}

/** How sure a tank's capacity is where the race's file tells it, kg. */
const CAPACITY_SD_KG = 0.1;

/** @throws TouchlineError FILE_UNREADABLE, FUEL_BAD_FILE */
export function readPits(path: string): PitStop[] {
  return readTable(path, ["car", "t_in", "t_out"]).map((row) => ({
    car: row.text("car"),
    tIn: row.number("t_in"),
    tOut: row.number("t_out"),
    full: row.flag("full"),
    weighedKg: row.numberOrNull("fill_kg_obs"),
    timedKg: row.numberOrNull("fill_kg_time_obs"),
  }));
}

/** @throws TouchlineError FILE_UNREADABLE, FUEL_BAD_FILE */
export function readRaceFacts(path: string): RaceFacts {
  let parsed: unknown;
  try {
    parsed = JSON.parse(textOf(path));
  } catch (error) {
    if (error instanceof TouchlineError) throw error;
    throw new TouchlineError("FUEL_BAD_FILE", [path, messageOf(error)], error);
  }
  const facts = (typeof parsed === "object" && parsed !== null ? parsed : {}) as Readonly<Record<string, unknown>>;
  const cautions = Array.isArray(facts.cautions) ? (facts.cautions as unknown[]) : [];
  return {
    lapLengthM: positive(facts.track_len_m),
    tankKg: positive(facts.tank_kg),
    densityKgPerL: positive(facts.density),
    cautions: cautions.flatMap((one) => {
      const [from, to] = Array.isArray(one) ? (one as unknown[]) : [];
      return typeof from === "number" && typeof to === "number" ? [[from, to] as const] : [];
    }),
  };
}

/** Everything the files tell, in the order in which it becomes known. @throws TouchlineError FILE_UNREADABLE, FUEL_BAD_FILE */
export function readMarks(paths: RaceFilePaths, fills: FillKind): { marks: TimedMark[]; facts: RaceFacts | null } {
  const facts = paths.race === undefined ? null : readRaceFacts(paths.race);
  const marks = [
    ...(paths.cars === undefined ? [] : rosterMarks(paths.cars)),
    ...(facts === null ? [] : raceMarks(facts)),
    ...(paths.weather === undefined ? [] : weatherMarks(paths.weather)),
    ...(paths.pits === undefined ? [] : readPits(paths.pits).flatMap((stop) => stopMarks(stop, fills))),
  ];
  // Sorting is stable: what is known at one time stays in the order of the files.
  return { marks: marks.sort((a, b) => a.knownAt - b.knownAt), facts };
}

function stopMarks(stop: PitStop, fills: FillKind): TimedMark[] {
  const { car, tIn, tOut, full } = stop;
  const kg = fills === "weighed" ? stop.weighedKg : fills === "timed" ? stop.timedKg : null;
  const how = fills === "timed" ? "timed" : "weighed";
  return [
    { knownAt: tIn, mark: { kind: "pitIn", at: tIn, car } },
    { knownAt: tOut, mark: { kind: "pitOut", at: tOut, car } },
    { knownAt: tOut, mark: { kind: "fill", at: tOut, car, kg, how, full } },
  ];
}

function rosterMarks(path: string): TimedMark[] {
  return readTable(path, ["car"]).map((row) => ({
    knownAt: Number.NEGATIVE_INFINITY,
    mark: { kind: "roster", at: 0, car: row.text("car"), maker: row.textOrNull("maker"), name: row.text("name") },
  }));
}

function weatherMarks(path: string): TimedMark[] {
  return readTable(path, ["t"]).map((row) => {
    const at = row.number("t");
    const [airC, pressurePa] = [row.numberOrNull("air_c"), row.numberOrNull("pressure_pa")];
    const mark: RaceMark = {
      kind: "weather",
      at,
      ...(airC === null ? {} : { airC }),
      ...(pressurePa === null ? {} : { pressurePa }),
    };
    return { knownAt: at, mark };
  });
}

function raceMarks({ cautions, tankKg }: RaceFacts): TimedMark[] {
  const capacity: TimedMark[] =
    tankKg === null
      ? []
      : [
          {
            knownAt: Number.NEGATIVE_INFINITY,
            mark: { kind: "capacity", at: 0, car: null, kg: tankKg, sdKg: CAPACITY_SD_KG },
          },
        ];
  const flags = cautions.flatMap(([from, to]): TimedMark[] => [
    { knownAt: from, mark: { kind: "flag", at: from, flag: "caution" } },
    { knownAt: to, mark: { kind: "flag", at: to, flag: "green" } },
  ]);
  return [...capacity, ...flags];
}

interface Row {
  text(column: string): string;
  textOrNull(column: string): string | null;
  number(column: string): number;
  numberOrNull(column: string): number | null;
  flag(column: string): boolean | null;
}

/** A small CSV with a header line. @throws TouchlineError FILE_UNREADABLE, FUEL_BAD_FILE */
export function readTable(path: string, needed: readonly string[]): Row[] {
  const lines = textOf(path).split(/\r?\n/);
  const head = (lines[0] ?? "").split(",").map((cell) => cell.trim().replace(/^\uFEFF/, ""));
  for (const column of needed) {
    if (!head.includes(column)) throw new TouchlineError("FUEL_BAD_FILE", [path, `no column '${column}'`]);
  }
  return lines.flatMap((line, i) => (i === 0 || line.trim() === "" ? [] : [rowOf(path, i + 1, head, line.split(","))]));
}

function rowOf(path: string, line: number, head: readonly string[], cells: readonly string[]): Row {
  const textOrNull = (column: string): string | null => {
    const cell = cells[head.indexOf(column)]?.trim();
    return cell === undefined || cell === "" ? null : cell;
  };
  const numberOrNull = (column: string): number | null => {
    const value = Number(textOrNull(column) ?? Number.NaN);
    return Number.isFinite(value) ? value : null;
  };
  return {
    textOrNull,
    numberOrNull,
    text: (column) => textOrNull(column) ?? "",
    number: (column) => {
      const value = numberOrNull(column);
      if (value === null) throw new TouchlineError("FUEL_BAD_FILE", [`${path}:${line}`, `'${column}' is no number`]);
      return value;
    },
    flag: (column) => {
      const cell = textOrNull(column)?.toLowerCase();
      return cell === "true" || cell === "1" ? true : cell === "false" || cell === "0" ? false : null;
    },
  };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new TouchlineError("FILE_UNREADABLE", [path, messageOf(error)], error);
  }
}

function positive(value: unknown): number | null {
  return typeof value === "number" && value > 0 && Number.isFinite(value) ? value : null;
}
