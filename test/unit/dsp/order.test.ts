import fc from "fast-check";
import { expect, test } from "vitest";
import { Floor } from "../../../dsp/floor.js";
import { selectAt } from "../../../dsp/order.js";
import { makeNoise } from "./sound.js";

test("the value at a rank is that of the sorted list, ties and all", () => {
  const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.float({ noNaN: true, noDefaultInfinity: true }));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), fc.nat(), (list, draw) => {
      const rank = draw % list.length;
      // Levels know no negative zero, and which of the two comes first does not matter.
      const values = Float64Array.from(list, (value) => value + 0);
      selectAt(values, list.length, rank);
      expect(values[rank]).toBe(Float64Array.from(list, (value) => value + 0).sort()[rank]);
    }),
  );
});

test("what lies behind the given length is not touched", () => {
  const values = Float32Array.from([5, 4, 3, 2, 1, 0, -1]);
  selectAt(values, 5, 0);
  expect(Array.from(values.subarray(5))).toEqual([0, -1]);
  expect(values[0]).toBe(1);
});

test.each([46.875, 43.07, 31.25, 62.5])(
  "the floor over frequency is the median of every second bin around (bins of %d Hz)",
  (binHz) => {
    const bins = Math.floor(8200 / binHz) + 1;
    const floor = new Floor(binHz, bins);
    const noise = makeNoise(11);
    const power = new Float32Array(bins);
    for (let hop = 0; hop < 40; hop += 1) {
      for (let k = 0; k < bins; k += 1) power[k] = 1e-6 * (1 + noise()) ** 4;
      // The floor in time is kept out of it: it is far below.
      floor.state.inTime.fill(0);
      floor.step({ power, hop, start: hop * 240, valid: true, invalidUntil: 0 });
      const half = Math.min(Math.round(600 / binHz), 60);
      for (let k = Math.round(400 / binHz); k < floor.to; k += 4) {
        const around: number[] = [];
        for (let i = Math.max(floor.from, k - half); i <= Math.min(floor.to - 1, k + half); i += 2)
          around.push(floor.smooth[i]!);
        around.sort((a, b) => a - b);
        expect(floor.level[k]).toBe(Math.fround(around[around.length >> 1]! * 1.15));
      }
    }
  },
);
