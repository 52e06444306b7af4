import { describe, expect, it } from "vitest";
import { Engine } from "../../../daemon/engine.js";
import type { AcceptedMessage, Store } from "../../../daemon/outbox/index.js";
import { Pipeline } from "../../../daemon/pipeline.js";
import { readInboxMessage } from "../../../daemon/read-message.js";
import type { SessionSpec } from "../../../daemon/session-cores.js";
import { profileOf } from "../../../daemon/sport-profiles.js";
import type { MonoMicros, UnixMicros } from "../../../sync/index.js";
import { FakeStore } from "./fake-store.js";

const SESSION: SessionSpec = {
  session: "cup",
  sport: "football",
  name: null,
  scheduledStart: null,
  scheduledEnd: null,
  channels: null,
};
const START = Date.UTC(2026, 4, 16, 18, 30) * 1000;

function setUp(store = new FakeStore(), mono: (() => number) | null = null) {
  let now = START;
  const failures: unknown[] = [];
  const dropped: string[] = [];
  const pipeline = new Pipeline({
    sessions: [SESSION],
    defaultSession: SESSION,
    profileOf,
    utcUncertaintySec: 0.02,
    maxSessions: 4,
  });
  const engine = new Engine({
    store: store as unknown as Store,
    pipeline,
    clock: { wall: () => now as UnixMicros, mono: () => (mono?.() ?? now) as MonoMicros },
    readMessage: (message) => readInboxMessage(message, SESSION.session),
    observer: {
      committed: () => undefined,
      failed: (error) => failures.push(error),
      dropped: (what) => dropped.push(what),
    },
  });
  const log = async (...ids: string[]): Promise<AcceptedMessage[]> =>
    store.accept(
      ids.map((id) => ({
        what: "log",
        from: "test",
        arrival: now as UnixMicros,
        body: JSON.stringify({ id, logger: "scout", class: "foul", stamp: new Date(now / 1000).toISOString() }),
      })),
    );
  const advance = (seconds: number) => {
    now += seconds * 1e6;
  };
  return { store, engine, pipeline, log, advance, failures, dropped };
}

const eventsOf = (store: FakeStore) => store.records.filter(({ kind }) => kind === "event");

describe("Engine", () => {
  it("commits an event's first revision, its snapshot and the inbox mark in one batch", async () => {
    const { store, engine, log } = setUp();
    await engine.start();
    engine.accepted(await log("1"));
    await engine.settle();
    const batch = store.committed.find(({ consumedInbox }) => consumedInbox === 1);
    expect(batch?.records.map(({ subject }) => subject)).toContain("scout/1");
    expect(batch?.snapshots.map(({ core }) => core)).toEqual(["session:cup"]);
  });

  it("works in what was accepted before a restart, in order, before what comes after it", async () => {
    const store = new FakeStore();
    const before = setUp(store);
    await before.log("1", "2");
    const after = setUp(store);
    const starting = after.engine.start();
    after.engine.accepted(await after.log("3"));
    await starting;
    await after.engine.settle();
    const first = eventsOf(store).filter(({ data }) => data.revision === 1);
    expect(first.map(({ subject }) => subject)).toEqual(["scout/1", "scout/2", "scout/3"]);
    expect(store.consumedInbox).toBe(3);
  });

  it("keeps the order of the inbox when more arrives than it holds in memory", async () => {
    const { store, engine, log } = setUp();
    await engine.start();
    const ids = Array.from({ length: 6000 }, (_, index) => String(index + 1));
    let release: () => void = () => undefined;
    store.gate = new Promise((resolve) => {
      release = resolve;
    });
    for (let at = 0; at < ids.length; at += 500) engine.accepted(await log(...ids.slice(at, at + 500)));
    release();
    await engine.settle();
    const first = eventsOf(store).filter(({ data }) => data.revision === 1);
    expect(first.map(({ subject }) => subject)).toEqual(ids.map((id) => `scout/${id}`));
  }, 60_000);

  it("gives the thread back while it works a large batch in, and commits it as one", async () => {
    let micros = 0;
    const { store, engine, log } = setUp(new FakeStore(), () => (micros += 1000));
    await engine.start();
    let turns = 0;
    let isWorking = true;
    const count = (): void => {
      turns += 1;
      if (isWorking) setImmediate(count);
    };
    setImmediate(count);
    engine.accepted(await log(...Array.from({ length: 200 }, (_, index) => String(index + 1))));
    await engine.settle();
    isWorking = false;
    // each look at the clock takes a millisecond: 200 messages are 25 slices of eight
    expect(turns).toBeGreaterThanOrEqual(20);
    expect(store.committed.filter(({ consumedInbox }) => consumedInbox !== null)).toHaveLength(1);
    expect(store.consumedInbox).toBe(200);
  });

  it("goes on from the snapshot as if nothing had happened: revisions neither repeat nor skip", async () => {
    const { store, engine, log, advance } = setUp();
    await engine.start();
    engine.accepted(await log("1"));
    await engine.settle();
    const again = setUp(store);
    expect(again.pipeline.restore(store.latestSnapshots)).toEqual([]);
    advance(5);
    again.advance(5);
    await again.engine.start();
    engine.accepted([]);
    again.engine.accepted(await again.log("2"));
    await again.engine.settle();
    const revisions = eventsOf(store).filter(({ subject }) => subject === "scout/1");
    expect(revisions.map(({ data }) => data.revision)).toEqual(revisions.map((_, index) => index + 1));
  });

  it("holds a bounded amount while no commit goes through, and tells what it drops", async () => {
    const { store, engine, log, dropped } = setUp();
    await engine.start();
    let release: () => void = () => undefined;
    store.gate = new Promise((resolve) => {
      release = resolve;
    });
    for (let index = 0; index < 30_000; index++) engine.snapshot({ core: `listener:${index}`, version: 1, body: "" });
    engine.accepted(await log("1"));
    release();
    await engine.settle();
    expect(dropped.length).toBeGreaterThan(9_000);
    expect(eventsOf(store).map(({ subject }) => subject)).toContain("scout/1");
  });

  it("tells a failed store once and takes no more", async () => {
    const { store, engine, log, failures } = setUp();
    await engine.start();
    store.failure = new Error("disk gone");
    engine.accepted(await log("1"));
    await engine.settle();
    engine.accepted(await log("2"));
    await engine.settle();
    expect(failures).toEqual([store.failure]);
  });
});
