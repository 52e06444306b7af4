import { describe, expect, it } from "vitest";
import { FuelClock } from "../../../daemon/fuel-clock.js";

const UNIX = 1_780_000_000;

describe("FuelClock", () => {
  it("takes times since 1970 as they are", () => {
    const clock = new FuelClock();
    expect(clock.observe(UNIX + 10, UNIX + 10.2)).toBe(true);
    expect(clock.toUnix(UNIX + 9)).toBe((UNIX + 9) * 1e6);
    expect(clock.now(UNIX + 12)).toBeCloseTo(UNIX + 11.8, 3);
  });

  it("places a clock that counts from the start of the race by the first sample's arrival, and stays by it", () => {
    const clock = new FuelClock();
    clock.observe(100, UNIX + 100.5);
    clock.observe(101, UNIX + 101.1);
    expect(clock.toUnix(100)).toBe((UNIX + 100.5) * 1e6);
    expect(clock.toUnix(161)).toBe((UNIX + 161.5) * 1e6);
  });

  it("refuses a sample of the other kind of clock", () => {
    const clock = new FuelClock();
    clock.observe(5, UNIX);
    expect(clock.observe(UNIX, UNIX)).toBe(false);
    expect(clock.newest).toBe(5);
  });

  it("knows no time before the first sample, and none while the feed catches up", () => {
    const clock = new FuelClock();
    expect(clock.now(UNIX)).toBeNull();
    for (let t = 0; t < 10; t++) clock.observe(t, UNIX + t);
    expect(clock.now(UNIX + 10)).toBeCloseTo(10);
    expect(clock.now(UNIX + 40)).toBeNull();
    clock.observe(10, UNIX + 40);
    expect(clock.now(UNIX + 40)).toBeNull();
    clock.observe(39.5, UNIX + 40.1);
    expect(clock.now(UNIX + 40.1)).toBeCloseTo(40.1);
  });

  it("waits when no car is heard: what was sent may still come", () => {
    const clock = new FuelClock();
    clock.observe(50, UNIX + 50);
    expect(clock.now(UNIX + 54)).toBeCloseTo(52);
    expect(clock.whenIs(51.5)).toBeCloseTo(UNIX + 51.5);
    expect(clock.whenIs(53)).toBeNull();
  });

  it("follows a clock that drifts: the least delay is that of late, not of ever", () => {
    const clock = new FuelClock();
    const drift = 1 - 50e-6;
    for (let sec = 0; sec < 3 * 3600; sec += 0.5) clock.observe(sec * drift, UNIX + sec);
    expect(clock.now(UNIX + 3 * 3600)).toBeCloseTo(3 * 3600 * drift, 1);
  });

  it("goes on from its snapshot as if nothing had happened", () => {
    const one = new FuelClock();
    for (let t = 0; t < 200; t++) one.observe(t, UNIX + t + 0.3 * Math.sin(t));
    const two = new FuelClock();
    two.restore(JSON.parse(JSON.stringify(one.snapshot())));
    expect(two.now(UNIX + 200.2)).toBe(one.now(UNIX + 200.2));
    expect(two.toUnix(12.5)).toBe(one.toUnix(12.5));
    const empty = new FuelClock();
    empty.restore(JSON.parse(JSON.stringify(new FuelClock().snapshot())));
    expect(empty.now(UNIX)).toBeNull();
    expect(empty.isKnown).toBe(false);
  });
});
