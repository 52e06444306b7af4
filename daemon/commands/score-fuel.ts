import { Command } from "commander";
import { TouchlineError } from "../errors.js";
import { type FuelRow, fuelGoalsTable, scoreFuel, type TextTable } from "../score/index.js";
import { carProfile } from "./fuel-profile.js";
import { printScore } from "./score-print.js";
import { startProgress } from "./terminal.js";

interface FuelScoreFlags {
  readonly car: string;
  readonly shipped: boolean;
  readonly json: boolean;
}

/** `touchline score fuel`: the burn of races whose truth is known. */
export function fuelScoreCommand(): Command {
  return new Command("fuel")
    .description("Fuel of races whose truth is known, beside simpler methods.")
    .argument("<dir>", "<race>.telemetry.csv.gz and what lies beside it, with truth/<race>.truth.csv.gz")
    .option("--car <profile>", "engine: a shipped profile, or a file", "nascar-v8")
    .option("--shipped", "the profile as it is, instead of a shape fitted on the other races' totals", false)
    .option("--json", "lines of JSON on stdout", false)
    .addHelpText(
      "after",
      `
Examples:
  touchline score fuel races
  touchline score fuel races --shipped --json`,
    )
    .action(async (dir: string, flags: FuelScoreFlags) => {
      const bar = startProgress("scoring", 100);
      const score = await scoreFuel(dir, carProfile(flags.car), flags.shipped, (done, total, what) =>
        bar.update((100 * done) / total, what),
      ).finally(() => bar.stop());
      if (score.races.length === 0) throw new TouchlineError("FUEL_BAD_FILE", [dir, "no race with its truth in it"]);
      const head = { races: score.races, profile: score.profile };
      const lines = score.rows.map((row: FuelRow) => ({ table: "fuel", ...head, ...row }));
      const tables: TextTable[] = fuelGoalsTable(score);
      printScore(flags.json, lines, tables);
    });
}
