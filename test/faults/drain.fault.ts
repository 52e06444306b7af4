import { describe, expect, it } from "vitest";
import { HAS_NATS_SERVER, natsMissing } from "../nats-server.js";
import { drainOverFarLine } from "./drain.js";
import { report } from "./report.js";

const title = HAS_NATS_SERVER
  ? "drain after an outage"
  : "skipped: nats-server is not installed: drain after an outage";

describe.skipIf(natsMissing())(title, () => {
  it("is through over a line of 150 ms, while new live records go past it", async () => {
    const result = await drainOverFarLine({ backlog: 150_000, liveBacklog: 5000, roundTripMs: 150, livePerSecond: 50 });
    const { records, lost, duplicates, outOfOrder } = result.tally;
    report({
      fault: "outage over, 150 ms round trip",
      faults: 1,
      records,
      lost,
      duplicates,
      outOfOrder,
      note: `${Math.round(result.recordsPerSecond)} records/s; live p99 ${result.liveAgeP99Ms} ms old`,
    });
    expect({ records, lost, duplicates, outOfOrder }).toEqual({
      records: result.sent,
      lost: 0,
      duplicates: 0,
      outOfOrder: 0,
    });
  });
});
