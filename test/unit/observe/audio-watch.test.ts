import { beforeEach, describe, expect, it } from "vitest";
import { AudioWatch, Health } from "../../../daemon/observe/index.js";
import { FakeClock } from "./fake-clock.js";

let clock: FakeClock;
let watch: AudioWatch;
let health: Health;

beforeEach(() => {
  clock = new FakeClock();
  watch = new AudioWatch(clock);
  health = new Health(clock);
  for (const probe of watch.probes()) health.register(probe);
});

function hear(input: string, seconds: number, blocksSoFar = 0): number {
  let blocks = blocksSoFar;
  for (let second = 0; second < seconds; second++) {
    clock.advance(1);
    blocks += 20;
    watch.onReport({ input, channel: input, blocks, invalidSamples: 0 });
  }
  return blocks;
}

describe("audio", () => {
  it("is ready while blocks advance", () => {
    watch.expect("ambience");
    hear("ambience", 60);
    expect(health.check()).toMatchObject({ live: true, ready: true, state: "ok" });
  });

  it("fails its thread when an input that is up brings the same block count again and again", () => {
    const blocks = hear("ambience", 5);
    for (let second = 0; second < 12; second++) {
      clock.advance(1);
      watch.onReport({ input: "ambience", channel: "ambience", blocks, invalidSamples: 0 });
    }
    expect(health.check()).toMatchObject({ live: false, ready: false });
    expect(health.check().parts[1]?.reason).toBe("ambience says it is up, yet 12 s without a block");
  });

  it("is unready but live when a source is away and says so", () => {
    watch.onState("stream", "down", "connection refused");
    clock.advance(300);
    const report = health.check();
    expect(report).toMatchObject({ live: true, ready: false });
    expect(report.parts[0]?.reason).toBe("stream is down: connection refused");
  });

  it("fails its thread when a source that is down is not tried again for ten minutes", () => {
    watch.onState("stream", "down", "connection refused");
    watch.onEnd("stream", { message: "connection refused" }, false);
    clock.advance(601);
    expect(health.check().live).toBe(false);
    watch.onState("stream", "connecting", "srt://10.0.0.5");
    expect(health.check().live).toBe(true);
  });

  it("waits for ever for a pipe that nobody writes to", () => {
    watch.onState("fifo", "connecting", "FIFO /run/x");
    clock.advance(86_400);
    expect(health.check()).toMatchObject({ live: true, ready: false });
  });

  it("takes a live source that ended in order as down until it is open again", () => {
    hear("stream", 5);
    watch.onEnd("stream", null, false);
    expect(health.check().parts[0]).toMatchObject({ state: "failed", reason: "stream is down: the source has ended" });
  });

  it("gives a source that comes back its ten seconds anew", () => {
    hear("stream", 5);
    watch.onState("stream", "down", "gone");
    clock.advance(60);
    watch.onState("stream", "up", null);
    expect(health.check().live).toBe(true);
  });

  it("expects nothing more of a source that ended by itself", () => {
    hear("match.wav", 5);
    watch.onEnd("match.wav", null);
    clock.advance(3600);
    expect(health.check()).toMatchObject({ live: true, ready: true, state: "ok" });
    expect(watch.inputs()[0]).toMatchObject({ state: "ended", blocks: 100 });
  });

  it("takes a source that ended with an error as down, and a restart as no cure", () => {
    watch.onEnd("match.wav", { message: "damaged" });
    clock.advance(3600);
    expect(health.check()).toMatchObject({ live: true, ready: false });
  });

  it("is degraded, not failed, when one of two inputs is away", () => {
    hear("ambience", 3);
    watch.onState("pitch", "stalled", null);
    expect(health.check().parts[0]).toMatchObject({ state: "degraded", reason: "pitch is stalled" });
    expect(health.check().ready).toBe(true);
  });

  it("is not ready before the first block", () => {
    watch.expect("ambience");
    expect(health.check().ready).toBe(false);
    expect(health.check().parts[0]?.reason).toBe("ambience is connecting");
  });

  it("is degraded when none is configured: such a box corrects by the clock alone", () => {
    expect(health.check()).toMatchObject({ live: true, ready: true, state: "degraded" });
  });

  it("sums up the channels of an input for the health record", () => {
    watch.onReport({ input: "desk", channel: "desk.0", blocks: 10, invalidSamples: 0 });
    watch.onReport({ input: "desk", channel: "desk.1", blocks: 12, invalidSamples: 480 });
    expect(watch.inputs()).toEqual([
      {
        input: "desk",
        state: "up",
        since: "2026-05-16T18:30:00.000000Z",
        detail: null,
        lastBlock: "2026-05-16T18:30:00.000000Z",
        blocks: 22,
        invalidSamples: 480,
      },
    ]);
  });

  it("takes a count that begins again as progress: the source was opened anew", () => {
    hear("stream", 5);
    clock.advance(8);
    watch.onReport({ input: "stream", channel: "stream", blocks: 3, invalidSamples: 0 });
    clock.advance(8);
    expect(health.check().live).toBe(true);
  });
});
