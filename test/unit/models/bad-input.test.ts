import { describe, expect, it } from "vitest";
import { type FuelOutput, FuelRace, type TelemetrySample, type WindowOutput } from "../../../models/index.js";
import { LAP_M, makeCar, TEST_PROFILE } from "./race-generator.js";

const CAR = makeCar({ car: "7", seconds: 200 });

function run(samples: readonly TelemetrySample[], maxCars = 128) {
  const race = new FuelRace(TEST_PROFILE, { lapLengthM: LAP_M, maxCars });
  const outputs: FuelOutput[] = samples.flatMap((sample) => race.push(sample));
  outputs.push(...race.advance(Number.POSITIVE_INFINITY));
  const total = outputs.filter((one): one is WindowOutput => one.kind === "window").at(-1)?.fuelKgTotal.mean ?? 0;
  return { race, outputs, total, counters: race.counters };
}

const TRUE_TOTAL = run(CAR.samples).total;

describe("event time", () => {
  it("works a sample that is up to 5 s late into its window, and says so with a revision", () => {
    const late = [...CAR.samples];
    const [one] = late.splice(500, 1);
    late.splice(540, 0, one!);
    const { total, outputs, counters } = run(late);
    expect(counters.revised).toBeGreaterThan(0);
    expect(counters.late).toBe(0);
    expect(outputs.some((output) => output.kind === "window" && output.revision > 0)).toBe(true);
    expect(total).toBeCloseTo(TRUE_TOTAL, 9);
  });

  it("counts a sample that is later than that, and does not use it", () => {
    const late = [...CAR.samples];
    const [one] = late.splice(500, 1);
    late.splice(600, 0, one!);
    expect(run(late).counters.late).toBe(1);
  });

  it("fires the windows of a silent car when the clock is told, without holding back the others", () => {
    const race = new FuelRace(TEST_PROFILE);
    const first = CAR.samples.slice(0, 100).flatMap((sample) => race.push(sample));
    expect(first.filter(({ kind }) => kind === "window").map((one) => (one as WindowOutput).windowEnd)).toEqual([
      3, 6, 9,
    ]);
    const other = CAR.samples.slice(0, 400).flatMap((sample) => race.push({ ...sample, car: "8" }));
    expect(new Set(other.map(({ car }) => car))).toEqual(new Set(["8"]));
    const fired = race.advance(21);
    expect(fired.filter(({ car }) => car === "7").map((one) => (one as WindowOutput).windowEnd)).toEqual([12, 15, 18]);
    // Silence for good: a minute on there is nothing more to tell.
    expect(race.advance(3600).filter(({ car }) => car === "7").length).toBeLessThan(25);
    expect(race.advance(7200)).toEqual([]);
  });

  it("fills a hole from the car's own laps, counted, with more doubt", () => {
    const { total, counters, outputs } = run(CAR.samples.filter(({ t }) => t < 120 || t > 127));
    expect(counters.holes).toBe(1);
    expect(counters.filledSec).toBeCloseTo(7.2, 1);
    expect(total / TRUE_TOTAL).toBeCloseTo(1, 2);
    const holed = outputs.find((one): one is WindowOutput => one.kind === "window" && one.basis.filledShare > 0);
    expect(holed?.windowStart).toBe(126);
  });
});

describe("what cars send that cannot be", () => {
  it("drops values that are no numbers and goes on", () => {
    const broken = CAR.samples.map((sample, i) => (i % 50 === 7 ? { ...sample, rpm: Number.NaN } : sample));
    const { counters, total } = run(broken);
    expect(counters.invalid).toBe(40);
    expect(total / TRUE_TOTAL).toBeCloseTo(1, 2);
  });

  it("refuses a throttle in per cent, all of it, not only what is beyond 1", () => {
    const { counters, total } = run(
      CAR.samples.map((sample) => ({ ...sample, throttle: (sample.throttle ?? 0) * 100 })),
    );
    expect(counters.throttlePercent).toBe(CAR.samples.length);
    expect(total).toBe(0);
  });

  it("burns nothing with the engine off on a car that rolls", () => {
    const rolling = CAR.samples.map((sample) => (sample.t >= 100 ? { ...sample, rpm: 0 } : sample));
    const { total, counters } = run(rolling);
    expect(total / run(CAR.samples.slice(0, 1000)).total).toBeCloseTo(1, 1);
    expect(counters.engineOff).toBe(1);
  });

  it("does not believe revolutions that stand still while the speed changes", () => {
    const stuck = CAR.samples.map((sample) => (sample.t >= 120 ? { ...sample, rpm: 3000 } : sample));
    const { counters, total } = run(stuck);
    expect(counters.stuckSensors).toBe(1);
    expect(total / TRUE_TOTAL).toBeGreaterThan(0.9);
  });

  it("survives a clock that jumps for a sample, and one that begins anew", () => {
    const jump = CAR.samples.map((sample, i) => (i === 700 ? { ...sample, t: 1e9 } : sample));
    const once = run(jump);
    expect(once.counters.clockJumps).toBe(1);
    expect(once.total / TRUE_TOTAL).toBeCloseTo(1, 2);
    const anew = CAR.samples.map((sample) => (sample.t >= 100 ? { ...sample, t: sample.t - 100 } : sample));
    const { total, counters } = run(anew);
    expect(counters.clockJumps).toBe(1);
    expect(total / TRUE_TOTAL).toBeGreaterThan(0.97);
  });

  it("tells two cars with one number by their places", () => {
    const twin = makeCar({ car: "7", seconds: 200, offsetSec: 20 });
    const both = [...CAR.samples, ...twin.samples.map((sample) => ({ ...sample, t: sample.t + 0.03 }))];
    const { counters } = run(both.sort((a, b) => a.t - b.t));
    expect(counters.duplicates).toBeGreaterThan(500);
  });

  it("counts a lap counter that goes back and makes no lap of it", () => {
    const back = CAR.samples.map((sample) => (sample.t >= 100 && sample.t < 110 ? { ...sample, lap: 0 } : sample));
    const { outputs, counters } = run(back);
    expect(counters.lapsBack).toBe(1);
    expect(outputs.filter(({ kind }) => kind === "lap").length).toBeLessThan(5);
  });

  it("bounds the cars and counts what is beyond", () => {
    const flood = Array.from({ length: 5000 }, (_, i) => ({ ...CAR.samples[0]!, car: `x${i}` }));
    const { race, counters } = run(flood, 10);
    expect(race.carCount).toBe(10);
    expect(counters.unknownCars).toBe(4990);
  });

  it("takes marks of any kind without harm", () => {
    const race = new FuelRace(TEST_PROFILE);
    expect(race.mark({ kind: "fill", at: Number.NaN, car: "7", kg: 1, how: "weighed", full: true })).toEqual([]);
    expect(race.mark({ kind: "capacity", at: 0, car: null, kg: -3, sdKg: 1 })).toEqual([]);
    expect(race.mark({ kind: "new-thing", at: 0 } as never)).toEqual([]);
    expect(race.counters.invalid + race.counters.marksUnused).toBe(3);
  });
});
