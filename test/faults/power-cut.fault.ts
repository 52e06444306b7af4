import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HAS_DISK_SHIM } from "../disk-shim.js";
import { cutAndOpen, recordRun } from "../power-cut.js";
import { tempFolder } from "../store-fixture.js";
import { report } from "./report.js";

const SEED = Number(process.env.TOUCHLINE_SEED ?? Math.floor(Math.random() * 1e9));
const CUTS = 200;
const title = HAS_DISK_SHIM ? "power cuts" : "skipped: there is no C compiler: power cuts";

describe.skipIf(!HAS_DISK_SHIM)(title, { timeout: 3_600_000 }, () => {
  let folder: ReturnType<typeof tempFolder>;
  let changes: ReturnType<typeof recordRun>;
  beforeAll(() => {
    folder = tempFolder();
    changes = recordRun(folder.path, 400);
  });
  afterAll(() => folder.remove());

  it.each(["lost", "some", "torn"] as const)("lose nothing, unflushed writes being %s", (unflushed) => {
    const { acknowledged, lost, damaged } = cutAndOpen(changes, {
      folder: folder.path,
      cuts: CUTS,
      seed: SEED,
      unflushed,
    });
    report({
      fault: `power cut, unflushed writes ${unflushed}`,
      ...{ faults: CUTS, records: acknowledged, lost, duplicates: 0, outOfOrder: 0 },
      note: `${damaged} damaged databases; seed ${SEED}`,
    });
    expect({ lost, damaged }, `seed ${SEED}`).toEqual({ lost: 0, damaged: 0 });
  });

  it("are noticed where a disk does not flush its log", () => {
    const options = { folder: folder.path, cuts: 20, seed: SEED, unflushed: "lost" as const, ignoreFlushes: true };
    expect(cutAndOpen(changes, options).lost).toBeGreaterThan(0);
  });
});
