import { describe, expect, it } from "vitest";
import { chaos, FAULTS } from "../faults/chaos.js";
import { report } from "../faults/report.js";
import { HAS_NATS_SERVER, natsMissing } from "../nats-server.js";

const SEED = Number(process.env.TEST_SEED ?? Date.now() % 100_000);
const title = HAS_NATS_SERVER ? "chaos, in short" : "skipped: nats-server is not installed: chaos, in short";

describe.skipIf(natsMissing())(title, () => {
  it(`brings every acknowledged event to the consumer, each revision once and in order, through every fault (seed ${SEED})`, async () => {
    const result = await chaos({ seed: SEED, faults: FAULTS, upToMs: 2500, records: 0, batch: 10, pauseMs: 20 });
    const { lost, duplicates, outOfOrder, records } = result.tally;
    report({
      fault: "chaos, in short",
      faults: result.faults,
      records,
      lost,
      duplicates,
      outOfOrder,
      note: `seed ${SEED}`,
    });
    expect({ lost, duplicates, outOfOrder, unseen: result.unseen }).toEqual({
      lost: 0,
      duplicates: 0,
      outOfOrder: 0,
      unseen: 0,
    });
    expect(result.acknowledged).toBeGreaterThan(100);
    expect(records).toBe(result.stored);
  }, 300_000);
});
