import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ARCHIVED_STAMPS, checkMessage, toLoggedEvent } from "../../../daemon/inputs/index.js";
import { addSeconds, type LoggedEvent, parseRfc3339, type UnixMicros } from "../../../sync/index.js";

const ARRIVAL = parseRfc3339("2026-05-16T18:30:05Z") as UnixMicros;
const read = (fields: Record<string, unknown>, arrival: UnixMicros | null = ARRIVAL): LoggedEvent =>
  toLoggedEvent({ id: "17", logger: "scout", class: "goal", ...fields }, arrival, "default");

describe("a logged event", () => {
  it("is keyed by logger and id, and belongs to the default session unless it names one", () => {
    expect(read({})).toMatchObject({
      eventId: "scout/17",
      logger: "scout",
      session: "default",
      op: "upsert",
      version: null,
    });
    expect(read({ session: "cup", op: "delete", version: 4 })).toMatchObject({
      session: "cup",
      op: "delete",
      version: 4,
    });
    expect(read({ id: 17, session: "" })).toMatchObject({ eventId: "scout/17", session: "default" });
    expect(read({ id: "07" }).eventId).toBe("scout/07");
  });

  it("keeps the message whole", () => {
    const message = { id: "1", logger: "l", class: "c", payload: { x: 1 }, unknown: [2] };
    expect(toLoggedEvent(message, null, "s").input).toEqual(message);
  });

  it("takes periods as text or number", () => {
    expect([read({ period: 2 }).period, read({ period: "extra1" }).period, read({}).period]).toEqual([
      "2",
      "extra1",
      null,
    ]);
  });

  it.each([
    ["2026-05-16T18:30:00Z", "2026-05-16T18:30:00Z", 1],
    ["2026-05-16T20:30:00.5+02:00", "2026-05-16T18:30:00.5Z", 0.1],
    ["2026-05-16 18:30:00.25Z", "2026-05-16T18:30:00.25Z", 0.001],
    [" 2026-05-16T18:30:00.123456Z ", "2026-05-16T18:30:00.123456Z", 0.001],
    [1778956200, "2026-05-16T18:30:00Z", 1],
    [1778956200123, "2026-05-16T18:30:00.123Z", 0.001],
    [1778956200123456, "2026-05-16T18:30:00.123456Z", 0.001],
  ])("reads the stamp %s", (stamp, time, resolutionSec) => {
    expect(read({ stamp })).toMatchObject({ stamp: parseRfc3339(time), resolutionSec, flags: [] });
  });

  it("believes the resolution that is given over the one it would guess", () => {
    expect(read({ stamp: "2026-05-16T18:30:00Z", resolutionMs: 40 }).resolutionSec).toBe(0.04);
  });

  it("reads a stamp without a zone as UTC, and says so", () => {
    expect(read({ stamp: "2026-05-16T18:30:00" })).toMatchObject({
      stamp: parseRfc3339("2026-05-16T18:30:00Z"),
      flags: ["stampWithoutZone"],
    });
  });

  it("has no stamp when only the match clock is known", () => {
    expect(read({ matchClock: "45+2:13" })).toMatchObject({ stamp: null, arrival: ARRIVAL, flags: [] });
  });

  it.each([
    ["yesterday", "unreadableStamp"],
    ["2026-02-30T18:30:00Z", "unreadableStamp"],
    ["1970-01-01T00:00:00Z", "impossibleStamp"],
    ["2101-01-01T00:00:00Z", "impossibleStamp"],
    ["2026-05-14T18:30:00Z", "impossibleStamp"],
    ["2026-05-18T18:30:00Z", "impossibleStamp"],
    [Number.POSITIVE_INFINITY, "unreadableStamp"],
    [-5, "impossibleStamp"],
  ])("rests on its arrival when the stamp is %s", (stamp, flag) => {
    expect(read({ stamp })).toMatchObject({ stamp: null, flags: [flag], input: { stamp } });
  });

  it("of an archive may have been logged long before it arrived", () => {
    const message = { id: "1", logger: "l", class: "c", stamp: "2020-05-16T18:30:00Z" };
    expect(toLoggedEvent(message, ARRIVAL, "s", ARCHIVED_STAMPS)).toMatchObject({ flags: [] });
    expect(toLoggedEvent(message, null, "s")).toMatchObject({ stamp: parseRfc3339("2020-05-16T18:30:00Z") });
  });

  it("is read from any accepted message without an exception, with a stamp near its arrival or none", () => {
    const stamp = fc.oneof(fc.string(), fc.double(), fc.date().map(String), fc.integer());
    fc.assert(
      fc.property(stamp, (value) => {
        if (checkMessage("log", { id: "1", logger: "l", class: "c", stamp: value }) !== null) return;
        const event = read({ stamp: value });
        expect(event.stamp === null || Math.abs(event.stamp - ARRIVAL) <= 86_400e6).toBe(true);
        expect(event.resolutionSec).toBeGreaterThan(0);
      }),
    );
    expect(read({ stamp: "2026-05-16T18:30:00Z" }, addSeconds(ARRIVAL, -86_000)).stamp).not.toBeNull();
  });
});
