import { describe, expect, it } from "vitest";
import { ChannelFeeder, parseFeederSnapshot } from "../../../../daemon/inputs/audio/channel-feeder.js";
import type { UnixMicros } from "../../../../sync/index.js";
import { cueAt, FakeListener, levelAt } from "./fake-listener.js";

const CLOCK = { anchorSample: 0, anchorTime: 1_780_000_000_000_000 as UnixMicros, rateHz: 1000 };

function makeFeeder(listener = new FakeListener()): { feeder: ChannelFeeder; listener: FakeListener } {
  const options = { channel: "mic", input: "mic", sampleRate: 1000, pathDelayMs: 12, listener };
  return { feeder: new ChannelFeeder(options), listener };
}

describe("ChannelFeeder", () => {
  it("reports what the listener heard since the last report, once", () => {
    const { feeder, listener } = makeFeeder();
    listener.next = { cues: [cueAt(10)], levels: [levelAt(0)], columns: [] };
    feeder.push(0, new Float32Array(100), []);
    listener.next = { cues: [], levels: [levelAt(150)], columns: [] };
    feeder.push(100, new Float32Array(100), []);
    const report = feeder.takeReport(CLOCK);
    expect(report).toMatchObject({ channel: "mic", heardUpTo: 200, blocks: 2, pathDelayMs: 12, clock: CLOCK });
    expect([report.cues.length, report.levels.length]).toEqual([1, 2]);
    expect(feeder.takeReport(CLOCK)).toMatchObject({ cues: [], levels: [], heardUpTo: 200 });
  });

  it("counts lost sound, marked places, and what lay before the first sample", () => {
    const { feeder } = makeFeeder();
    feeder.push(50, new Float32Array(100), [{ from: 60, to: 65 }]);
    feeder.push(170, new Float32Array(10), []);
    expect(feeder.takeReport(CLOCK).invalidSamples).toBe(50 + 5 + 20);
  });

  it("counts the cues its listener held back in this run, not those of the run before", () => {
    const first = makeFeeder();
    first.listener.suppressedCues = 3;
    first.feeder.push(0, new Float32Array(100), []);
    const { snapshot, heldBackCues } = first.feeder.takeReport(CLOCK, true);
    expect(heldBackCues).toBe(3);
    const second = makeFeeder();
    second.listener.suppressedCues = 3;
    second.feeder.restore(snapshot!);
    second.listener.suppressedCues = 8;
    expect(second.feeder.takeReport(CLOCK).heldBackCues).toBe(5);
  });

  it("adds a snapshot to every report with cues and every ten seconds of sound", () => {
    const { feeder, listener } = makeFeeder();
    const snapshots: boolean[] = [];
    for (let second = 0; second < 25; second++) {
      listener.next = { cues: second === 3 ? [cueAt(3000)] : [], levels: [], columns: [] };
      feeder.push(second * 1000, new Float32Array(1000), []);
      snapshots.push(feeder.takeReport(CLOCK).snapshot !== null);
    }
    expect(snapshots.flatMap((has, second) => (has ? [second] : []))).toEqual([3, 13, 23]);
  });

  it("goes on from a snapshot where it stood", () => {
    const first = makeFeeder();
    first.listener.state = "deep in thought";
    first.feeder.push(0, new Float32Array(500), []);
    const { snapshot } = first.feeder.takeReport(CLOCK, true);
    const second = makeFeeder();
    expect(second.feeder.restore(snapshot!)).toMatchObject({ heardUpTo: 500, clock: CLOCK });
    expect(second.listener.state).toBe("deep in thought");
    second.feeder.push(500, new Float32Array(10), []);
    expect(second.feeder.takeReport(CLOCK)).toMatchObject({ heardUpTo: 510, invalidSamples: 0 });
  });

  it.each([
    ["damaged", { version: 1, body: "{" }],
    ["of another version", { version: 2, body: "{}" }],
    ["of something else", { version: 1, body: '{"listener":{"body":"x","version":1}}' }],
    ["null", { version: 1, body: "null" }],
  ])("refuses a snapshot that is %s", (_name, snapshot) => {
    expect(makeFeeder().feeder.restore(snapshot)).toBeNull();
    expect(parseFeederSnapshot(snapshot)).toBeNull();
  });

  it("refuses a snapshot of another sample rate, or that the listener refuses", () => {
    const first = makeFeeder();
    first.feeder.push(0, new Float32Array(5), []);
    const { snapshot } = first.feeder.takeReport(CLOCK, true);
    const other = new ChannelFeeder({
      channel: "mic",
      input: "mic",
      sampleRate: 2000,
      pathDelayMs: null,
      listener: new FakeListener(),
    });
    expect(other.restore(snapshot!)).toBeNull();
    const stubborn = makeFeeder();
    stubborn.listener.refuses = true;
    expect(stubborn.feeder.restore(snapshot!)).toBeNull();
    expect(stubborn.feeder.heardUpTo).toBe(0);
  });

  it("keeps the newest minute of levels and every cue while nobody takes reports, and counts what it sheds", () => {
    const { feeder, listener } = makeFeeder();
    for (let i = 0; i < 2000; i++) {
      listener.next = { cues: [cueAt(i * 50)], levels: [levelAt(i * 50)], columns: [] };
      feeder.push(i * 50, new Float32Array(50), []);
    }
    const report = feeder.takeReport(CLOCK);
    expect(report.levels.length).toBe(1200);
    expect(report.levels.at(-1)?.at).toBe(1999 * 50);
    expect(report.cues.length).toBe(2000);
    expect([report.shedLevels, report.shedCues]).toEqual([800, 0]);
  });

  it("tells at the end what still sounds", () => {
    const { feeder, listener } = makeFeeder();
    feeder.push(0, new Float32Array(10), []);
    listener.atEnd = { cues: [cueAt(5)], levels: [], columns: [] };
    feeder.finish();
    expect(feeder.takeReport(CLOCK).cues.length).toBe(1);
  });
});
