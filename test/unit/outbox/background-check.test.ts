import { describe, expect, it } from "vitest";
import { BackgroundCheck } from "../../../daemon/outbox/background-check.js";
import type { Checked } from "../../../daemon/outbox/messages.js";
import { ManualClock } from "../../store-fixture.js";

const NEVER_MS = 2 ** 30;

function checkOver(slices: readonly (Checked | Error)[], clock: ManualClock) {
  const asked: number[] = [];
  const check = new BackgroundCheck({
    check: async (after) => {
      const slice = slices[asked.length % slices.length];
      asked.push(after);
      if (slice === undefined || slice instanceof Error) throw slice;
      return slice;
    },
    onSlice: () => undefined,
    nowMs: () => clock.mono() / 1000,
    wall: () => clock.wall(),
    sliceEveryMs: NEVER_MS,
    roundEveryMs: 1000,
  });
  return { check, asked };
}

describe("the check in the background", () => {
  it("goes on slice by slice where the last one ended, rests, and begins again", async () => {
    const clock = new ManualClock();
    const { check, asked } = checkOver(
      [
        { next: 500, rows: 500, damaged: 0 },
        { next: 0, rows: 20, damaged: 1 },
      ],
      clock,
    );
    await check.step();
    expect(check.state()).toMatchObject({ at: 500, rows: 500, lastRound: null });
    await check.step();
    await check.step();
    expect(asked).toEqual([0, 500]);
    expect(check.state()).toMatchObject({ at: 0, rows: 0, damaged: 0, lastRound: { rows: 520, damaged: 1 } });
    clock.advanceMs(1000);
    await check.step();
    expect(asked).toEqual([0, 500, 0]);
    check.stop();
  });

  it("asks the same slice again when the store could not answer", async () => {
    const clock = new ManualClock();
    const { check, asked } = checkOver([{ next: 500, rows: 500, damaged: 0 }, new Error("overloaded")], clock);
    await check.step();
    await check.step();
    await check.step();
    expect(asked).toEqual([0, 500, 500]);
    check.stop();
  });
});
