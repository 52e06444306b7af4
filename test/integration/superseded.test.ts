import { join } from "node:path";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SYSTEM_CLOCK } from "../../daemon/clock.js";
import type { NatsLink } from "../../daemon/link.js";
import { createNatsLink } from "../../daemon/nats-link.js";
import type { StoreClient } from "../../daemon/outbox/index.js";
import { createJetStreamOutput, type Output } from "../../daemon/outputs/index.js";
import { HAS_NATS_SERVER, natsMissing, startNatsServer, type TestServer } from "../nats-server.js";
import { BOX, batchOf, draft, ManualClock, openTestStore, range, tempFolder, until } from "../store-fixture.js";
import { readStream } from "../stream-reader.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const ANALYSIS = "TOUCHLINE_arena_a_analysis";
const TICK_MS = 10_000;
const QUIET = { info: () => undefined, warn: () => undefined };
const title = HAS_NATS_SERVER
  ? "an output that lets newer fuel records supersede older ones"
  : "skipped: nats-server is not installed: an output that lets newer fuel records supersede older ones";

describe.skipIf(natsMissing())(title, () => {
  let folder: ReturnType<typeof tempFolder>;
  let server: TestServer;
  let store: StoreClient;
  let registry: Registry;
  let clock: ManualClock;
  let link: NatsLink;
  let output: Output | null = null;

  beforeEach(async () => {
    folder = tempFolder();
    server = await startNatsServer();
    registry = new Registry();
    clock = new ManualClock();
    store = await openTestStore(join(folder.path, "touchline.db"), { registry });
    link = createNatsLink({ servers: [server.url], name: "test", clock: SYSTEM_CLOCK });
    link.start();
  });
  afterEach(async () => {
    await output?.stop();
    await link.stop();
    await store.close();
    await server.dispose();
    folder.remove();
  });

  function start(): void {
    const parts = { name: "cloud", box: BOX, source: store, link, clock, registry, log: QUIET, window: 64 };
    output = createJetStreamOutput({ ...parts, supersedeMs: TICK_MS });
    output.start();
  }

  const fuel = (from: number, to: number) =>
    store.commit(batchOf(range(from, to).map((n) => draft(n, { kind: "fuel", subject: `car-${n % 3}`, data: { n } }))));
  const acknowledged = async () => (await store.cursors("cloud")).find(({ lane }) => lane === "analysis")?.acknowledged;
  const superseded = async () =>
    (await registry.getSingleMetric("touchline_output_superseded_total")?.get())?.values[0]?.value;

  async function letTimePass(isTrue: () => Promise<boolean>): Promise<void> {
    await until(async () => {
      clock.advanceMs(200);
      return await isTrue();
    }, 90_000);
  }

  it("has each record once under its own sequence after an outage: the newest of each car whole, the others as marks that name it", async () => {
    await fuel(1, 300);
    start();
    await until(async () => (await acknowledged()) === 300);
    const records = await readStream(server.url, ANALYSIS);
    expect(records.map(({ headers }) => Number(headers["ce-sequence"]))).toEqual(range(1, 300));
    expect(new Set(records.map(({ headers }) => headers["ce-id"])).size).toBe(300);
    expect(records.slice(-3).map(({ data }) => data)).toEqual([{ n: 298 }, { n: 299 }, { n: 300 }]);
    for (const { headers, data } of records.slice(0, -3)) {
      const by = records[Number(data.by) - 1];
      expect(data).toMatchObject({ tombstone: true, reason: "superseded" });
      expect(by?.headers["ce-subject"]).toBe(headers["ce-subject"]);
    }
    expect(await superseded()).toBe(297);
  });

  it("lets fuel wait for its tick, but nothing that comes in between", async () => {
    await fuel(1, 3);
    start();
    await until(async () => (await acknowledged()) === 3);
    await fuel(4, 9);
    await store.commit(batchOf([draft(10, { kind: "cue", data: { n: 10 } })]));
    // no time has passed for the output: the cue takes what is before it along, as soon as the lane looks again
    await until(async () => (await acknowledged()) === 10);
    await fuel(11, 16);
    await store.commit(batchOf([draft(17, { kind: "event", data: {} })]));
    await until(async () => (await store.cursors("cloud")).find(({ lane }) => lane === "live")?.acknowledged === 1);
    expect(await acknowledged()).toBe(10);
    await letTimePass(async () => (await acknowledged()) === 16);
    const records = await readStream(server.url, ANALYSIS);
    expect(records.map(({ data }) => data.n ?? "mark")).toEqual([
      ...[1, 2, 3, "mark", "mark", "mark", 7, 8, 9, 10],
      ...["mark", "mark", "mark", 14, 15, 16],
    ]);
  });

  it("holds each record once when the line fails in mid-way", async () => {
    await fuel(1, 2000);
    start();
    await until(async () => ((await acknowledged()) ?? 0) > 0);
    await server.kill();
    await fuel(2001, 2100);
    await server.start();
    await letTimePass(async () => (await acknowledged()) === 2100);
    const records = await readStream(server.url, ANALYSIS);
    expect(records.map(({ headers }) => Number(headers["ce-sequence"]))).toEqual(range(1, 2100));
    const whole = records.filter(({ data }) => data.tombstone !== true).map(({ data }) => data.n);
    expect(whole.slice(-3)).toEqual([2098, 2099, 2100]);
    expect(whole.length).toBeLessThan(100);
  });
});
