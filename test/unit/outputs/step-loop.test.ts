import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AGAIN, Bell, failed, IDLE, runSteps, type Step } from "../../../daemon/outputs/step-loop.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function start(steps: Step[]): {
  calls: () => number;
  work: Bell;
  retry: Bell;
  stop: () => Promise<void>;
  failures: string[];
} {
  let count = 0;
  const failures: string[] = [];
  const [work, retry, stopping] = [new Bell(), new Bell(), new AbortController()];
  const step = async (): Promise<Step> => steps[count++] ?? IDLE;
  const onFailed = (reason: string): void => void failures.push(reason);
  const running = runSteps({ step, work, retry, signal: stopping.signal, onFailed });
  const stop = (): Promise<void> => {
    stopping.abort();
    return running;
  };
  return { calls: () => count, work, retry, stop, failures };
}

describe("runSteps", () => {
  it("goes on while there is work and rests until the bell rings", async () => {
    const loop = start([AGAIN, AGAIN, IDLE, AGAIN, IDLE]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(loop.calls()).toBe(3);
    loop.work.ring();
    await vi.advanceTimersByTimeAsync(0);
    expect(loop.calls()).toBe(5);
    await loop.stop();
  });

  it("waits longer after each failure, but never longer than 7.5 s", async () => {
    const loop = start(Array.from({ length: 1000 }, () => failed("timeout", "")));
    await vi.advanceTimersByTimeAsync(1000);
    expect(loop.calls()).toBeGreaterThan(3);
    expect(loop.calls()).toBeLessThan(12);
    const before = loop.calls();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(loop.calls() - before).toBeGreaterThan(12);
    expect(loop.calls() - before).toBeLessThan(70);
    await loop.stop();
    expect(loop.failures.length).toBe(loop.calls());
  });

  it("does not wait for the end of the back-off when what failed may work now", async () => {
    const loop = start(Array.from({ length: 1000 }, () => failed("disconnected", "")));
    await vi.advanceTimersByTimeAsync(15_000);
    const before = loop.calls();
    loop.retry.ring();
    await vi.advanceTimersByTimeAsync(0);
    expect(loop.calls()).toBe(before + 1);
    await loop.stop();
  });

  it("does not miss a ring between looking and waiting", async () => {
    const bell = new Bell();
    const before = bell.rung;
    bell.ring();
    await bell.wait(before, null);
  });

  it("ends at once when it is stopped, resting or backing off", async () => {
    await start([IDLE]).stop();
    await start([failed("other", "")]).stop();
  });
});
