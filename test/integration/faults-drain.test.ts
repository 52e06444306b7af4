import { describe, expect, it, vi } from "vitest";
import { drainOverFarLine } from "../faults/drain.js";
import { report } from "../faults/report.js";
import { HAS_NATS_SERVER, natsMissing } from "../nats-server.js";

// Real servers and processes on a machine that may be busy: the limits are for what hangs, not for what is slow.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

const title = HAS_NATS_SERVER
  ? "drain after an outage"
  : "skipped: nats-server is not installed: drain after an outage";

describe.skipIf(natsMissing())(title, () => {
  it("brings each record once over a far line, and lets new live ones past the old", async () => {
    const result = await drainOverFarLine({ backlog: 6000, liveBacklog: 1000, roundTripMs: 100, livePerSecond: 20 });
    const { records, lost, duplicates, outOfOrder } = result.tally;
    const note = `${Math.round(result.recordsPerSecond)} records/s; live p99 ${result.liveAgeP99Ms} ms old`;
    report({ fault: "outage over, 100 ms round trip", faults: 1, ...result.tally, note });
    expect({ records, lost, duplicates, outOfOrder }).toEqual({
      records: result.sent,
      lost: 0,
      duplicates: 0,
      outOfOrder: 0,
    });
  });
});
