import { describe, expect, it } from "vitest";
import {
  type HealthFacts,
  type HealthReport,
  HealthReporter,
  SILENT_LOGGER,
  toHealthDraft,
} from "../../../daemon/observe/index.js";
import { natsSubjectOf, type RecordDraft, validateData } from "../../../daemon/records/index.js";
import { FakeClock } from "./fake-clock.js";

const clock = new FakeClock();
const BOX = { venue: "arena", box: "a" };
const FACTS: HealthFacts = {
  versions: { touchline: "0.1.0", node: "20.19.0" },
  configHash: "sha256:ab",
  uptimeSec: 12,
  sessions: [{ session: "cup-final", sport: "football", state: "live" }],
  inputs: [],
  clock: { source: "ntp", synchronised: true, utcUncertaintySec: 0.002 },
  store: { epoch: "e1", records: 10, inboxPending: 2, databaseBytes: 4096, walBytes: 0, lastCommitAt: clock.wall() },
  outputs: [
    {
      name: "cloud",
      type: "jetstream",
      state: "down",
      since: clock.wall(),
      detail: "no server",
      lastAcknowledgedAt: null,
      backlog: 4,
    },
  ],
};
const REPORT: HealthReport = {
  live: true,
  ready: false,
  state: "failed",
  parts: [
    { part: "store", needed: "live", state: "ok", since: "2026-05-16T18:30:00.000000Z", reason: null },
    { part: "audio", needed: "ready", state: "failed", since: "2026-05-16T18:30:00.000000Z", reason: "no sound" },
    { part: "output cloud", needed: "info", state: "degraded", since: "2026-05-16T18:30:00.000000Z", reason: "away" },
  ],
};

describe("the health record", () => {
  it("is about the box, of no session, in the live lane", () => {
    const draft = toHealthDraft(FACTS, REPORT, BOX, clock.wall());
    expect(draft).toMatchObject({ kind: "health", subject: "a", time: clock.wall(), recordedAt: clock.wall() });
    expect(natsSubjectOf(draft, BOX)).toBe("touchline.out.arena.a._.health.failed._");
  });

  it("tells times as RFC 3339, depth, last acknowledgement, and an alarm for every part that is not ok", () => {
    const { data } = toHealthDraft(FACTS, REPORT, BOX, clock.wall());
    expect(data.store).toMatchObject({ depth: 2, lastCommit: "2026-05-16T18:30:00.000000Z" });
    expect(data.outputs).toEqual([expect.objectContaining({ lastAcknowledgement: null, backlog: 4 })]);
    expect(data.alarms).toEqual([
      { part: "audio", severity: "critical", since: "2026-05-16T18:30:00.000000Z", reason: "no sound" },
      { part: "output cloud", severity: "warning", since: "2026-05-16T18:30:00.000000Z", reason: "away" },
    ]);
  });

  it("is what its published schema promises", () => {
    const inputs = [
      {
        input: "ambience",
        state: "up" as const,
        since: "2026-05-16T18:30:00.000000Z",
        detail: null,
        lastBlock: null,
        blocks: 0,
        invalidSamples: 0,
      },
    ];
    for (const facts of [FACTS, { ...FACTS, inputs, store: null, outputs: [] }]) {
      expect(validateData("health", toHealthDraft(facts, REPORT, BOX, clock.wall()).data)).toEqual([]);
    }
  });

  it("is plain JSON", () => {
    const { data } = toHealthDraft(FACTS, REPORT, BOX, clock.wall());
    expect(JSON.parse(JSON.stringify(data))).toEqual(data);
  });
});

describe("the reporter", () => {
  function reporter(gather: () => Promise<HealthFacts>) {
    const drafts: RecordDraft[] = [];
    const made = new HealthReporter({
      health: { check: () => REPORT },
      box: BOX,
      clock,
      logger: SILENT_LOGGER,
      gather,
      emit: async (draft) => void drafts.push(draft),
      onReport: null,
    });
    return { made, drafts };
  }

  it("makes a record at the start and none after the stop", async () => {
    const { made, drafts } = reporter(async () => FACTS);
    made.start();
    made.start();
    await made.stop();
    expect(drafts).toHaveLength(1);
  });

  it("never has two under way, however slow the parts answer", async () => {
    let asked = 0;
    let answer: (facts: HealthFacts) => void = () => undefined;
    const { made, drafts } = reporter(() => {
      asked += 1;
      return new Promise((resolve) => {
        answer = resolve;
      });
    });
    const both = Promise.all([made.report(), made.report()]);
    answer(FACTS);
    await both;
    expect([asked, drafts.length]).toEqual([1, 1]);
  });

  it("goes on after a part that could not answer", async () => {
    let fails = true;
    const { made, drafts } = reporter(async () => {
      if (fails) throw new Error("store failed");
      return FACTS;
    });
    await made.report();
    fails = false;
    await made.report();
    expect(drafts).toHaveLength(1);
  });
});
