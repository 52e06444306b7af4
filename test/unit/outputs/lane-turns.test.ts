import { describe, expect, it } from "vitest";
import { LaneTurns } from "../../../daemon/outputs/lane-turns.js";

describe("LaneTurns", () => {
  it("lets the lanes behind wait while one catches up, and never those before it", () => {
    const turns = new LaneTurns();
    expect(turns.mustWait("bulk")).toBe(false);
    turns.note("analysis", true);
    expect([turns.mustWait("live"), turns.mustWait("analysis"), turns.mustWait("bulk")]).toEqual([false, false, true]);
    turns.note("live", true);
    expect(turns.mustWait("analysis")).toBe(true);
    turns.note("live", false);
    turns.note("analysis", false);
    expect(turns.mustWait("bulk")).toBe(false);
  });
});
