import { describe, expect, it } from "vitest";
import { timeOfMark, toRaceMark } from "../../../daemon/fuel-marks.js";

describe("timeOfMark", () => {
  it("tells a time on the telemetry clock from one since 1970, and takes the arrival where none is named", () => {
    expect(timeOfMark({ t: 807 }, 99)).toEqual({ t: 807 });
    expect(timeOfMark({ t: "807.5" }, 99)).toEqual({ t: 807.5 });
    expect(timeOfMark({ t: 1_780_000_000 }, 99)).toEqual({ unixSec: 1_780_000_000 });
    expect(timeOfMark({ t: "2026-05-16T18:30:00Z" }, 99)).toEqual({ unixSec: Date.UTC(2026, 4, 16, 18, 30) / 1000 });
    expect(timeOfMark({ t: null }, 99)).toEqual({ unixSec: 99 });
    expect(timeOfMark({}, 99)).toEqual({ unixSec: 99 });
    expect(timeOfMark({ t: "soon" }, 99)).toBeNull();
  });
});

describe("toRaceMark", () => {
  it.each([
    [
      { type: "flag", flag: "caution" },
      { kind: "flag", at: 5, flag: "caution" },
    ],
    [{ type: "caution" }, { kind: "flag", at: 5, flag: "caution" }],
    [
      { type: "pitIn", car: 7 },
      { kind: "pitIn", at: 5, car: "7" },
    ],
    [
      { type: "runOut", car: "07" },
      { kind: "runOut", at: 5, car: "07" },
    ],
    [
      { type: "fill", car: "07", kg: 40.5, how: "weighed", full: true },
      { kind: "fill", at: 5, car: "07", kg: 40.5, how: "weighed", full: true },
    ],
    [
      { type: "fill", car: "07", kg: 40.5, how: "timed", sdKg: 2 },
      { kind: "fill", at: 5, car: "07", kg: 40.5, how: "timed", full: null, sdKg: 2 },
    ],
    [
      { type: "total", car: "07", kg: 80, from: 0, to: 900 },
      { kind: "total", at: 5, car: "07", kg: 80, from: 0, to: 900, sdKg: 0.34 },
    ],
    [
      { type: "weather", airC: 31.5 },
      { kind: "weather", at: 5, airC: 31.5 },
    ],
    [
      { type: "capacity", kg: 54 },
      { kind: "capacity", at: 5, car: null, kg: 54, sdKg: 0.5 },
    ],
    [
      { type: "roster", car: "07", maker: "Ford" },
      { kind: "roster", at: 5, car: "07", maker: "Ford" },
    ],
    [
      { type: "timing", leaderLap: 20, lapsTotal: 200 },
      { kind: "timing", at: 5, leaderLap: 20, lapsTotal: 200 },
    ],
    [
      { type: "stage", stage: 2 },
      { kind: "stage", at: 5, stage: 2 },
    ],
  ])("takes %j", (message, expected) => {
    expect(toRaceMark(message, 5)).toEqual(expected);
  });

  it.each([
    {},
    { type: "flag" },
    { type: "pitIn" },
    { type: "fill", car: "7" },
    { type: "fill", car: "7", kg: -1 },
    { type: "fill", kg: 10 },
    { type: "total", car: "7", kg: 1, from: 9, to: 3 },
    { type: "weather" },
    { type: "capacity", kg: 0 },
    { type: "timing" },
    { type: "tyres", car: "7" },
    { type: "fill", car: {}, kg: [] },
  ])("takes nothing from %j", (message) => {
    expect(toRaceMark(message, 5)).toBeNull();
  });
});
