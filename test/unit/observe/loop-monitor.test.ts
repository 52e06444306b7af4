import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { LoopMonitor } from "../../../daemon/observe/index.js";

it("sees a blocked loop in the period it happened in, and not in the next", async () => {
  const monitor = new LoopMonitor();
  monitor.start();
  try {
    await wait(60);
    const until = performance.now() + 600;
    while (performance.now() < until);
    await wait(60);
    expect(monitor.sample().maxSec).toBeGreaterThan(0.38);
    expect(monitor.last().maxSec).toBeGreaterThan(0.38);
    await wait(60);
    expect(monitor.sample().maxSec).toBeLessThan(0.38);
  } finally {
    monitor.stop();
  }
});
