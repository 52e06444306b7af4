import { describe, expect, it } from "vitest";
import { TouchlineError } from "../../../daemon/errors.js";
import { DEFAULT_OPTIONS, parseSimulateOptions } from "../../../daemon/simulate/index.js";

const TEXT = { ...DEFAULT_OPTIONS, seed: "7", fault: [] };

describe("parseSimulateOptions", () => {
  it("reads the defaults: a fixed date, 90 minutes, 16 kHz", () => {
    const options = parseSimulateOptions(TEXT);
    expect(options).toMatchObject({
      seed: 7,
      minutes: 90,
      sampleRate: 16_000,
      persona: "venue",
      loggers: 1,
      faults: [],
    });
    expect(new Date(options.start / 1000).toISOString()).toBe("2026-05-16T18:30:00.000Z");
  });

  it.each([
    [{ seed: "-1" }, "--seed"],
    [{ seed: "1.5" }, "--seed"],
    [{ seed: "seven" }, "--seed"],
    [{ seed: "" }, "--seed"],
    [{ seed: "1e3" }, "--seed"],
    [{ minutes: "0" }, "--minutes"],
    [{ minutes: "181" }, "--minutes"],
    [{ minutes: "NaN" }, "--minutes"],
    [{ sport: "curling" }, "--sport"],
    [{ rate: "8000" }, "--rate"],
    [{ rate: "16001" }, "--rate"],
    [{ persona: "robot" }, "--persona"],
    [{ snr: "99" }, "--snr"],
    [{ loggers: "0" }, "--loggers"],
    [{ start: "yesterday" }, "--start"],
    [{ start: "2026-05-16T18:30:00.5Z" }, "--start"],
    [{ break: "0" }, "--break"],
    [{ fault: ["floor", "gremlin"] }, "--fault"],
  ])("refuses %j and names the option", (change, option) => {
    const attempt = () => parseSimulateOptions({ ...TEXT, ...change });
    expect(attempt).toThrow(TouchlineError);
    expect(attempt).toThrow(option);
    try {
      attempt();
    } catch (error) {
      expect((error as TouchlineError).code).toBe("SIM_BAD_OPTION");
      expect((error as TouchlineError).exitCode).toBe(64);
    }
  });
});
