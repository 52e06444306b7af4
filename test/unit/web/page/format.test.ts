import { describe, expect, it } from "vitest";
import {
  formatClass,
  formatCount,
  formatInterval,
  formatShare,
  formatShift,
  formatTime,
} from "../../../../daemon/web/page/format.js";

describe("what the page writes", () => {
  it("is a time to a hundredth, rounded, carried over the minute", () => {
    expect(formatTime("2026-05-16T18:30:04.254000Z")).toBe("18:30:04.25");
    expect(formatTime("2026-05-16T18:29:59.996Z")).toBe("18:30:00.00");
    expect(formatTime("2026-05-16T20:30:04+02:00")).toBe("18:30:04.00");
    expect(formatTime("soon")).toBe("–");
    expect(formatTime(Number.NaN)).toBe("–");
  });

  it("is a shift with its sign, and no sign on nothing", () => {
    expect([formatShift(1.424), formatShift(-3.1), formatShift(-0.001), formatShift(Number.NaN)]).toEqual([
      "+1.42 s",
      "−3.10 s",
      "0.00 s",
      "–",
    ]);
  });

  it("is half of the narrowest interval that holds 95 %", () => {
    const interval = (p: number, seconds: number) => ({
      p,
      lo: "2026-05-16T18:30:00Z",
      hi: new Date(Date.parse("2026-05-16T18:30:00Z") + seconds * 1000).toISOString(),
    });
    expect(formatInterval([interval(0.99, 9), interval(0.95, 0.42), interval(0.5, 0.1)])).toBe("± 0.21 s");
    expect(formatInterval([interval(0.95, 60)])).toBe("± 30 s");
    expect(formatInterval([interval(0.5, 1)])).toBe("–");
    expect(formatInterval([])).toBe("–");
  });

  it("never claims certainty it has not", () => {
    expect([formatShare(0.9999), formatShare(1), formatShare(0.005), formatShare(Number.NaN)]).toEqual([
      "99 %",
      "100 %",
      "1 %",
      "–",
    ]);
  });

  it("is words and grouped counts", () => {
    expect([formatClass("free_kick"), formatCount(1_234_567), formatCount(12)]).toEqual([
      "free kick",
      "1\u2009234\u2009567",
      "12",
    ]);
  });
});
