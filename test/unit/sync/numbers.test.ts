import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BeliefPart, cdfOf, quantileOf } from "../../../sync/belief.js";
import { Calibration, type CalibrationPoint } from "../../../sync/calibration.js";
import { factorise, inverseDiagonal, solveLower, solveUpper } from "../../../sync/cholesky.js";
import { tableOfCues } from "../../../sync/cue-table.js";
import { lowerMedian, normalCdf } from "../../../sync/gaussian.js";
import type { HeardCue, UnixMicros } from "../../../sync/index.js";
import { type Link, linkProbabilities } from "../../../sync/matching.js";
import { lagShape, personaNamed } from "../../../sync/persona.js";
import { FOOTBALL } from "./aligner-driver.js";

const close = (value: number, expected: number, by: number) => expect(Math.abs(value - expected)).toBeLessThan(by);

describe("Cholesky", () => {
  it("solves a random positive definite system and gives the diagonal of its inverse", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 36, maxLength: 36 }), (raw) => {
        const size = 6;
        const matrix = new Float64Array(size * size);
        for (let i = 0; i < size; i++) {
          for (let j = 0; j < size; j++) {
            for (let k = 0; k < size; k++) matrix[i * size + j]! += raw[i * size + k]! * raw[j * size + k]!;
          }
          matrix[i * size + i]! += 1;
        }
        const factor = matrix.slice();
        factorise(factor, size);
        for (let unit = 0; unit < size; unit++) {
          const x = new Float64Array(size);
          x[unit] = 1;
          solveLower(factor, size, x);
          solveUpper(factor, size, x);
          for (let i = 0; i < size; i++) {
            let product = 0;
            for (let j = 0; j < size; j++) product += matrix[i * size + j]! * x[j]!;
            close(product, i === unit ? 1 : 0, 1e-8);
          }
          close(inverseDiagonal(factor, size)[unit]!, x[unit]!, 1e-9);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe("normal distribution and beliefs", () => {
  it("knows the normal's well-known quantiles", () => {
    close(normalCdf(1.959964, 0, 1), 0.975, 1e-6);
    close(normalCdf(-2.575829, 0, 1), 0.005, 1e-6);
    close(normalCdf(8, 5, 3), 0.841345, 1e-6);
  });

  it("finds the quantile that the distribution function gives back, for any mixture", () => {
    const part = fc.record({
      weight: fc.double({ min: 0.05, max: 1, noNaN: true }),
      mean: fc.double({ min: -50, max: 50, noNaN: true }),
      spread: fc.double({ min: 0.01, max: 20, noNaN: true }),
      uniform: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 6 }),
        fc.constantFrom(0.005, 0.025, 0.5, 0.975),
        (raw, p) => {
          const total = raw.reduce((sum, one) => sum + one.weight, 0);
          const parts: BeliefPart[] = raw.map((one) => ({ ...one, weight: one.weight / total }));
          const at = quantileOf(parts, p);
          expect(cdfOf(parts, at - 2e-4)).toBeLessThanOrEqual(p + 1e-6);
          expect(cdfOf(parts, at + 2e-4)).toBeGreaterThanOrEqual(p - 1e-6);
        },
      ),
    );
  });

  it("takes the lower median of an even list, the middle of an odd one and 0 of an empty one", () => {
    expect(lowerMedian([4, 1, 3, 2])).toBe(2);
    expect(lowerMedian([9, 1, 5])).toBe(5);
    expect(lowerMedian([])).toBe(0);
  });
});

describe("one cue for one event", () => {
  /** All ways to link, weighed: the exact answer. */
  function exact(links: readonly Link[], events: number): number[] {
    const sums = links.map(() => 0);
    let total = 0;
    const walk = (event: number, used: Set<number>, weight: number, chosen: number[]): void => {
      if (event === events) {
        total += weight;
        for (const index of chosen) sums[index]! += weight;
        return;
      }
      walk(event + 1, used, weight, chosen);
      links.forEach((link, index) => {
        if (link.event !== event || used.has(link.cue)) return;
        walk(event + 1, new Set([...used, link.cue]), weight * link.ratio, [...chosen, index]);
      });
    };
    walk(0, new Set(), 1, []);
    return sums.map((sum) => sum / total);
  }

  it("is exact where there is no circle, near it where there is, and never above one", () => {
    const chain: Link[] = [
      { event: 0, cue: 0, ratio: 30 },
      { event: 1, cue: 0, ratio: 3 },
      { event: 1, cue: 1, ratio: 0.7 },
    ];
    linkProbabilities(chain, 2, 2).forEach((p, index) => {
      close(p, exact(chain, 2)[index]!, 1e-6);
    });
    // Three events fighting over two cues, with one that is sure of its cue, is the worst there is: found by climbing from many graphs.
    expect(worstOf([0.01, 0.01, 200, 125.2, 200, 200])).toBeGreaterThan(0.314);
    fc.assert(
      fc.property(threeForTwo(fc.double({ min: 0.01, max: 200, noNaN: true })), (ratios) => {
        expect(worstOf(ratios)).toBeLessThan(0.315);
      }),
    );
  });

  it("is within two hundredths of the exact answer on the whole", () => {
    const decades = fc.double({ min: -2, max: 2.3, noNaN: true }).map((power) => 10 ** power);
    const errors = fc.sample(threeForTwo(decades), { numRuns: 1000, seed: 1 }).map(worstOf);
    expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(0.02);
  });

  function threeForTwo(ratio: fc.Arbitrary<number>): fc.Arbitrary<number[]> {
    return fc.array(ratio, { minLength: 6, maxLength: 6 });
  }

  /** Largest error of a link's probability where each of three events may be either of two cues. */
  function worstOf(ratios: readonly number[]): number {
    const links = ratios.map((value, index) => ({ event: Math.floor(index / 2), cue: index % 2, ratio: value }));
    const truth = exact(links, 3);
    const errors = linkProbabilities(links, 3, 2).map((p, index) => {
      expect(p).toBeLessThanOrEqual(1 + 1e-9);
      return Math.abs(p - truth[index]!);
    });
    return Math.max(...errors);
  }
});

describe("calibration of a logger", () => {
  const point = (at: number, residual: number, name = "foul"): CalibrationPoint => ({
    at,
    residual,
    noise: 0.25,
    class: name,
    period: "1",
    lag: 2,
  });

  it("leaves a point out as if it had never been there", () => {
    const points = Array.from({ length: 12 }, (_, i) =>
      point(i * 200, Math.sin(i) + 1, i % 2 === 0 ? "foul" : "offside"),
    );
    const whole = new Calibration(personaNamed("live"), points);
    points.forEach((own, index) => {
      const without = new Calibration(
        personaNamed("live"),
        points.filter((other) => other !== own),
      ).predict(own);
      // The mean time of the points moves a little with the one that is left out: it is the zero of the drift.
      close(whole.leaveOut(index).mean, without.mean, 0.02);
      close(whole.leaveOut(index).variance, without.variance, 0.02);
    });
  });

  it("learns a class's own bias without putting it on the others", () => {
    const points = Array.from({ length: 40 }, (_, i) =>
      point(i * 100, i % 2 === 0 ? 0.8 : 0, i % 2 === 0 ? "foul" : "offside"),
    );
    const calibration = new Calibration(personaNamed("live"), points);
    const foul = calibration.predict({ at: 2000, class: "foul", period: "1", lag: 2 });
    const offside = calibration.predict({ at: 2000, class: "offside", period: "1", lag: 2 });
    expect(foul.mean - offside.mean).toBeGreaterThan(0.5);
  });

  it("is unsure without points and sure with many", () => {
    const none = new Calibration(personaNamed("live"), []).predict(point(0, 0));
    const many = new Calibration(
      personaNamed("live"),
      Array.from({ length: 50 }, (_, i) => point(i * 60, 1)),
    );
    expect(none.variance).toBeGreaterThan(4);
    expect(many.predict(point(1500, 0)).variance).toBeLessThan(0.1);
    close(many.predict(point(1500, 0)).mean, 1, 0.1);
  });

  it("finds a drift of 100 ppm", () => {
    const points = Array.from({ length: 60 }, (_, i) => ({ ...point(i * 100, i * 100 * 100e-6), noise: 0.01 }));
    const ppm = new Calibration(personaNamed("tagger"), points).driftPpm();
    expect(ppm).toBeGreaterThan(40);
    expect(ppm).toBeLessThan(110);
  });
});

describe("shape of the lag", () => {
  it("has the median, mean and spread of its lognormal", () => {
    const { lag } = FOOTBALL.classes.foul!;
    const shape = lagShape(FOOTBALL.classes.foul!, personaNamed("live"));
    close(shape.mean, lag.medianSec * Math.exp(lag.sigma ** 2 / 2), 0.06);
    close(Math.sqrt(shape.variance), shape.mean * Math.sqrt(Math.exp(lag.sigma ** 2) - 1), 0.12);
  });

  it("has none for a tagger", () => {
    expect(lagShape(FOOTBALL.classes.foul!, personaNamed("tagger")).mean).toBe(0);
  });
});

describe("trains of cues", () => {
  const cue = (cueId: string, seconds: number, count = 1): HeardCue => ({
    cueId,
    kind: "whistle",
    onset: (seconds * 1e6) as UnixMicros,
    end: null,
    onsetSdSec: 0.01,
    score: 0.9,
    count,
    channel: "m",
    reported: (seconds * 1e6) as UnixMicros,
    isFinal: true,
  });

  it("counts cues closer than 1.5 s as one train, whatever order they came in", () => {
    const sites = tableOfCues([cue("c", 11.3), cue("a", 10), cue("d", 30), cue("b", 10.7)], 0 as UnixMicros).get(
      "whistle",
    );
    expect(sites?.map(({ cueId, isFirst, trainLength }) => [cueId, isFirst, trainLength])).toEqual([
      ["a", true, 3],
      ["b", false, 3],
      ["c", false, 3],
      ["d", true, 1],
    ]);
  });

  it("believes a train that is told in one cue", () => {
    expect(tableOfCues([cue("a", 10, 3)], 0 as UnixMicros).get("whistle")?.[0]).toMatchObject({ trainLength: 3 });
  });
});
