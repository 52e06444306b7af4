import { rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runBigChild } from "../big-child.js";
import { makeBigStore } from "../big-store.js";
import { tempFolder } from "../store-fixture.js";
import { report } from "./report.js";

const BIG_BYTES = 5e9;
/** Two hours at 2000 records a second. */
const OUTAGE_RECORDS = Number(process.env.TOUCHLINE_OUTAGE_RECORDS ?? 14_400_000);
const OUTAGE_BYTES_PER_RECORD = 1000;
const FLAT_MB = 20;

const { bavail, bsize } = statfsSync(tmpdir());
const hasRoom = bavail * bsize > 1.5 * Math.max(BIG_BYTES, OUTAGE_RECORDS * OUTAGE_BYTES_PER_RECORD);
const title = hasRoom ? "large stores" : "skipped: too little room on the disk: large stores";

describe.skipIf(!hasRoom)(title, () => {
  it("5 GB are opened and handed over in flat memory", () => {
    const folder = tempFolder();
    const path = join(folder.path, "big.db");
    const { unsent } = makeBigStore(path, BIG_BYTES, 0.1);
    const run = runBigChild(path, "drain");
    report({
      fault: "start with a store of 5 GB",
      ...{ faults: 1, records: run.read, lost: run.lost, duplicates: 0, outOfOrder: run.outOfPlace },
      note: `open in ${run.openSeconds.toFixed(2)} s; ${run.rssMb.toFixed(0)} MB, drift ${run.driftMb.toFixed(0)} MB`,
    });
    rmSync(folder.path, { recursive: true });
    expect(run).toMatchObject({ read: unsent, lost: 0, outOfPlace: 0 });
    expect(run.driftMb).toBeLessThan(FLAT_MB);
  });

  it("an outage of two hours at 2000 records a second loses nothing", () => {
    const folder = tempFolder();
    const run = runBigChild(join(folder.path, "outage.db"), OUTAGE_RECORDS);
    report({
      fault: "outage of 2 h at 2000 records/s, at speed",
      ...{ faults: 1, records: run.read, lost: run.lost, duplicates: 0, outOfOrder: run.outOfPlace },
      note: `${run.rssMb.toFixed(0)} MB, drift ${run.driftMb.toFixed(0)} MB; log ${(run.walBytes / 1e6).toFixed(0)} MB; loop p99 ${run.loopP99Ms.toFixed(1)} ms late`,
    });
    rmSync(folder.path, { recursive: true });
    expect(run).toMatchObject({ read: OUTAGE_RECORDS, lost: 0, outOfPlace: 0 });
    expect(run.driftMb).toBeLessThan(FLAT_MB);
  });
});
