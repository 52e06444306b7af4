import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HAS_DISK_SHIM } from "../disk-shim.js";
import { cutAndOpen, recordRun } from "../power-cut.js";
import { tempFolder } from "../store-fixture.js";

const SEED = Number(process.env.TOUCHLINE_SEED ?? 1);
const title = HAS_DISK_SHIM ? "a power cut" : "skipped: there is no C compiler: a power cut";

describe.skipIf(!HAS_DISK_SHIM)(title, () => {
  let folder: ReturnType<typeof tempFolder>;
  let changes: ReturnType<typeof recordRun>;
  beforeAll(() => {
    folder = tempFolder();
    changes = recordRun(folder.path, 150);
  });
  afterAll(() => folder.remove());

  it.each(["lost", "some", "torn"] as const)(
    "loses nothing acknowledged and damages nothing, unflushed writes being %s",
    (unflushed) => {
      const result = cutAndOpen(changes, { folder: folder.path, cuts: 8, seed: SEED, unflushed });
      expect(result).toMatchObject({ lost: 0, damaged: 0 });
      expect(result.acknowledged).toBeGreaterThan(0);
    },
  );

  it("would be noticed: on a disk that does not flush its log acknowledged records are lost", () => {
    const options = { folder: folder.path, cuts: 8, seed: SEED, unflushed: "lost" as const, ignoreFlushes: true };
    expect(cutAndOpen(changes, options).lost).toBeGreaterThan(0);
  });
});
