import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StoreClient } from "../../daemon/outbox/index.js";
import { seeded } from "../faults/report.js";
import { batchOf, draft, EVERYTHING, ManualClock, openTestStore, range, tempFolder } from "../store-fixture.js";

const SEED = Number(process.env.TOUCHLINE_SEED ?? 7);
const FIVE_MINUTES_MS = 300_000;
/** So small that the age for which delivered records are kept never holds. */
const PRESSED = { maxBytes: 10_000, keepMs: 24 * 3_600_000, afterDeliveryMs: FIVE_MINUTES_MS };
const OUTPUTS = ["cloud", "slow"] as const;

let folder: ReturnType<typeof tempFolder>;
let clock: ManualClock;
let store: StoreClient;
beforeEach(async () => {
  folder = tempFolder();
  clock = new ManualClock();
  store = await openTestStore(join(folder.path, "touchline.db"), {
    clock,
    retention: PRESSED,
    routes: OUTPUTS.map((output) => ({ ...EVERYTHING, output })),
  });
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

async function readable(output: string, after: number): Promise<unknown[]> {
  return (await store.read(output, "live", after, 1000)).map(({ event }) => event.data.n);
}

describe("retention in a store that is over its size", () => {
  it("lets go of the kept age, but not of the five minutes after delivery", async () => {
    await store.commit(batchOf(range(1, 10).map((n) => draft(n))));
    for (const output of OUTPUTS) await store.acknowledge(output, "live", 10);
    await store.maintain();
    clock.advanceMs(FIVE_MINUTES_MS - 1000);
    expect((await store.maintain()).prunedRecords).toBe(0);
    expect(await readable("cloud", 0)).toEqual(range(1, 10));
    clock.advanceMs(20_000);
    expect((await store.maintain()).prunedRecords).toBe(10);
  });

  it("never takes what an output waits for, nor what was delivered less than five minutes ago, whatever happens", async () => {
    const random = seeded(SEED);
    let stored = 0;
    let pruned = 0;
    const acknowledged = new Map<string, number>(OUTPUTS.map((output) => [output, 0]));
    /** By number: since when all outputs have it. */
    const deliveredAt = new Map<number, number>();
    for (let step = 0; step < 250; step++) {
      const action = random();
      if (action < 0.35) {
        const count = 1 + Math.floor(random() * 5);
        await store.commit(batchOf(range(stored + 1, stored + count).map((n) => draft(n))));
        stored += count;
      } else if (action < 0.7) {
        const output = OUTPUTS[random() < 0.6 ? 0 : 1];
        const before = acknowledged.get(output) ?? 0;
        const upTo = before + Math.floor(random() * (stored - before + 1));
        await store.acknowledge(output, "live", upTo);
        acknowledged.set(output, upTo);
      } else clock.advanceMs(random() * 120_000);
      const everywhere = Math.min(...acknowledged.values());
      for (const n of range(1, everywhere)) if (!deliveredAt.has(n)) deliveredAt.set(n, clock.mono());
      pruned += (await store.maintain()).prunedRecords;
      const needed = range(1, stored).find((n) => {
        const at = deliveredAt.get(n);
        return at === undefined || clock.mono() - at < FIVE_MINUTES_MS * 1000;
      });
      const label = `seed ${SEED}, step ${step}`;
      for (const output of OUTPUTS) {
        const found = await readable(output, (needed ?? stored + 1) - 1);
        expect(found, label).toEqual(needed === undefined ? [] : range(needed, stored));
      }
    }
    expect(pruned).toBeGreaterThan(50);
  });
});
