import { describe, expect, it } from "vitest";
import { HAS_NATS_SERVER, natsMissing } from "../nats-server.js";
import { chaos, FAULTS } from "./chaos.js";
import { report, seeded } from "./report.js";

const SEED = Number(process.env.TEST_SEED ?? Date.now() % 100_000);
const title = HAS_NATS_SERVER ? "chaos" : "skipped: nats-server is not installed: chaos";

describe.skipIf(natsMissing())(title, () => {
  it(`brings 100,000 records through 32 faults, each once and in order (seed ${SEED})`, async () => {
    const random = seeded(SEED);
    const faults = Array.from({ length: 32 }, (_, n) => ({ fault: FAULTS[n % FAULTS.length]!, place: random() }))
      .sort((a, b) => a.place - b.place)
      .map(({ fault }) => fault);
    const result = await chaos({ seed: SEED, faults, upToMs: 8000, records: 106_000, batch: 100, pauseMs: 100 });
    const { lost, duplicates, outOfOrder, records } = result.tally;
    report({
      fault: "chaos: kill -9, SIGSTOP, cut lines, lost acknowledgements",
      faults: result.faults,
      records,
      lost: lost + result.unseen,
      duplicates,
      outOfOrder,
      note: `seed ${SEED}; ${result.acknowledged} acknowledged events`,
    });
    expect({ lost, duplicates, outOfOrder, unseen: result.unseen }).toEqual({
      lost: 0,
      duplicates: 0,
      outOfOrder: 0,
      unseen: 0,
    });
    expect(records).toBe(result.stored);
    expect(records).toBeGreaterThanOrEqual(100_000);
  });
});
