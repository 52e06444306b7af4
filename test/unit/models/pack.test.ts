import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Packer, Unpacker } from "../../../models/pack.js";

function packed(...columns: readonly ArrayLike<number>[]): string {
  const packer = new Packer();
  for (const column of columns) packer.column(column);
  return packer.done();
}

const decimal = fc
  .tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 7 }))
  .map(([whole, places]) => whole / 10 ** places);
const number = fc.oneof(fc.double(), fc.float(), fc.integer(), decimal, fc.constantFrom(0, -0, Number.NaN, 2 ** 51));

describe("packed columns", () => {
  it("give back every number to the last bit", () => {
    const column = fc.oneof(fc.array(number), fc.array(decimal), fc.array(fc.float()), fc.array(fc.double()));
    fc.assert(
      fc.property(fc.array(column, { maxLength: 4 }), (columns) => {
        const unpacker = new Unpacker(packed(...columns));
        for (const values of columns) {
          const read = [...unpacker.column()];
          expect(read.length).toBe(values.length);
          for (const [i, value] of values.entries()) expect(Object.is(read[i], value)).toBe(true);
        }
      }),
    );
  });

  it("take about a byte a value for what a feed rounded, and nothing for what does not change", () => {
    const times = Array.from({ length: 1000 }, (_, i) => 1_780_000_000 + i / 20);
    expect(packed(times).length).toBeLessThan(1000 * 1.4);
    const rpm = Array.from({ length: 1000 }, (_, i) => 7000 + 10 * (i % 7));
    expect(packed(rpm).length).toBeLessThan(1000 * 1.5);
    expect(packed(new Array(1000).fill(0.1)).length).toBeLessThan(16);
  });

  it("are refused where they end too early or are of another length", () => {
    const text = packed([1.5, 2.25, Math.PI]);
    expect(() => new Unpacker(text.slice(0, 12)).column()).toThrow(RangeError);
    expect(() => new Unpacker(text).columnOf(2)).toThrow(RangeError);
    expect(() => new Unpacker("").column()).toThrow(RangeError);
  });
});
