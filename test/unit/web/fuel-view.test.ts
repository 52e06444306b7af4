import { describe, expect, it } from "vitest";
import type { CloudEvent } from "../../../daemon/records/index.js";
import { raceView } from "../../../daemon/web/fuel-view.js";

const record = (session: string, car: string, sec: number, extra: Record<string, unknown> = {}): CloudEvent => {
  const to = `2026-05-16T18:30:${String(sec).padStart(2, "0")}.000000Z`;
  const data = { car, window: { from: to, to }, fuelKgTotal: 12.5, fuelKgTotalSd: 0.2, trend: "neutral", ...extra };
  return { source: `/venues/v/boxes/a/sessions/${session}`, data } as unknown as CloudEvent;
};

describe("raceView", () => {
  it("tells the race of the newest record, the thriftiest car first, in flat numbers", () => {
    const view = raceView(
      [
        record("race", "7", 6, { rank: { position: 2, of: 2 }, mpg: 4.5, toEnd: { pReach: 0.8 } }),
        record("race", "07", 6, { rank: { position: 1, of: 2 }, pitWindow: { lastSafeLap: 40 } }),
        record("race", "9", 3),
        record("old", "1", 1),
      ],
      null,
    );
    expect(view).toMatchObject({ session: "race", time: "2026-05-16T18:30:06.000000Z" });
    expect(view.cars.map(({ car }) => car)).toEqual(["07", "7", "9"]);
    expect(view.cars[0]).toMatchObject({ rank: 1, lastSafeLap: 40, fuelKgTotal: 12.5 });
    expect(view.cars[1]).toMatchObject({ mpg: 4.5, pReach: 0.8 });
    expect(view.cars[2]).not.toHaveProperty("rank");
  });

  it("is empty while no car is known", () => {
    expect(raceView([], null)).toEqual({ session: null, time: null, cars: [] });
  });
});
