import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cutSource, parseTime, partOf } from "../../../daemon/commands/source-part.js";
import { openWavFile } from "../../../daemon/inputs/audio/wav-reader.js";
import { PACKAGE_ROOT } from "../../../daemon/package-files.js";

const EXAMPLE = join(PACKAGE_ROOT, "config", "example", "whistles.wav");

async function framesOf(from: number | undefined, to: number | undefined) {
  const source = await cutSource(await openWavFile(EXAMPLE), partOf(from, to));
  const { sampleRate } = source.format;
  let [first, end] = [-1, 0];
  for (let block = await source.read(4000); block !== null; block = await source.read(4000)) {
    if (first < 0) first = block.firstFrame;
    end = block.firstFrame + block.frames;
  }
  await source.close();
  return {
    firstSec: first / sampleRate,
    endSec: end / sampleRate,
    expectedSec: (source.expectedFrames ?? 0) / sampleRate,
  };
}

describe("a part of a source", () => {
  it("times are seconds, m:ss or h:mm:ss", () => {
    expect(["0", "7.25", "12:30", "1:02:03.5"].map(parseTime)).toEqual([0, 7.25, 750, 3723.5]);
    for (const text of ["", "-1", "1:", "a", "1:2:3:4", "1e3", "NaN"]) expect(() => parseTime(text)).toThrow();
  });

  it("a part that ends before it begins is refused", () => {
    expect(() => partOf(10, 10)).toThrow(/--to 10 is not after --from 10/);
    expect(partOf(undefined, undefined)).toEqual({ fromSec: 0, toSec: Number.POSITIVE_INFINITY });
  });

  it("the whole is left as it is", async () => {
    expect(await framesOf(undefined, undefined)).toEqual({ firstSec: 0, endSec: 20, expectedSec: 20 });
  });

  it("ends two seconds after the part", async () => {
    expect(await framesOf(0, 5)).toEqual({ firstSec: 0, endSec: 7, expectedSec: 7 });
  });

  it("begins 25 s before the part, and beyond the end there is nothing", async () => {
    expect((await framesOf(30, undefined)).firstSec).toBe(5);
    expect((await framesOf(100, 200)).endSec).toBe(0);
  });
});
