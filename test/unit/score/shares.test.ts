import { describe, expect, it } from "vitest";
import { quantile, sharesOf, wilsonLower } from "../../../daemon/score/shares.js";

describe("sharesOf", () => {
  it("counts errors of either sign within each tolerance, borders included, and keeps the median's sign", () => {
    const shares = sharesOf([-0.25, 0.3, -1, 1.5]);
    expect(shares.within).toEqual([0.25, 0.5, 0.75, 1]);
    expect(shares.medianSec).toBeCloseTo(0.025, 9);
    expect(sharesOf([-3, -2, -1]).medianSec).toBe(-2);
    expect(sharesOf([-3, -2, -1]).p95Sec).toBeCloseTo(2.9, 9);
  });

  it("has no shares of nothing", () => {
    expect(sharesOf([])).toEqual({ n: 0, within: [null, null, null, null], medianSec: null, p95Sec: null });
  });
});

describe("quantile", () => {
  it("interpolates between neighbours and leaves its input as it was", () => {
    const values = [3, 1, 2];
    expect(quantile(values, 0.5)).toBe(2);
    expect(quantile(values, 0.25)).toBe(1.5);
    expect(quantile([7], 0.95)).toBe(7);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe("wilsonLower", () => {
  it("is what may be claimed: 24 of 25 are not 96 %", () => {
    // Two-sided 95 % of 24/25 is 80.5-99.3 %; the one-sided bound lies a little above its lower end.
    expect(wilsonLower(24, 25)).toBeCloseTo(0.837, 2);
    expect(wilsonLower(0, 10)).toBeCloseTo(0, 6);
    expect(wilsonLower(0, 0)).toBeNull();
    expect(wilsonLower(990, 1000)!).toBeGreaterThan(0.98);
  });
});
