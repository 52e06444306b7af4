import { describe, expect, it } from "vitest";
import { COLUMN_MIN_DB, COLUMN_STEP_DB, ColumnRing } from "../../../daemon/web/column-ring.js";
import { type LiveStatus, LiveView } from "../../../daemon/web/index.js";
import type { UnixMicros } from "../../../sync/index.js";

const at = (seconds: number) => (seconds * 1e6) as UnixMicros;
const LEVEL = { rmsDb: -30, peakDb: -12, crowdRiseDb: 0, excitement: 0.2 };
const STATUS: LiveStatus = {
  venue: "arena",
  box: "a",
  version: "0.1.0",
  state: "ok",
  reasons: [],
  sessions: [],
  outputs: [],
  progress: null,
};

interface Frame {
  readonly channels: readonly { channel: string; timesMs: number[]; columns: string; level?: unknown }[];
}

function frameOf(messages: readonly Record<string, unknown>[]): Frame {
  return messages.find((message) => message.type === "frame") as unknown as Frame;
}

describe("the live view", () => {
  it("gives a reader that comes late all that is kept, and each reader what is new to it", () => {
    const view = new LiveView([100, 200]);
    const early = view.cursor();
    view.pushColumn("ambience", { time: at(1), bandsDb: [-60, -120] });
    expect(frameOf(view.read(early)).channels[0]).toMatchObject({ channel: "ambience", timesMs: [1000] });
    view.pushColumn("ambience", { time: at(2), bandsDb: [-60, -120] });
    expect(frameOf(view.read(early)).channels[0]!.timesMs).toEqual([2000]);
    expect(frameOf(view.read(view.cursor())).channels[0]!.timesMs).toEqual([1000, 2000]);
    expect(view.read(early)).toEqual([]);
  });

  it("keeps a minute of 20 columns a second, whatever is pushed", () => {
    const view = new LiveView([100]);
    for (let step = 0; step < 5000; step++) view.pushColumn("a", { time: at(step / 20), bandsDb: [-50] });
    const [channel] = frameOf(view.read(view.cursor())).channels;
    expect(channel!.timesMs).toHaveLength(1200);
    expect(channel!.timesMs[0]).toBe(190_000);
  });

  it("lets a reader that was too slow miss columns and goes on with what is kept", () => {
    const view = new LiveView([100]);
    const slow = view.cursor();
    view.pushColumn("a", { time: at(0), bandsDb: [-50] });
    view.read(slow);
    for (let step = 1; step <= 3000; step++) view.pushColumn("a", { time: at(step / 20), bandsDb: [-50] });
    expect(frameOf(view.read(slow)).channels[0]!.timesMs).toHaveLength(1200);
  });

  it("sends the latest level only, and none that was sent", () => {
    const view = new LiveView([100]);
    const cursor = view.cursor();
    view.pushLevel("a", { ...LEVEL, time: at(1) });
    view.pushLevel("a", { ...LEVEL, rmsDb: -20, time: at(2) });
    expect(frameOf(view.read(cursor)).channels[0]!.level).toMatchObject({ rmsDb: -20 });
    view.pushColumn("a", { time: at(3), bandsDb: [-50] });
    expect(frameOf(view.read(cursor)).channels[0]).not.toHaveProperty("level");
  });

  it("maps a report's samples to the time at the source, path delay taken off", () => {
    const view = new LiveView([100]);
    view.pushReport({
      channel: "a",
      clock: { anchorSample: 0, anchorTime: at(100), rateHz: 48_000 },
      pathDelayMs: 40,
      levels: [{ ...LEVEL, at: 48_000 }],
      columns: [{ at: 96_000, bandsDb: Float32Array.of(-50) }],
    });
    const [channel] = frameOf(view.read(view.cursor())).channels;
    expect(channel!.timesMs).toEqual([101_960]);
    expect(channel!.level).toMatchObject({ time: 100_960_000 });
  });

  it("tells status and summary once to each reader, the latest only", () => {
    const view = new LiveView([100]);
    const cursor = view.cursor();
    view.pushStatus({ ...STATUS, state: "failed" });
    view.pushStatus(STATUS);
    view.pushSummary({ title: "Result", head: [], rows: [], note: null });
    expect(view.read(cursor).map(({ type, state }) => [type, state])).toEqual([
      ["status", "ok"],
      ["summary", undefined],
    ]);
    expect(view.read(cursor)).toEqual([]);
  });

  it("shows no more channels than a page can", () => {
    const view = new LiveView([100]);
    for (let index = 0; index < 100; index++) view.pushLevel(`c${index}`, { ...LEVEL, time: at(1) });
    expect(frameOf(view.read(view.cursor())).channels).toHaveLength(32);
  });
});

describe("a column's bytes", () => {
  const bytesOf = (bandsDb: number[]) => {
    const ring = new ColumnRing(4, 3);
    ring.push(0, bandsDb);
    return [...ring.readFrom(0).bytes];
  };

  it("tell half decibels above the floor", () => {
    expect(bytesOf([COLUMN_MIN_DB, COLUMN_MIN_DB + COLUMN_STEP_DB, -20])).toEqual([0, 1, 200]);
  });

  it("hold silence for what is missing, infinitely low or not a number, and the most for what is too loud", () => {
    expect(bytesOf([Number.NaN, -Infinity])).toEqual([0, 0, 0]);
    expect(bytesOf([500, Infinity, -500])).toEqual([255, 255, 0]);
  });
});
