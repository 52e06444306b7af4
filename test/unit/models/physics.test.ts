import { describe, expect, it } from "vitest";
import { BurnModel, type FitStretch, fitProfile, solveSymmetric } from "../../../models/index.js";
import { ScaleFilter, type ScaleObservation } from "../../../models/scale.js";
import { TEST_PROFILE } from "./race-generator.js";

const { physics, prior } = TEST_PROFILE;
const MODEL = new BurnModel(physics);

/** The formula as it stands in the docstring, without tables. */
function formula(rpm: number, throttle: number): number {
  const n = rpm / 7000;
  const x = (physics.idleAir + physics.throttleAir * throttle ** physics.throttlePower) / n;
  const load = x / (1 + x ** physics.knee) ** (1 / physics.knee);
  const rate = physics.k * n * (1 + physics.rpmSlope * (n - 1) + physics.rpmCurve * (n - 1) ** 2) * load;
  return throttle < 0.02 && rpm > 2100 ? rate * (1 - physics.overrunCut) : rate;
}

describe("the burn model", () => {
  it("agrees with its formula within a tenth of a per cent", () => {
    for (let rpm = 1000; rpm <= 9500; rpm += 250) {
      for (let throttle = 0; throttle <= 1; throttle += 0.05) {
        expect(MODEL.rate(rpm, throttle) / formula(rpm, throttle)).toBeCloseTo(1, 2.7);
      }
    }
  });

  it("burns more with more throttle, nothing with the engine off, less in hot or thin air", () => {
    expect(MODEL.rate(7000, 0.6)).toBeGreaterThan(MODEL.rate(7000, 0.3));
    expect(MODEL.rate(0, 1)).toBe(0);
    expect(MODEL.airFactor(35, 101_325, 0)).toBeLessThan(MODEL.airFactor(15, 101_325, 0));
    expect(MODEL.airFactor(15, 84_000, 0)).toBeLessThan(MODEL.airFactor(15, 101_325, 0));
    expect(MODEL.airFactor(26.85, 101_325, 80)).toBeGreaterThan(1);
  });
});

describe("the scale filter", () => {
  const observe = (
    filter: ScaleFilter,
    car: string,
    maker: string,
    scale: number,
    more: Partial<ScaleObservation> = {},
  ) =>
    filter.observe({
      car,
      maker,
      rawKg: 40,
      cautionKg: 0,
      filledKg: 0,
      measuredKg: 40 * scale,
      sdKg: 0.34,
      timedKg: 0,
      fromFull: false,
      toFull: true,
      ...more,
    });

  it("moves a car most, its maker's cars less, the others least, and becomes surer", () => {
    const filter = new ScaleFilter(prior);
    const before = filter.estimate("1", "Ford").sd;
    observe(filter, "1", "Ford", 1.03);
    const [own, mate, other] = [
      filter.estimate("1", "Ford"),
      filter.estimate("2", "Ford"),
      filter.estimate("3", "Toyota"),
    ];
    expect(own.mean).toBeGreaterThan(mate.mean);
    expect(mate.mean).toBeGreaterThan(other.mean);
    expect(other.mean).toBeGreaterThan(1);
    expect(own.sd).toBeLessThan(before);
  });

  it("comes to the truth over many fills and covers it", () => {
    const filter = new ScaleFilter(prior);
    for (let i = 0; i < 20; i++) observe(filter, "1", "Ford", 1.025 + (i % 2 === 0 ? 0.005 : -0.005));
    const { mean, sd } = filter.estimate("1", "Ford");
    expect(Math.abs(mean - 1.025)).toBeLessThan(0.004);
    expect(Math.abs(mean - 1.025)).toBeLessThan(3 * sd);
  });

  it("keeps out what lies beyond four standard deviations", () => {
    const filter = new ScaleFilter(prior);
    expect(observe(filter, "1", "Ford", 1.3).used).toBe(false);
    expect(filter.estimate("1", "Ford").mean).toBe(1);
  });

  it("tells what a car burns under caution from what it burns under green", () => {
    const filter = new ScaleFilter(prior);
    for (let i = 0; i < 12; i++) {
      observe(filter, "1", "Ford", 1);
      observe(filter, "1", "Ford", 1.04, { cautionKg: 20 });
    }
    const [green, caution] = [filter.estimate("1", "Ford"), filter.estimate("1", "Ford", 1)];
    expect(Math.abs(green.mean - 1)).toBeLessThan(0.01);
    expect(Math.abs(caution.mean - 1.08)).toBeLessThan(0.025);
    const other = filter.estimate("2", "Ford", 1);
    expect(other.mean).toBeLessThan(caution.mean);
    expect(other.sd).toBeGreaterThan(caution.sd);
  });

  it("takes cans that flow alike for all cars as less of a proof than as many scales", () => {
    const [timed, weighed] = [new ScaleFilter(prior), new ScaleFilter(prior)];
    for (const car of ["1", "2", "3", "4", "5", "6"]) {
      observe(timed, car, "Ford", 1.03, { timedKg: 40 * 1.03, sdKg: 2 });
      observe(weighed, car, "Ford", 1.03, { sdKg: 2 });
    }
    expect(timed.estimate("7", "Ford").mean).toBeLessThan(weighed.estimate("7", "Ford").mean);
    expect(timed.estimate("7", "Ford").sd).toBeGreaterThan(weighed.estimate("7", "Ford").sd);
  });

  it("begins where the profile puts a maker", () => {
    const filter = new ScaleFilter(prior, { Ford: 0.01 });
    expect(filter.estimate("1", "Ford").mean).toBeCloseTo(Math.exp(0.01), 9);
    expect(filter.estimate("2", "Toyota").mean).toBe(1);
  });

  it("is made again from its log to the last bit", () => {
    const filter = new ScaleFilter(prior);
    filter.estimate("9", "Toyota");
    for (const scale of [1.01, 0.99, 1.02]) observe(filter, "1", "Ford", scale);
    const again = ScaleFilter.restore(prior, {}, JSON.parse(JSON.stringify(filter.store())));
    for (const [car, maker] of [
      ["1", "Ford"],
      ["9", "Toyota"],
    ] as const) {
      expect(again.estimate(car, maker, 0.3)).toEqual(filter.estimate(car, maker, 0.3));
    }
  });
});

