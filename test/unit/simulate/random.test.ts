import { describe, expect, it } from "vitest";
import { Random } from "../../../daemon/simulate/random.js";

const draw = (random: Random, n: number) => Array.from({ length: n }, () => random.next());

describe("Random", () => {
  it("gives the same numbers for a name and others for another", () => {
    expect(draw(new Random("7/match"), 50)).toEqual(draw(new Random("7/match"), 50));
    expect(draw(new Random("7/match"), 50)).not.toEqual(draw(new Random("8/match"), 50));
  });

  it("gives the numbers it has always given, on any machine", () => {
    // A change here changes every simulation there ever was, and the files of config/example.
    const random = new Random("touchline");
    expect(draw(random, 4).map((x) => Math.round(x * 2 ** 32))).toMatchInlineSnapshot(`
      [
        3386440667,
        3085538307,
        2634641716,
        2308456168,
      ]
    `);
  });

  it("forks a stream that neither moves its parent nor depends on how far that has been drawn", () => {
    const parent = new Random("a");
    const untouched = new Random("a");
    const early = draw(parent.fork("b"), 5);
    expect(draw(parent, 5)).toEqual(draw(untouched, 5));
    expect(draw(parent.fork("b"), 5)).toEqual(early);
  });

  it("has the moments of the distributions it draws", () => {
    const random = new Random("moments");
    const n = 40_000;
    const sample = (one: () => number) => Array.from({ length: n }, one).sort((a, b) => a - b);
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    const normal = sample(() => random.normal(2, 3));
    expect(mean(normal)).toBeCloseTo(2, 1);
    expect(mean(normal.map((x) => (x - 2) ** 2)) ** 0.5).toBeCloseTo(3, 1);
    expect(sample(() => random.lognormal(1.9, 0.45))[n / 2]).toBeCloseTo(1.9, 1);
    expect(mean(sample(() => random.exponential(30)))).toBeCloseTo(30, -0.5);
    expect(mean(sample(() => Math.abs(random.laplace(0.25))))).toBeCloseTo(0.25, 2);
    expect(mean(sample(() => random.next()))).toBeCloseTo(0.5, 2);
  });

  it("draws keys in proportion to their weights and integers over the whole range", () => {
    const random = new Random("weights");
    const keys = Array.from({ length: 10_000 }, () => random.weighted({ a: 3, b: 1 }));
    expect(keys.filter((key) => key === "a").length / keys.length).toBeCloseTo(0.75, 1);
    expect(new Set(Array.from({ length: 200 }, () => random.integer(2, 4)))).toEqual(new Set([2, 3, 4]));
  });
});
