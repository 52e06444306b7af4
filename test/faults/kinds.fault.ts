import { describe, expect, it } from "vitest";
import { HAS_NATS_SERVER, natsMissing } from "../nats-server.js";
import {
  burst,
  CAN_MOUNT,
  clockSteps,
  FAKETIME,
  type KindResult,
  repeatedAndReordered,
  serverDiskFull,
} from "./kinds.js";
import { report } from "./report.js";

const title = HAS_NATS_SERVER ? "faults of one kind" : "skipped: nats-server is not installed: faults of one kind";
const diskTitle = CAN_MOUNT ? "the hub's disk is full" : "skipped: mounting needs root: the hub's disk is full";
const clockTitle =
  FAKETIME === null ? "skipped: libfaketime is not installed: clock" : "the box's clock jumps by hours";

function tell(fault: string, { faults, tally, unseen, evidence }: KindResult): void {
  report({ fault, faults, ...tally, lost: tally.lost + unseen, note: evidence });
  expect({ ...tally, records: 0, unseen }).toEqual({ records: 0, lost: 0, duplicates: 0, outOfOrder: 0, unseen: 0 });
}

describe.skipIf(natsMissing())(title, () => {
  it.skipIf(!CAN_MOUNT)(diskTitle, async () => tell("hub: disk full", await serverDiskFull(3)));
  it.skipIf(FAKETIME === null)(clockTitle, async () =>
    tell("box: clock ±1 h", await clockSteps([3600, -3600, 0, -7200, 3600, 0], 300)),
  );
  it("150 times the usual rate for a minute", async () =>
    tell("burst: 150 times the usual rate", await burst(150, 60)));
  it("messages come again and in any order", async () => {
    const seed = Number(process.env.TEST_SEED ?? Date.now() % 100_000);
    tell(`input: repeated, reordered (seed ${seed})`, await repeatedAndReordered(3000, seed));
  });
});
