import { describe, expect, it } from "vitest";
import { createMetrics } from "../../../daemon/observe/index.js";

describe("the process's metrics", () => {
  const make = () =>
    createMetrics({ version: "0.1.0", loopDelay: () => ({ p50Sec: 0.001, p99Sec: 0.02, maxSec: 0.3 }) });

  it("say what runs", async () => {
    const text = await make().registry.metrics();
    expect(text).toContain(`touchline_build_info{version="0.1.0",node_version="${process.versions.node}"} 1`);
  });

  it("have the processor time of now at every scrape, not the sum of all scrapes", async () => {
    const { registry } = make();
    const read = async () => Number(/cpu_seconds_total ([\d.e+-]+)/.exec(await registry.metrics())?.[1]);
    await read();
    await read();
    const { user, system } = process.cpuUsage();
    expect(await read()).toBeLessThanOrEqual((user + system) / 1e6 + 1);
    expect(await read()).toBeGreaterThan(0);
  });

  it("count lines from zero on", async () => {
    const metrics = make();
    expect(await metrics.registry.metrics()).toContain('touchline_log_lines_total{level="error"} 0');
    metrics.countLogLine("error");
    expect(await metrics.registry.metrics()).toContain('touchline_log_lines_total{level="error"} 1');
  });

  it("read the loop's delay at scrape", async () => {
    expect(await make().registry.metrics()).toContain('touchline_event_loop_delay_seconds{stat="p99"} 0.02');
  });
});
