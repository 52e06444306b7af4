import { describe, expect, it } from "vitest";
import { whatIsSeen } from "../../../sync/lag-site.js";
import { LIVE, lagShape } from "../../../sync/persona.js";
import { FOOTBALL } from "./aligner-driver.js";

const FOUL = FOOTBALL.classes.foul;
if (FOUL === undefined) expect.fail("football has fouls");
const LAG = lagShape(FOUL, LIVE);
const AROUND = { mean: 0, variance: 0.1 };
const seen = (residual: number) => whatIsSeen(residual, LAG, FOUL, 0.001, AROUND);

describe("what one linked record tells of its logger's habit", () => {
  it("believes a press at the usual pace more than the lag's variance would, and one that came seconds late less", () => {
    expect(seen(-0.3).variance).toBeLessThan(LAG.variance);
    expect(seen(4).variance).toBeGreaterThan(LAG.variance);
  });

  it("does not read a slower habit out of one very slow press than its lognormal lag allows", () => {
    const moved = (at: number) => {
      const { mean, variance } = seen(at);
      return (mean * AROUND.variance) / (AROUND.variance + variance);
    };
    expect(moved(4)).toBeLessThan((4 * AROUND.variance) / (AROUND.variance + LAG.variance));
    expect(moved(-1.2)).toBeLessThan(0);
  });

  it("tells the lag's own mean and variance where nothing else is known", () => {
    const open = whatIsSeen(1, LAG, FOUL, 0.001, { mean: 0, variance: 1e4 });
    expect(open.mean).toBeCloseTo(1, 1);
    expect(open.variance).toBeGreaterThan(0.8 * LAG.variance);
    expect(open.variance).toBeLessThan(1.25 * LAG.variance);
  });

  it("stays finite for a residual out of all proportion", () => {
    const { mean, variance } = seen(1e6);
    expect(Number.isFinite(mean)).toBe(true);
    expect(variance).toBeGreaterThan(LAG.variance);
  });
});
