import { Command, Option } from "commander";
import { stringify } from "yaml";
import { type FitReport, fitProfile } from "../../models/index.js";
import { TouchlineError } from "../errors.js";
import { fitStretches, type RaceData, racesIn, readRaceData } from "../fuel-files/index.js";
import { carProfile } from "./fuel-profile.js";
import { renderTable, startProgress } from "./terminal.js";

interface FitFlags {
  readonly like: string;
  readonly name?: string;
  readonly fills: "weighed" | "timed";
  readonly only?: string;
  readonly json: boolean;
}

const EXAMPLES = `
Examples:
  touchline fuel fit races > my-car.yaml
  touchline fuel fit races --only r1_cspeedway --name r1-only
  touchline fuel fit races --fills timed --json

The folder holds <race>.telemetry.csv.gz, <race>.pits.csv and, where there are, <race>.cars.csv and <race>.weather.csv.
Folders called truth are not read. Some 25 fills give a usable shape, 85 a good one.`;
const MOST_ROUNDS = 25;

/** `touchline fuel fit`: the shape of an engine from the totals of its fills. */
export function fuelFitCommand(): Command {
  return new Command("fit")
    .description("Fit a car profile to the fill totals of recorded races; YAML on stdout.")
    .argument("<folder>", "races with their pits files")
    .option("--like <profile>", "where the priors come from", "nascar-v8")
    .option("--name <name>", "of the new profile")
    .addOption(
      new Option("--fills <kind>", "how the fills were measured").choices(["weighed", "timed"]).default("weighed"),
    )
    .option("--only <races>", "names of the races, by commas")
    .option("--json", "the profile and the fit's report as one line of JSON", false)
    .addHelpText("after", EXAMPLES)
    .action(async (folder: string, flags: FitFlags) => showFit(await fitFolder(folder, flags), flags));
}

async function fitFolder(folder: string, flags: FitFlags): Promise<FitReport> {
  const wanted = flags.only?.split(",").map((name) => name.trim());
  const paths = racesIn(folder).filter(({ name }) => wanted?.includes(name) ?? true);
  const bar = startProgress("fitting", paths.length + MOST_ROUNDS);
  try {
    const races: RaceData[] = [];
    for (const path of paths) {
      bar.update(races.length, path.name);
      races.push(await readRaceData(path));
    }
    const base = carProfile(flags.like);
    const stretches = races.flatMap((race) => fitStretches(race, base, flags.fills));
    const named =
      flags.name === undefined ? { ...base, version: base.version + 1 } : { ...base, name: flags.name, version: 1 };
    const report = fitProfile(stretches, named, (round, cost) => {
      bar.update(races.length + round, `misfit ${cost.toFixed(1)}`);
    });
    if (report === null)
      throw new TouchlineError("FUEL_FIT_FAILED", [`${stretches.length} stretches between full tanks`]);
    return report;
  } finally {
    bar.stop();
  }
}

function showFit(report: FitReport, { json }: FitFlags): void {
  const profile = { ...report.profile, physics: rounded(report.profile.physics) };
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...report, profile })}\n`);
    return;
  }
  process.stdout.write(stringify(profile));
  const { stretches, cars, races, rounds, rmsSds, meanErrorPercent } = report;
  const head = ["stretches", "cars", "races", "rounds", "misfit, sds", "mean error with own scale"];
  const row = [stretches, cars, races, rounds, rmsSds.toFixed(2), `${meanErrorPercent.toFixed(2)} %`];
  process.stderr.write(`${renderTable(head, [row])}\n`);
}

function rounded<T extends object>(parameters: T): T {
  const entries = Object.entries(parameters).map(([name, value]) => [name, Number((value as number).toPrecision(5))]);
  return Object.fromEntries(entries) as T;
}
