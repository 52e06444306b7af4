import { describe, expect, it } from "vitest";
import { FuelRace } from "../../../models/index.js";
import { dayRace } from "../../day-race.js";
import { TEST_PROFILE } from "./race-generator.js";

const CARS = 3;
const HOURS = 8;
/** Sixteen stints of this length, as many as are remembered, are over after four hours. */
const STINT_SEC = 900;
const SETTLED_HOUR = 5;

describe("a race of many hours", () => {
  const race = new FuelRace(TEST_PROFILE);
  const largest = new Array<number>(HOURS).fill(0);
  const told = { window: 0, lap: 0, stint: 0, rebased: 0 };
  const plan = { profile: TEST_PROFILE, cars: CARS, hours: HOURS, hz: 1, stintSec: STINT_SEC };
  for (const { t, samples, marks } of dayRace(plan)) {
    const outputs = [...marks.flatMap((mark) => race.mark(mark)), ...samples.flatMap((sample) => race.push(sample))];
    for (const { kind } of outputs) told[kind] += 1;
    if (t % 60 !== 0) continue;
    const hour = Math.floor(t / 3600);
    largest[hour] = Math.max(largest[hour] ?? 0, JSON.stringify(race.snapshot()).length);
  }

  it("has a state that is as large at its end as when all that is remembered was full", () => {
    const settled = largest[SETTLED_HOUR] ?? 0;
    expect(Math.max(...largest.slice(SETTLED_HOUR))).toBeLessThan(1.03 * settled);
    expect(settled).toBeGreaterThan(3000);
  });

  it("has a state of few kilobytes a car", () => {
    expect(Math.max(...largest) / CARS).toBeLessThan(9000);
  });

  it("was told to its end, its fills among it", () => {
    expect(told.window).toBeGreaterThan(CARS * (HOURS * 1200 - 10));
    expect(told.lap).toBeGreaterThan(CARS * HOURS * 60);
    expect(told.rebased).toBeGreaterThan(CARS * (HOURS * 4 - 8));
    expect(race.counters.gated).toBeLessThan(3);
  });
});
