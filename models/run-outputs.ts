import type { WindowRun } from "./car-stream.js";
import { burnOf, type InsightSources, usualLapKg } from "./insight.js";
import type { LapOutput, StintOutput } from "./outputs.js";
import type { RaceCar } from "./race-car.js";
import { at, difference, RAW_KG } from "./sums.js";

const TOLD_KEPT = 8;

/** The laps that ended in a window; of one that is run again only those that changed. */
export function lapsOfRun(sources: InsightSources, run: WindowRun, car: RaceCar): LapOutput[] {
  const outputs: LapOutput[] = [];
  for (const { lap, t, regime, sums } of run.laps) {
    const raw = at(sums, RAW_KG);
    const told = car.told.find(([number]) => number === lap);
    if (run.revision > 0 && told?.[1] === raw) continue;
    car.told = [...car.told.filter(([number]) => number !== lap).slice(-(TOLD_KEPT - 1)), [lap, raw]];
    const { mean, sd } = burnOf(sources, sums, raw);
    const revision = told === undefined ? 0 : run.revision;
    outputs.push({ kind: "lap", car: sources.car, lap, t, fuelKg: mean, fuelKgSd: sd, regime, revision });
  }
  return outputs;
}

/** The stints that ended in a window. */
export function stintsOfRun(sources: InsightSources, run: WindowRun): StintOutput[] {
  const { car } = sources;
  return run.stints.map(({ stint, tIn, atIn, stintFrom }) => {
    const { mean, sd } = burnOf(sources, difference(atIn, stintFrom), usualLapKg(run.state));
    return { kind: "stint", car, stint, t: tIn, fuelKg: mean, fuelKgSd: sd, revision: run.revision };
  });
}
