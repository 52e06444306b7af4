import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadCarProfile } from "../../../config/index.js";
import { fitStretches, racesIn, readRaceData, readRaceFacts } from "../../../daemon/fuel-files/index.js";
import { PACKAGE_ROOT } from "../../../daemon/package-files.js";
import { fuelErrors, type Pair } from "../../../daemon/score/fuel-errors.js";
import { runFuel } from "../../../daemon/score/fuel-run.js";
import { readFuelTruth } from "../../../daemon/score/fuel-truth.js";
import { fitProfile } from "../../../models/index.js";

const FOLDER = join(PACKAGE_ROOT, "..", "shared", "data", "fuel", "torcs");
const isThere = existsSync(FOLDER);
const maybe = isThere ? it : it.skip;

function meanPercent(pairs: readonly Pair[]): number {
  return (100 * pairs.reduce((sum, { estimate, truth }) => sum + Math.abs(estimate / truth - 1), 0)) / pairs.length;
}

describe("recorded races", () => {
  maybe(
    `${isThere ? "" : "skipped: the races are not here: "}a shape fitted on one race's fills holds on another race`,
    { timeout: 300_000 },
    async () => {
      const [first, second] = racesIn(FOLDER);
      const base = loadCarProfile("nascar-v8");
      const report = fitProfile(fitStretches(await readRaceData(first!), base, "weighed"), base);
      const errors = fuelErrors(
        runFuel(second!, await readRaceData(second!), report!.profile, "weighed"),
        (await readFuelTruth(second!))!,
        readRaceFacts(second!.race!),
      );
      expect(errors.stints.length).toBeGreaterThan(50);
      expect(meanPercent(errors.stints)).toBeLessThan(1.6);
      expect(meanPercent(errors.greenLaps)).toBeLessThan(1.9);
      expect(meanPercent(errors.cautionLaps)).toBeLessThan(6);
      const covered = errors.greenLaps.filter(({ estimate, sd, truth }) => Math.abs(estimate - truth) < 1.96 * sd);
      expect(covered.length / errors.greenLaps.length).toBeGreaterThan(0.88);
    },
  );
});
