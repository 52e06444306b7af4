import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LiveClock } from "../../../../daemon/inputs/audio/live-clock.js";
import { type MonoMicros, timeOfSample, type UnixMicros } from "../../../../sync/index.js";

const RATE = 48_000;
const EPOCH = 1_780_000_000_000_000;
const BLOCK = 960;

interface Feed {
  readonly blocks: number;
  readonly delayMs: (block: number) => number;
  readonly ppm?: number;
  readonly wallOffset?: (mono: number) => number;
}

/** Sample n is played at mono n / rate * (1 + ppm): the truth. Returns clock error in ms at the end, truth = delay 0. */
function run(feed: Feed): { errorMs: number; smallestDelayMs: number; clock: LiveClock; mono: number } {
  const clock = new LiveClock(RATE);
  let mono = 0;
  let lastArrival = 0;
  let smallestDelayMs = Number.POSITIVE_INFINITY;
  for (let block = 1; block <= feed.blocks; block++) {
    const played = ((block * BLOCK) / RATE) * 1e6 * (1 + (feed.ppm ?? 0) * 1e-6);
    mono = played;
    lastArrival = Math.max(lastArrival, played + feed.delayMs(block) * 1000);
    smallestDelayMs = Math.min(smallestDelayMs, (lastArrival - played) / 1000);
    const wall = (feed.wallOffset?.(lastArrival) ?? EPOCH) + lastArrival;
    clock.observe(block * BLOCK, Math.round(lastArrival) as MonoMicros, Math.round(wall) as UnixMicros);
  }
  const told = timeOfSample(clock.clock(), feed.blocks * BLOCK);
  return { errorMs: (told - (mono + (feed.wallOffset?.(mono) ?? EPOCH))) / 1000, smallestDelayMs, clock, mono };
}

/** Repeatable noise 0..1. */
const noise = (i: number): number => {
  const x = Math.sin(i * 12.9898) * 43_758.5453;
  return x - Math.floor(x);
};

describe("LiveClock", () => {
  it("is late by the smallest delay under jitter of up to 200 ms, not by the usual one", () => {
    const { errorMs, smallestDelayMs } = run({ blocks: 500, delayMs: (i) => 3 + 200 * noise(i) ** 2 });
    expect(smallestDelayMs).toBeLessThan(15);
    expect(errorMs).toBeCloseTo(smallestDelayMs, 1);
  });

  it("is right at once when the first block brings seconds of old sound", () => {
    const clock = new LiveClock(RATE);
    // 4 s of sound arrive within 2 ms at mono = 4 s.
    for (let i = 1; i <= 200; i++) {
      clock.observe(i * BLOCK, (4_000_000 + i * 10) as MonoMicros, (EPOCH + 4_000_000 + i * 10) as UnixMicros);
    }
    expect(Math.abs(timeOfSample(clock.clock(), 200 * BLOCK) - EPOCH - 4_000_000)).toBeLessThan(3000);
  });

  it.each([-100, 100])("follows a source that is off by %i ppm over an hour within 10 ms", (ppm) => {
    const { errorMs } = run({ blocks: 180_000, delayMs: (i) => 5 * noise(i), ppm });
    expect(Math.abs(errorMs)).toBeLessThan(10);
  });

  it("is not moved by a stall: what was late comes at once", () => {
    const { errorMs } = run({ blocks: 1000, delayMs: (i) => (i > 500 && i < 700 ? (700 - i) * 20 : 1) });
    expect(errorMs).toBeCloseTo(1, 1);
  });

  it("moves on within seconds when sound was lost on the way", () => {
    // From block 1000 on everything is 300 ms late for ever: 300 ms of samples never came.
    const { errorMs } = run({ blocks: 1600, delayMs: (i) => (i > 1000 ? 300 : 1) });
    expect(errorMs).toBeCloseTo(300, 0);
  });

  it("goes with a step of the wall clock, and slowly with its slewing", () => {
    const step = run({ blocks: 1000, delayMs: () => 1, wallOffset: (mono) => EPOCH + (mono > 1e7 ? 2_000_000 : 0) });
    expect(step.errorMs).toBeCloseTo(1, 0);
    const slew = run({ blocks: 3000, delayMs: () => 1, wallOffset: (mono) => EPOCH + mono * 500e-6 });
    expect(Math.abs(slew.errorMs - 1)).toBeLessThan(2);
  });

  it("never places a sample later than it arrived", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { minLength: 5, maxLength: 60 }), (delays) => {
        const { errorMs } = run({ blocks: delays.length, delayMs: (i) => delays[i - 1] ?? 0 });
        expect(errorMs).toBeLessThanOrEqual((delays.at(-1) ?? 0) + 50.001);
        expect(errorMs).toBeGreaterThanOrEqual(-0.001);
      }),
    );
  });

  it("takes an earlier mapping up", () => {
    const { clock, mono } = run({ blocks: 500, delayMs: () => 2 });
    const next = new LiveClock(RATE);
    next.resume(clock.clock(), (mono + 1e6) as MonoMicros, (EPOCH + mono + 1e6) as UnixMicros);
    expect(next.sampleAt((mono + 1e6) as MonoMicros)).toBeCloseTo(clock.sampleAt((mono + 1e6) as MonoMicros), 0);
  });
});
