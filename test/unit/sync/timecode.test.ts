import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  FRAME_RATES,
  formatTimecode,
  framesBetween,
  framesOfMicros,
  framesPerDay,
  microsOfFrames,
  parseFrameRate,
  parseTimecode,
  type TimecodeFormat,
} from "../../../sync/index.js";

const FORMATS: readonly (readonly [string, TimecodeFormat])[] = FRAME_RATES.flatMap((rate) => {
  const name = (rate.num / rate.den).toFixed(3);
  const canDrop = rate.den === 1001 && rate.labelsPerSecond !== 24;
  const plain = [[name, { rate, isDropFrame: false }]] as [string, TimecodeFormat][];
  return canDrop ? [...plain, [`${name} drop-frame`, { rate, isDropFrame: true }]] : plain;
});

/** Counts a day of labels the slow way: one frame after the other, with the numbers left out as the standard says it. */
function* countDay({ rate, isDropFrame }: TimecodeFormat): Generator<string> {
  const two = (value: number) => String(value).padStart(2, "0");
  const left = isDropFrame ? rate.labelsPerSecond / 15 : 0;
  for (let hour = 0; hour < 24; hour++) {
    for (let minute = 0; minute < 60; minute++) {
      for (let second = 0; second < 60; second++) {
        const first = second === 0 && minute % 10 !== 0 ? left : 0;
        const head = `${two(hour)}:${two(minute)}:${two(second)}${isDropFrame ? ";" : ":"}`;
        for (let frame = first; frame < rate.labelsPerSecond; frame++) yield head + two(frame);
      }
    }
  }
}

describe.each(FORMATS)("timecode at %s", (_name, format) => {
  it("labels and reads 24 h as a count frame by frame does: all edges of minutes, and every seventh frame between", () => {
    let frame = 0;
    let wrong = 0;
    for (const label of countDay(format)) {
      const isEdge = label.slice(6, 8) === "00" || label.slice(6, 8) === "59";
      if (isEdge || frame % 7 === 0) {
        if (formatTimecode(frame, format) !== label) wrong++;
        if (parseTimecode(label, format.rate)?.frame !== frame) wrong++;
      }
      frame++;
    }
    expect(wrong).toBe(0);
    expect(framesPerDay(format)).toBe(frame);
  }, 60_000);

  it("goes round midnight both ways", () => {
    const day = framesPerDay(format);
    const first = formatTimecode(0, format);
    const last = formatTimecode(day - 1, format);
    expect(first?.replace(";", ":")).toBe("00:00:00:00");
    expect(last?.replace(";", ":")).toBe(`23:59:59:${format.rate.labelsPerSecond - 1}`);
    expect(formatTimecode(day, format)).toBe(first);
    expect(formatTimecode(-1, format)).toBe(last);
    expect(framesBetween(day - 1, 0, format)).toBe(1);
    expect(framesBetween(0, day - 1, format)).toBe(-1);
  });

  it("comes back to where it was after any way there and back", () => {
    fc.assert(
      fc.property(fc.nat(framesPerDay(format) - 1), fc.integer({ min: -2e11, max: 2e11 }), (frame, micros) => {
        const steps = framesOfMicros(micros, format.rate);
        const there = parseTimecode(formatTimecode(frame + steps, format) ?? "", format.rate)?.frame ?? Number.NaN;
        expect(formatTimecode(there - steps, format)).toBe(formatTimecode(frame, format));
        expect(framesOfMicros(-micros, format.rate) + steps).toBe(0);
        // To the nearest frame: never more than half a one off.
        expect(Math.abs(microsOfFrames(steps, format.rate) - micros)).toBeLessThanOrEqual(
          (5e5 * format.rate.den) / format.rate.num + 1,
        );
      }),
    );
  });
});

describe("timecode", () => {
  it("keeps drop-frame within 86 ms of the time of day after 24 h, where the plain count runs 86.4 s behind", () => {
    const rate = parseFrameRate("30000/1001");
    if (rate === null) throw new Error("29.97 is not known");
    const dayMicros = 86_400e6;
    expect(Math.abs(microsOfFrames(framesPerDay({ rate, isDropFrame: true }), rate) - dayMicros)).toBeLessThan(87_000);
    expect(microsOfFrames(framesPerDay({ rate, isDropFrame: false }), rate) - dayMicros).toBeCloseTo(86.4e6, -3);
  });

  it.each([
    ["23.976", "24000/1001"],
    ["23.98", "24000/1001"],
    [24, "24/1"],
    ["25", "25/1"],
    [29.97, "30000/1001"],
    ["30000/1001", "30000/1001"],
    ["30", "30/1"],
    ["50.000", "50/1"],
    ["59.94", "60000/1001"],
    [60, "60/1"],
  ])("reads the rate %s as %s", (text, expected) => {
    const rate = parseFrameRate(text);
    expect(`${rate?.num}/${rate?.den}`).toBe(expected);
  });

  it.each([["48"], ["120"], ["0"], ["-25"], ["25/0"], ["fast"], [""], [Number.NaN], [Number.POSITIVE_INFINITY]])(
    "knows no rate %s",
    (text) => expect(parseFrameRate(text)).toBeNull(),
  );

  it.each([
    ["24:00:00:00", "25"],
    ["10:60:00:00", "25"],
    ["10:00:60:00", "25"],
    ["10:00:00:25", "25"],
    ["10:00:00;00", "25"],
    ["10:00:00;00", "23.976"],
    ["10:01:00;00", "29.97"],
    ["10:01:00;01", "29.97"],
    ["10:01:00;03", "59.94"],
    ["1:00:00:00", "25"],
    ["10:00:00", "25"],
    ["10:00:00:00.1", "50"],
    ["-1:00:00:00", "25"],
    ["", "25"],
  ])("takes %s at %s for no timecode", (text, rate) => {
    const known = parseFrameRate(rate);
    expect(known === null ? undefined : parseTimecode(text, known)).toBeNull();
  });

  it("labels nothing that is no whole frame", () => {
    const rate = FRAME_RATES[2];
    if (rate === undefined) throw new Error("no rates");
    for (const frame of [Number.NaN, Number.POSITIVE_INFINITY, 1.5]) {
      expect(formatTimecode(frame, { rate, isDropFrame: false })).toBeNull();
    }
  });
});
