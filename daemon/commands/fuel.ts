import { statSync } from "node:fs";
import { basename } from "node:path";
import { Command, Option } from "commander";
import { type FuelOutput, FuelRace } from "../../models/index.js";
import { messageOf, TouchlineError } from "../errors.js";
import {
  type CarColumns,
  FILL_KINDS,
  type FillKind,
  type RaceFilePaths,
  readMarks,
  readTelemetryColumns,
  runRace,
} from "../fuel-files/index.js";
import { fuelFitCommand } from "./fuel-fit.js";
import { fuelLine } from "./fuel-lines.js";
import { carProfile } from "./fuel-profile.js";
import { FuelSummary } from "./fuel-summary.js";
import { type Progress, renderTable, startProgress } from "./terminal.js";

interface FuelFlags extends RaceFilePaths {
  readonly car: string;
  readonly fills: FillKind;
  readonly detail: boolean;
  readonly json: boolean;
}

const EXAMPLES = `
Examples:
  touchline fuel race.telemetry.csv.gz --pits race.pits.csv --cars race.cars.csv --weather race.weather.csv --race race.json
  touchline fuel race.telemetry.csv.gz --pits race.pits.csv --fills timed --json
  touchline fuel race.telemetry.csv.gz --car my-car.yaml --detail --json
  touchline fuel fit races --name my-car > my-car.yaml

Without --pits the stops are found where the telemetry says so, and nothing is learned of the cars.
docs/fuel.md says how it works, what the files look like and how sure it is.`;

/** `touchline fuel`: the burn of every car of a recorded race, told as if it were live. */
export function fuelCommand(): Command {
  return new Command("fuel")
    .description("Fuel that every car burns, from its telemetry.")
    .argument("<telemetry>", "CSV, gzip or not: t,car,lap,lapPct,speed,rpm,thr,brk,gear,flag,pit")
    .option("--car <profile>", "engine: a shipped profile, or a file", "nascar-v8")
    .option("--pits <csv>", "stops and fills: car,t_in,t_out,full,fill_kg_obs,fill_kg_time_obs")
    .addOption(
      new Option("--fills <kind>", "what is known of a fill's amount").choices([...FILL_KINDS]).default("weighed"),
    )
    .option("--cars <csv>", "car,name,maker")
    .option("--weather <csv>", "t,air_c")
    .option("--race <json>", "track_len_m, tank_kg, cautions")
    .option("--detail", "with --json: every number of every window", false)
    .option("--json", "one line of JSON per lap, stint and window", false)
    .addHelpText("after", EXAMPLES)
    .addCommand(fuelFitCommand())
    .action((telemetry: string, flags: FuelFlags) => showRace(telemetry, flags));
}

async function showRace(telemetry: string, flags: FuelFlags): Promise<void> {
  const profile = carProfile(flags.car);
  const { marks, facts } = readMarks(flags, flags.fills);
  const bar = startProgress(basename(telemetry), 1000);
  try {
    const size = sizeOf(telemetry);
    const cars = await readTelemetryColumns(telemetry, (bytes) => bar.update((400 * bytes) / size, "reading"));
    requireBurn(telemetry, cars);
    refusePercent(telemetry, cars);
    const race = new FuelRace(
      facts?.densityKgPerL == null ? profile : { ...profile, densityKgPerL: facts.densityKgPerL },
      { lapLengthM: facts?.lapLengthM ?? null },
    );
    const summary = new FuelSummary();
    const told = flags.json ? (output: FuelOutput) => writeOut(fuelLine(output, flags.detail)) : summary.take;
    await drive(race, cars, marks, told, bar);
    bar.stop();
    summary.warn(race.counters);
    if (!flags.json) showTables(summary, race);
  } finally {
    bar.stop();
  }
}

/** Hands on what the race tells, and waits for a slow reader. */
async function drive(
  race: FuelRace,
  cars: readonly CarColumns[],
  marks: ReturnType<typeof readMarks>["marks"],
  told: (output: FuelOutput) => Promise<void> | undefined,
  bar: Progress,
): Promise<void> {
  const samples = cars.reduce((sum, { count }) => sum + count, 0);
  const began = performance.now();
  let shown = 0;
  for (const outputs of runRace(race, cars, marks)) {
    for (const output of outputs) {
      const wait = told(output);
      if (wait !== undefined) await wait;
    }
    if (race.counters.samples - shown < 20_000) continue;
    shown = race.counters.samples;
    const rate = shown / ((performance.now() - began) / 1000);
    bar.update(400 + (600 * shown) / samples, `${Math.round(rate / 1000)} k samples/s`);
  }
}

function showTables(summary: FuelSummary, race: FuelRace): void {
  for (const { title, head, rows, align } of summary.tables(race.ranking())) {
    process.stdout.write(`${title}\n${renderTable(head, rows, align)}\n`);
  }
}

/** Without these two nothing can be said of a burn, and idling cars would be told. @throws TouchlineError FUEL_BAD_FILE */
function requireBurn(path: string, cars: readonly CarColumns[]): void {
  for (const [name, column] of [
    ["rpm", "rpm"],
    ["thr", "throttle"],
  ] as const) {
    const isThere = cars.some(({ columns, count }) => columns[column].subarray(0, count).some(Number.isFinite));
    if (!isThere) throw new TouchlineError("FUEL_BAD_FILE", [path, `it has no value in a column '${name}'`]);
  }
}

/** A feed in per cent would be cut off at 1 and look plausible. @throws TouchlineError FUEL_PERCENT */
function refusePercent(path: string, cars: readonly CarColumns[]): void {
  let most = 0;
  let beyond = 0;
  for (const { columns, count } of cars) {
    for (let row = 0; row < count; row++) {
      const throttle = columns.throttle[row] as number;
      if (throttle <= 1.5 || Number.isNaN(throttle)) continue;
      beyond += 1;
      if (throttle > most) most = throttle;
    }
  }
  const samples = cars.reduce((sum, { count }) => sum + count, 0);
  // A few wild values are a sensor's; those are dropped and counted.
  if (beyond > samples * 0.02) throw new TouchlineError("FUEL_PERCENT", [path, most]);
}

/** @throws TouchlineError FILE_UNREADABLE */
function sizeOf(path: string): number {
  try {
    return Math.max(1, statSync(path).size);
  } catch (error) {
    throw new TouchlineError("FILE_UNREADABLE", [path, messageOf(error)], error);
  }
}

function writeOut(text: string): Promise<void> | undefined {
  if (process.stdout.write(`${text}\n`)) return undefined;
  return new Promise<void>((resolve) => {
    process.stdout.once("drain", resolve);
    process.stdout.once("close", resolve);
  });
}
