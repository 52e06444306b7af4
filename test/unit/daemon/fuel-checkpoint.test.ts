import { describe, expect, it } from "vitest";
import { Engine } from "../../../daemon/engine.js";
import type { FuelLane } from "../../../daemon/fuel-lane.js";
import { sampleOfMessage, type TelemetrySample, toBatch } from "../../../daemon/inputs/index.js";
import { INBOX_KEPT_CORE, type InboxMessage } from "../../../daemon/outbox/index.js";
import { Pipeline } from "../../../daemon/pipeline.js";
import { readInboxMessage } from "../../../daemon/read-message.js";
import type { RecordDraft } from "../../../daemon/records/index.js";
import type { SessionSpec } from "../../../daemon/session-cores.js";
import { profileOf } from "../../../daemon/sport-profiles.js";
import type { MonoMicros, UnixMicros } from "../../../sync/index.js";
import { FakeStore } from "./fake-store.js";

const RACE: SessionSpec = {
  session: "race",
  sport: "motorsport",
  name: null,
  scheduledStart: null,
  scheduledEnd: null,
  channels: null,
};
const NOW = (Date.UTC(2026, 4, 16) * 1000) as UnixMicros;

/** A lane that adds up rpm and tells the sum at every tenth sample: what must be the same after a kill. */
class SummingLane {
  readonly session = "race";
  readonly counters = {};
  readonly refused = {};
  cars = 1;
  sum = 0;
  count = 0;
  hasUnsaved = false;
  #mustSave = false;

  samples(samples: readonly TelemetrySample[], _arrival: UnixMicros, now: UnixMicros): RecordDraft[] {
    this.hasUnsaved = true;
    const drafts: RecordDraft[] = [];
    for (const { rpm } of samples) {
      this.sum += rpm;
      this.count += 1;
      if (this.count % 10 !== 0) continue;
      this.#mustSave = true;
      const data = { sum: this.sum, count: this.count };
      drafts.push({
        kind: "fuel",
        session: "race",
        subject: "1",
        class: "neutral",
        key: "1",
        time: now,
        recordedAt: now,
        data,
      });
    }
    return drafts;
  }

  race = () => [];
  tick = () => [];
  nextDue = () => null;
  end = () => [];
  takeMomentMarks = () => [];
  mustSave = () => this.#mustSave;

  snapshot(): string {
    this.hasUnsaved = false;
    this.#mustSave = false;
    return JSON.stringify([this.sum, this.count]);
  }

  restore(_version: number, body: string): boolean {
    [this.sum = 0, this.count = 0] = JSON.parse(body) as number[];
    return true;
  }
}

async function startOn(store: FakeStore) {
  const lane = new SummingLane();
  const pipeline = new Pipeline({
    sessions: [RACE],
    defaultSession: RACE,
    profileOf,
    utcUncertaintySec: 0.02,
    maxSessions: 4,
    createFuelLane: () => lane as unknown as FuelLane,
  });
  const snapshots = store.latestSnapshots;
  expect(pipeline.restore(snapshots)).toEqual([]);
  const failures: unknown[] = [];
  const engine = new Engine({
    store: store as never,
    pipeline,
    clock: { wall: () => NOW, mono: () => 0 as MonoMicros },
    readMessage: (message) => readInboxMessage(message, "race"),
    kept: snapshots.find(({ core }) => core === INBOX_KEPT_CORE)?.body ?? null,
    observer: { committed: () => undefined, failed: (error) => failures.push(error), dropped: () => undefined },
  });
  await engine.start();
  await engine.settle();
  expect(failures).toEqual([]);
  return { engine, lane };
}

const telemetry = (rpm: number): InboxMessage => ({
  what: "telemetry",
  from: "test",
  arrival: NOW,
  body: JSON.stringify(toBatch([sampleOfMessage({ car: "1", t: rpm, rpm })], null)),
});
const log = (id: string): InboxMessage => ({
  what: "log",
  from: "test",
  arrival: NOW,
  body: JSON.stringify({ id, logger: "l", class: "caution" }),
});

describe("a restart in mid-race", () => {
  it.each([3, 10, 14, 27])("goes on exactly where the totals were, killed after %i samples", async (killAfter) => {
    const store = new FakeStore();
    let running = await startOn(store);
    for (let i = 1; i <= 40; i++) {
      running.engine.accepted(await store.accept([telemetry(i)]));
      if (i % 4 === 0) running.engine.accepted(await store.accept([log(`e${i}`)]));
      await running.engine.settle();
      // The old process is left as it stands: all that the new one has is what was committed.
      if (i === killAfter) running = await startOn(store);
    }
    expect(running.lane.sum).toBe((40 * 41) / 2);
    const sums = store.records.filter(({ kind }) => kind === "fuel").map(({ data }) => data);
    expect(sums).toEqual([10, 20, 30, 40].map((count) => ({ sum: (count * (count + 1)) / 2, count })));
    const events = store.records.filter(({ kind, data }) => kind === "event" && data.revision === 1);
    expect(events).toHaveLength(10);
  });

  it("keeps consumed telemetry in the inbox no longer than until it is in a snapshot", async () => {
    const store = new FakeStore();
    const { engine } = await startOn(store);
    const kept = () => store.latestSnapshots.find(({ core }) => core === INBOX_KEPT_CORE)?.body;
    for (let i = 1; i <= 9; i++) engine.accepted(await store.accept([telemetry(i)]));
    await engine.settle();
    expect(kept()).toBe("0:9");
    engine.accepted(await store.accept([telemetry(10)]));
    await engine.settle();
    expect(kept()).toBe("10:10");
  });
});
