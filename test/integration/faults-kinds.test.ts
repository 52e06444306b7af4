import { describe, expect, it } from "vitest";
import {
  CAN_MOUNT,
  clockSteps,
  FAKETIME,
  type KindResult,
  repeatedAndReordered,
  serverDiskFull,
} from "../faults/kinds.js";
import { report } from "../faults/report.js";
import { HAS_NATS_SERVER, natsMissing } from "../nats-server.js";

const title = HAS_NATS_SERVER ? "faults of one kind, in short" : "skipped: nats-server is not installed: faults";
const diskTitle = CAN_MOUNT
  ? "lose and double nothing when the hub's disk is full"
  : "skipped: mounting needs root: disk full";
const clockTitle =
  FAKETIME === null
    ? "skipped: libfaketime is not installed: clock"
    : "lose and double nothing when the box's clock jumps an hour forth and back";

function expectNone(fault: string, { faults, tally, unseen, evidence }: KindResult): void {
  report({ fault, faults, ...tally, lost: tally.lost + unseen, note: evidence });
  expect({ ...tally, records: 0, unseen }).toEqual({ records: 0, lost: 0, duplicates: 0, outOfOrder: 0, unseen: 0 });
}

describe.skipIf(natsMissing())(title, () => {
  it.skipIf(!CAN_MOUNT)(
    diskTitle,
    async () => {
      const result = await serverDiskFull(1);
      expectNone("hub: disk full", result);
      expect(Number(/\d+/.exec(result.evidence)?.[0])).toBeGreaterThan(0);
    },
    240_000,
  );
  it.skipIf(FAKETIME === null)(
    clockTitle,
    async () => {
      const result = await clockSteps([3600, -3600], 30);
      expectNone("box: clock ±1 h", result);
      expect(Number(/\d+/.exec(result.evidence)?.[0])).toBeGreaterThanOrEqual(50); // the clock did jump
    },
    240_000,
  );
  it("loses and doubles nothing when messages come again and in any order", async () => {
    expectNone("input: repeated, reordered", await repeatedAndReordered(150, 7));
  }, 240_000);
});
