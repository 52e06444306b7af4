import { expect, it } from "vitest";
import { makeCrowd, Random, renderScene } from "../../../daemon/simulate/sound/training/index.js";
import { FEATURES } from "../../../dsp/whistle/features.js";
import { logOdds, probability } from "../../../dsp/whistle/net.js";
import { CALIBRATION } from "../../../dsp/whistle/weights.js";

const RATE = 16_000;

/** The first hall of this name that holds whistles. */
function hallWithWhistles(): ReturnType<typeof renderScene> {
  for (let i = 0; i < 20; i += 1) {
    const scene = renderScene(null, 15, RATE, new Random(`hall ${i}`));
    if (scene.whistles.length > 0) return scene;
  }
  throw new Error("none of 20 halls holds a whistle");
}

it("a scene is the same for the same random stream and another for another", () => {
  const crowd = makeCrowd(RATE, new Random("crowd"));
  const one = renderScene(crowd, 8, RATE, new Random("a"));
  expect(renderScene(crowd, 8, RATE, new Random("a"))).toEqual(one);
  expect(renderScene(crowd, 8, RATE, new Random("b")).samples).not.toEqual(one.samples);
});

it("a scene stays within full scale and tells whistles in order, inside of it", () => {
  const { samples, whistles } = hallWithWhistles();
  expect(samples).toHaveLength(15 * RATE);
  expect(samples.every((x) => Math.abs(x) <= 1)).toBe(true);
  let last = 0;
  for (const { startSec, endSec } of whistles) {
    expect(startSec).toBeGreaterThan(last);
    expect(endSec).toBeGreaterThan(startSec);
    expect(endSec).toBeLessThan(15);
    last = startSec;
  }
});

it("the probability of a cue rises with the judge's log odds and stays between 0 and 1", () => {
  expect(CALIBRATION.slope).toBeGreaterThan(0);
  // The features are bounded: no sound reaches log odds of 12.
  const values = [-12, -1, 0, 1, 12].map(probability);
  expect(values).toEqual([...values].sort((a, b) => a - b));
  expect(values.every((p) => p > 0 && p < 1)).toBe(true);
  expect(Number.isFinite(logOdds(new Float64Array(FEATURES.length)))).toBe(true);
});
