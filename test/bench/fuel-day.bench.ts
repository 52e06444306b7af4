import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { bench, describe } from "vitest";
import { loadCarProfile } from "../../config/index.js";
import { FuelRace } from "../../models/index.js";
import { dayRace } from "../day-race.js";

const PLAN = { profile: loadCarProfile("nascar-v8"), cars: 40, hours: 24, hz: 1, stintSec: 2400 };
const TOLD_AFTER_HOURS = [1, 2, 4, 8, 12, 18, 23.9];

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

describe("24 h of a race of 40 cars at 1 Hz, stops every 40 minutes: state and heap are told as they grow", () => {
  bench(
    "windows and physics",
    () => {
      const race = new FuelRace(PLAN.profile, {});
      let windows = 0;
      let next = 0;
      for (const { t, samples, marks } of dayRace(PLAN)) {
        for (const mark of marks) windows += race.mark(mark).length;
        for (const sample of samples) windows += race.push(sample).length;
        if (t < (TOLD_AFTER_HOURS[next] ?? Number.POSITIVE_INFINITY) * 3600) continue;
        const state = JSON.stringify(race.snapshot()).length / 1024;
        collect();
        const heap = process.memoryUsage().heapUsed / 2 ** 20;
        process.stdout.write(
          `${TOLD_AFTER_HOURS[next]} h: state ${state.toFixed(0)} KiB, heap ${heap.toFixed(1)} MiB, ${windows} outputs\n`,
        );
        next += 1;
      }
    },
    { iterations: 1, time: 0, warmupIterations: 0, warmupTime: 0 },
  );
});
