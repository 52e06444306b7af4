import fftJs from "fft-js";
import { describe, expect, it } from "vitest";
import { load, transformSize } from "../../../dsp/transform.js";
import { makeNoise } from "./sound.js";

describe("RealTransform", () => {
  for (const isSimd of [true, false]) {
    for (const size of [512, 1024]) {
      it(`agrees with fft-js to 1e-5 of the largest bin (${isSimd ? "SIMD" : "scalar"}, ${size})`, async () => {
        const transform = (await load(isSimd)).get(size);
        const noise = makeNoise(size);
        const sound = Float32Array.from({ length: size }, () => noise());
        transform.input().set(sound);
        const spectrum = transform.run();
        const reference = fftJs.fft(Array.from(sound));
        const largest = Math.max(...reference.map(([re, im]) => Math.hypot(re, im)));
        expect(spectrum[0]).toBeCloseTo(reference[0]![0], 2);
        for (let k = 1; k < size / 2; k += 1) {
          expect(Math.abs(spectrum[2 * k]! - reference[k]![0])).toBeLessThan(1e-5 * largest);
          expect(Math.abs(spectrum[2 * k + 1]! - reference[k]![1])).toBeLessThan(1e-5 * largest);
        }
      });
    }
  }

  it("finds the peak of a tone in a size that is no power of two", async () => {
    const transform = (await load(true)).get(960);
    const input = transform.input();
    for (let i = 0; i < 960; i += 1) input[i] = Math.cos((2 * Math.PI * 37 * i) / 960);
    const spectrum = transform.run();
    expect(spectrum[74]).toBeCloseTo(480, 1);
    expect(Math.abs(spectrum[80]!)).toBeLessThan(0.01);
  });
});

describe("transformSize", () => {
  it.each([
    [1022, 1024],
    [939, 960],
    [340, 320],
    [10, 32],
  ])("%i samples become %i", (wanted, size) => {
    expect(transformSize(wanted)).toBe(size);
  });
});
