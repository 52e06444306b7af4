import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { connect, headers, type JetStreamManager, type NatsConnection } from "nats";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SYSTEM_CLOCK } from "../../daemon/clock.js";
import type { NatsLink } from "../../daemon/link.js";
import { createNatsLink } from "../../daemon/nats-link.js";
import type { StoreClient } from "../../daemon/outbox/index.js";
import { createJetStreamOutput, type LostRecords, type Output } from "../../daemon/outputs/index.js";
import { natsFiltersOfLane } from "../../daemon/records/index.js";
import { HAS_NATS_SERVER, natsMissing, startNatsServer, type TestServer } from "../nats-server.js";
import { BOX, batchOf, draft, ManualClock, openTestStore, range, tempFolder, until } from "../store-fixture.js";

const LIVE = "TOUCHLINE_arena_a_live";
const SUBJECT = "touchline.out.arena.a.final.event.goal.home";

/** What the stream holds, as a consumer that reads from the start sees it. */
interface Seen {
  readonly sequence: number;
  readonly id: string;
  readonly body: string;
  readonly header: (name: string) => string;
}

const missing = natsMissing();
const title = HAS_NATS_SERVER ? "JetStream output" : "skipped: nats-server is not installed: JetStream output";

describe.skipIf(missing)(title, () => {
  let folder: ReturnType<typeof tempFolder>;
  let server: TestServer;
  let store: StoreClient;
  let link: NatsLink;
  let output: Output;
  let registry: Registry;
  let lost: LostRecords[];
  const cleanups: (() => Promise<unknown>)[] = [];

  beforeEach(async () => {
    folder = tempFolder();
    server = await startNatsServer();
    store = await openTestStore(join(folder.path, "touchline.db"));
    lost = [];
  });

  afterEach(async () => {
    await output?.stop();
    await link?.stop();
    await store.close();
    for (const cleanup of cleanups.splice(0)) await cleanup();
    await server.dispose();
    folder.remove();
  });

  function startOutput(window = 64): void {
    registry = new Registry();
    const log = { info: () => undefined, warn: () => undefined };
    link = createNatsLink({
      servers: [server.url],
      name: "test",
      clock: SYSTEM_CLOCK,
      pingIntervalMs: 300,
      believedForMs: 300,
      requestTimeoutMs: 1000,
    });
    output = createJetStreamOutput({
      name: "cloud",
      box: BOX,
      source: store,
      link,
      clock: SYSTEM_CLOCK,
      registry,
      log,
      window,
      onLost: (records) => lost.push(records),
    });
    link.start();
    output.start();
  }

  async function stopOutput(): Promise<void> {
    await output.stop();
    await link.stop();
  }

  async function consumer(): Promise<{ nc: NatsConnection; jsm: JetStreamManager }> {
    const nc = await connect({ servers: server.url });
    cleanups.push(() => nc.close());
    return { nc, jsm: await nc.jetstreamManager() };
  }

  async function readAll(stream = LIVE): Promise<Seen[]> {
    const { jsm } = await consumer();
    const { state } = await jsm.streams.info(stream);
    const seen: Seen[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
      const message = await jsm.streams.getMessage(stream, { seq }).catch(() => null);
      if (message === null) continue;
      const header = (name: string): string => message.header.get(name);
      seen.push({ sequence: Number(header("ce-sequence")), id: header("ce-id"), body: message.string(), header });
    }
    return seen;
  }

  async function untilDelivered(): Promise<void> {
    await until(async () => (await store.cursors("cloud")).every(({ last, acknowledged }) => acknowledged >= last));
  }

  const commit = (from: number, to: number): Promise<unknown> =>
    store.commit(batchOf(range(from, to).map((n) => draft(n))));

  async function metric(name: string): Promise<number> {
    const text = await registry.getSingleMetricAsString(`touchline_output_${name}`);
    return Number(/^[^#\n]+ (\S+)$/m.exec(text)?.[1]);
  }

  it("goes on behind what was shed while it was away, and tells what is missing once", async () => {
    await store.close();
    const routes = [{ output: "cloud", kinds: null, classes: null, maxLagMs: 1 }];
    store = await openTestStore(join(folder.path, "touchline.db"), { routes, clock: SYSTEM_CLOCK });
    const made = (from: number, to: number, recordedAt: number) =>
      store.commit(batchOf(range(from, to).map((n) => draft(n, { recordedAt: recordedAt as never }))));
    const fresh = SYSTEM_CLOCK.wall() + 3_600_000_000;
    await made(1, 3, fresh);
    startOutput();
    await untilDelivered();
    await stopOutput();
    await made(4, 6, 0);
    await made(7, 8, fresh);
    await new Promise((resolve) => setTimeout(resolve, 5)); // older than a millisecond on the clock that never steps
    expect((await store.maintain()).shed).toEqual([{ output: "cloud", count: 3 }]);
    startOutput();
    await untilDelivered();
    expect((await readAll()).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 7, 8]);
    expect(lost).toEqual([{ output: "cloud", lane: "live", from: 4, to: 6 }]);
  });

  it("delivers every lane in order to its own stream, as CloudEvents in binary mode", async () => {
    await commit(1, 100);
    await store.commit(batchOf([draft(101, { kind: "cue", class: "whistle", key: "ambience", subject: "cue ü 1" })]));
    startOutput();
    await untilDelivered();
    const live = await readAll();
    expect(live.map((message) => message.sequence)).toEqual(range(1, 100));
    expect(live[41]?.body).toBe('{"n":42}');
    const attributes = ["ce-specversion", "ce-type", "ce-source", "ce-subject", "ce-epoch", "ce-lane", "content-type"];
    expect(attributes.map((name) => live[41]?.header(name))).toEqual([
      "1.0",
      "touchline.event.v1",
      "/venues/arena/boxes/a/sessions/final",
      "ana/42",
      store.epoch,
      "live",
      "application/json",
    ]);
    expect(live[41]?.header("Nats-Msg-Id")).toBe(`a.${store.epoch}.42`);
    const analysis = await readAll("TOUCHLINE_arena_a_analysis");
    expect(analysis.map((message) => message.header("ce-subject"))).toEqual(["cue%20%C3%BC%201"]);
    expect(output.status()).toMatchObject({ state: "up", detail: null, backlog: 0 });
  });

  it("starts without a server, says so, and sends everything once it is there", async () => {
    await server.kill();
    await commit(1, 50);
    startOutput();
    await until(() => output.status().state === "connecting" && link.status().state === "stalled");
    expect(output.status().detail).toMatch(/no server answers/);
    await until(() => output.status().backlog === 50);
    await server.start();
    await untilDelivered();
    expect((await readAll()).map((message) => message.sequence)).toEqual(range(1, 50));
  });

  it("delivers each record once and in order while the server is killed again and again", async () => {
    startOutput();
    let committed = 0;
    const producing = (async () => {
      for (let i = 0; i < 300; i++) {
        await commit(committed + 1, committed + 10);
        committed += 10;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    })();
    for (let kill = 0; kill < 5; kill++) {
      await new Promise((resolve) => setTimeout(resolve, 200 + Math.random() * 400));
      await server.kill();
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
      await server.start();
    }
    await producing;
    await untilDelivered();
    const seen = await readAll();
    expect(seen.map((message) => message.sequence)).toEqual(range(1, 3000));
    expect(new Set(seen.map((message) => message.id)).size).toBe(3000);
  });

  it("notices a frozen server, and sends nothing twice when it thaws", async () => {
    startOutput();
    await commit(1, 10);
    await untilDelivered();
    server.freeze();
    await commit(11, 200);
    await until(() => output.status().state !== "up");
    server.thaw();
    await untilDelivered();
    expect((await readAll()).map((message) => message.sequence)).toEqual(range(1, 200));
  });

  it("goes on where the stream is, not where it remembers, after a restart", async () => {
    startOutput();
    await commit(1, 20);
    await untilDelivered();
    await stopOutput();
    await store.acknowledge("cloud", "live", 5); // as if the acknowledgements had been lost with the power
    await commit(21, 30);
    startOutput();
    await untilDelivered();
    expect((await readAll()).map((message) => message.sequence)).toEqual(range(1, 30));
  });

  it("continues an old stream with a new epoch after its last message", async () => {
    startOutput();
    await commit(1, 7);
    await untilDelivered();
    await stopOutput();
    const firstEpoch = store.epoch;
    await store.close();
    store = await openTestStore(join(folder.path, "fresh.db"));
    await commit(1, 3);
    startOutput();
    await untilDelivered();
    const seen = await readAll();
    expect(seen.map((message) => message.header("ce-epoch"))).toEqual([
      ...range(1, 7).map(() => firstEpoch),
      ...range(1, 3).map(() => store.epoch),
    ]);
    expect((await store.cursors("cloud"))[0]).toMatchObject({ base: 7, acknowledged: 3 });
  });

  it("steps over messages that someone else wrote into the stream, and counts them", async () => {
    startOutput();
    await commit(1, 5);
    await untilDelivered();
    const { nc } = await consumer();
    for (let i = 0; i < 3; i++) await nc.jetstream().publish(SUBJECT, "foreign");
    await commit(6, 10);
    await untilDelivered();
    expect((await readAll()).filter(({ id }) => id !== "").map(({ sequence }) => sequence)).toEqual(range(1, 10));
    expect(await metric("foreign_messages_total")).toBe(3);
  });

  it("sends again what a server lost that went back in time", async () => {
    startOutput();
    await commit(1, 20);
    await untilDelivered();
    await server.kill();
    const copy = join(folder.path, "older");
    cpSync(server.storeDir, copy, { recursive: true });
    await server.start();
    await commit(21, 60);
    await untilDelivered();
    await server.kill();
    rmSync(server.storeDir, { recursive: true });
    cpSync(copy, server.storeDir, { recursive: true });
    await server.start();
    await commit(61, 65);
    await until(async () => (await metric("went_back_total")) === 1);
    await untilDelivered();
    expect((await readAll()).map((message) => message.sequence)).toEqual(range(1, 65));
    expect(lost).toEqual([]);
  });

  it("fills a stream again that was deleted by hand, and tells what it cannot give back", async () => {
    await store.close();
    const clock = new ManualClock();
    store = await openTestStore(join(folder.path, "touchline.db"), {
      clock,
      retention: { keepMs: 0, afterDeliveryMs: 300_000 },
    });
    startOutput();
    await commit(1, 10);
    await untilDelivered();
    await store.maintain();
    clock.advanceMs(301_000);
    expect((await store.maintain()).prunedRecords).toBe(10);
    await commit(11, 15);
    await untilDelivered();
    const { jsm } = await consumer();
    await jsm.streams.delete(LIVE);
    await commit(16, 20);
    await until(async () => (await metric("lost_total")) === 10);
    await untilDelivered();
    expect((await readAll()).map((message) => message.sequence)).toEqual(range(11, 20));
    expect(lost).toEqual([{ output: "cloud", lane: "live", from: 1, to: 10 }]);
    await stopOutput();
    startOutput();
    await commit(21, 21);
    await untilDelivered();
    expect((await readAll()).at(-1)?.sequence).toBe(21);
    expect(lost.length).toBe(1);
  });

  it("sends a tombstone under the sequence of a record that is too big, and keeps the record aside", async () => {
    await commit(1, 2);
    await store.commit(batchOf([draft(3, { data: { pad: "x".repeat(1_100_000) } })]));
    await commit(4, 5);
    startOutput();
    await untilDelivered();
    const seen = await readAll();
    expect(seen.map((message) => message.sequence)).toEqual(range(1, 5));
    expect(JSON.parse(seen[2]?.body ?? "")).toEqual({ tombstone: true, reason: "tooBig" });
    expect(seen[2]?.id).toBe(`a.${store.epoch}.3`);
    expect(await metric("tombstones_total")).toBe(1);
  });

  it("refuses to go on when an older copy of the database was put back", async () => {
    await commit(1, 5);
    await store.close();
    cpSync(join(folder.path, "touchline.db"), join(folder.path, "older.db"));
    store = await openTestStore(join(folder.path, "touchline.db"));
    await commit(6, 9);
    startOutput();
    await untilDelivered();
    await stopOutput();
    await store.close();
    store = await openTestStore(join(folder.path, "older.db"));
    await store.commit(batchOf(range(6, 12).map((n) => draft(n + 1000))));
    startOutput();
    await until(() => /older copy/.test(output.status().detail ?? ""));
    expect((await readAll()).map((message) => message.body).at(-1)).toBe('{"n":9}');
    expect(output.status().state).not.toBe("up");
  });

  it("does not use a stream that takes other subjects, and says which", async () => {
    const { jsm } = await consumer();
    await jsm.streams.add({ name: LIVE, subjects: ["elsewhere"] });
    await commit(1, 1);
    startOutput();
    await until(() => /does not take touchline\.out\.arena/.test(output.status().detail ?? ""));
    await jsm.streams.delete(LIVE);
    await untilDelivered();
    expect((await readAll()).length).toBe(1);
  });

  it("tells how an existing stream is weaker than it should be, and uses it", async () => {
    const { jsm } = await consumer();
    await jsm.streams.add({ name: LIVE, subjects: ["touchline.out.arena.a.>"] });
    await store.commit(batchOf([draft(1)]));
    startOutput();
    await until(async () => (await store.cursors("cloud"))[0]?.acknowledged === 1);
    expect(await metric("stream_differences")).toBe(1);
  });

  it("holds records back while the stream is full, and goes on when there is room", async () => {
    const { jsm } = await consumer();
    const config = { name: LIVE, subjects: natsFiltersOfLane("live", BOX) };
    await jsm.streams.add({ ...config, discard: "new" as never, max_msgs: 5 });
    await commit(1, 10);
    startOutput();
    await until(async () => /maximum messages exceeded/.test(output.status().detail ?? ""));
    await until(async () => (await store.cursors("cloud"))[0]?.acknowledged === 5);
    await jsm.streams.update(LIVE, { ...config, max_msgs: 100 });
    await until(async () => (await store.cursors("cloud"))[0]?.acknowledged === 10);
    expect((await readAll()).map((message) => message.sequence)).toEqual(range(1, 10));
  });

  it("ends within its bound while the server is frozen", async () => {
    startOutput();
    await commit(1, 5);
    await untilDelivered();
    server.freeze();
    await commit(6, 10);
    await output.stop();
    expect(output.status().state).toBe("down");
    server.thaw();
  });
});

describe.skipIf(missing)("NATS link", () => {
  it("serves requests over a restart of the server, with the reply the handler gives", async () => {
    const server = await startNatsServer();
    const link = createNatsLink({ servers: [server.url], name: "test", clock: SYSTEM_CLOCK, pingIntervalMs: 300 });
    const dropped: string[] = [];
    const stop = link.subscribe({
      subject: "touchline.in.arena.log.*",
      queue: null,
      maxInFlight: 10,
      handle: async (message) => `${message.subject}:${message.body}:${message.header("x")}`,
      onDropped: (subject) => dropped.push(subject),
    });
    link.start();
    await until(() => link.status().state === "up");
    const ask = async (): Promise<string> => {
      const nc = await connect({ servers: server.url });
      const withHeader = headers();
      withHeader.set("x", "y");
      const reply = await nc.request("touchline.in.arena.log.ana", "hello", { timeout: 2000, headers: withHeader });
      await nc.close();
      return reply.string();
    };
    expect(await ask()).toBe("touchline.in.arena.log.ana:hello:y");
    await server.kill();
    await until(() => link.status().state !== "up");
    await server.start();
    await until(() => link.status().state === "up");
    expect(await ask()).toBe("touchline.in.arena.log.ana:hello:y");
    stop();
    await expect(ask()).rejects.toThrow();
    expect(dropped).toEqual([]);
    await link.stop();
    await server.dispose();
  });

  it("tells in words that the credentials are refused, and connects when they are right", async () => {
    const config = "authorization { users: [ { user: box, password: secret } ] }";
    const server = await startNatsServer({ config });
    const link = createNatsLink({ servers: [server.url], name: "test", clock: SYSTEM_CLOCK });
    link.start();
    await until(() => /refuses our credentials/.test(link.status().detail ?? ""));
    await link.stop();
    const url = server.url.replace("nats://", "nats://box:secret@");
    const allowed = createNatsLink({ servers: [url], name: "test", clock: SYSTEM_CLOCK });
    allowed.start();
    await until(() => allowed.status().state === "up");
    await allowed.stop();
    expect(allowed.status().state).toBe("down");
    await server.dispose();
  });

  it("keeps trying when the credentials file is missing", async () => {
    const link = createNatsLink({
      servers: ["nats://127.0.0.1:1"],
      name: "t",
      credsFile: "/nowhere",
      clock: SYSTEM_CLOCK,
    });
    link.start();
    await until(() => /nowhere/.test(link.status().detail ?? ""));
    await link.stop();
  });
});
