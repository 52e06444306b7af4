import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runBigChild } from "../big-child.js";
import { makeBigStore } from "../big-store.js";
import { tempFolder } from "../store-fixture.js";

/** All of what is unsent would be this much in memory at once; V8's own heap breathes by less. */
const UNSENT_MB = 95;
const PAGES_LIMIT_BYTES = 64e6;

describe("a store far larger than what is held in memory", { timeout: 300_000 }, () => {
  let folder: ReturnType<typeof tempFolder>;
  beforeAll(() => {
    folder = tempFolder();
  });
  afterAll(() => folder.remove());

  it("hands everything over in order, in pages, with a bounded log", () => {
    const path = join(folder.path, "big.db");
    const { unsent } = makeBigStore(path, 120e6, 0.8);
    const run = runBigChild(path, "drain");
    expect(run).toMatchObject({ read: unsent, lost: 0, outOfPlace: 0 });
    expect(run.driftMb).toBeLessThan(0.8 * UNSENT_MB);
    expect(run.walBytes).toBeLessThan(PAGES_LIMIT_BYTES);
  });

  it("keeps what an outage left, and loses none of it", () => {
    const run = runBigChild(join(folder.path, "outage.db"), 10_000);
    expect(run).toMatchObject({ stored: 10_000, read: 10_000, lost: 0, outOfPlace: 0 });
  });
});