describe("the fit", () => {
  /** Stretches of a made engine that differ in how they were driven. */
  function stretches(count: number, truth: BurnModel): FitStretch[] {
    return Array.from({ length: count }, (_, s) => {
      const n = 400;
      const made: FitStretch = {
        race: "r",
        car: String(s % 6),
        maker: "Ford",
        kg: 0,
        sdKg: 0.1,
        seconds: new Float32Array(n).fill(3),
        drops: new Int8Array(n),
        caution: new Uint8Array(n),
        rpm: Float32Array.from({ length: n }, (_, i) => 4500 + ((i * 131 + s * 577) % 4000)),
        throttle: Float32Array.from({ length: n }, (_, i) => ((i * (7 + (s % 5))) % 101) / 100 ** (1 + (s % 3) * 0.1)),
        density: new Float32Array(n).fill(1),
        ram: new Float32Array(n).fill(0.01),
      };
      for (let i = 0; i < n; i++) made.throttle[i] = Math.min(1, made.throttle[i] ?? 0);
      let grams = 0;
      for (let i = 0; i < n; i++) {
        grams += 3 * truth.rate(made.rpm[i] ?? 0, made.throttle[i] ?? 0) * (1 + truth.parameters.ram * 0.01);
      }
      return { ...made, kg: grams / 1000 };
    });
  }

  it("finds an engine of another size from totals alone", () => {
    const truth = new BurnModel({ ...physics, k: 52, throttlePower: 1.4 });
    const report = fitProfile(stretches(30, truth), TEST_PROFILE);
    expect(report?.meanErrorPercent).toBeLessThan(1);
    const fitted = new BurnModel(report!.profile.physics);
    for (const [rpm, throttle] of [
      [8000, 1],
      [6500, 0.4],
      [7500, 0.8],
    ] as const) {
      expect(fitted.rate(rpm, throttle) / truth.rate(rpm, throttle)).toBeGreaterThan(0.93);
      expect(fitted.rate(rpm, throttle) / truth.rate(rpm, throttle)).toBeLessThan(1.07);
    }
  });

  it("has nothing to say of two totals", () => {
    expect(fitProfile(stretches(2, MODEL), TEST_PROFILE)).toBeNull();
  });

  it("solves a symmetric system and refuses one that has no solution", () => {
    expect(
      solveSymmetric(
        [
          [4, 1],
          [1, 3],
        ],
        [1, 2],
      )?.map((x) => Number(x.toFixed(6))),
    ).toEqual([0.090909, 0.636364]);
    expect(
      solveSymmetric(
        [
          [0, 0],
          [0, 1],
        ],
        [1, 1],
      ),
    ).toBeNull();
  });
});
