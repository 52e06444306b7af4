import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect as connectTcp, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SYSTEM_CLOCK } from "../../daemon/clock.js";
import type { NatsLink } from "../../daemon/link.js";
import { createNatsLink } from "../../daemon/nats-link.js";
import type { StoreClient } from "../../daemon/outbox/index.js";
import { createJetStreamOutput, createWebhookOutput, type Output } from "../../daemon/outputs/index.js";
import { HAS_NATS_SERVER, natsMissing, startNatsServer, type TestServer } from "../nats-server.js";
import { BOX, batchOf, draft, ManualClock, openTestStore, range, tempFolder, until } from "../store-fixture.js";
import { readStream } from "../stream-reader.js";

// Real servers on a machine that may be busy: the limits are for what hangs, not for what is slow.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const LIVE = "TOUCHLINE_arena_a_live";
const ANALYSIS = "TOUCHLINE_arena_a_analysis";
/** 12,500 bytes a second. */
const RATE = 100_000;
const QUIET = { info: () => undefined, warn: () => undefined };
/** A body of about a kilobyte of words. */
const LONG = { text: "whistle, roar, beep and horn; ".repeat(33) };

let folder: ReturnType<typeof tempFolder>;
let store: StoreClient;
let registry: Registry;
let clock: ManualClock;
const running: Output[] = [];

beforeEach(async () => {
  folder = tempFolder();
  registry = new Registry();
  clock = new ManualClock();
  store = await openTestStore(join(folder.path, "touchline.db"), { registry });
});
afterEach(async () => {
  for (const output of running.splice(0)) await output.stop();
  await store.close();
  folder.remove();
});

const commit = (from: number, to: number, kind: "event" | "cue", data: Record<string, unknown>) =>
  store.commit(batchOf(range(from, to).map((n) => draft(n, { kind, data: { n, ...data } }))));

const acknowledged = async (lane: string): Promise<number> =>
  (await store.cursors("cloud")).find((cursor) => cursor.lane === lane)?.acknowledged ?? 0;

async function metric(name: string, lane: string): Promise<number> {
  const text = await registry.getSingleMetricAsString(`touchline_output_${name}`);
  return Number(new RegExp(`lane="${lane}"\\} (\\S+)$`, "m").exec(text)?.[1]);
}

/** Lets time pass, a little at a time, until it is so. */
async function letTimePass(isTrue: () => Promise<boolean>): Promise<void> {
  await until(async () => {
    clock.advanceMs(500);
    return await isTrue();
  }, 90_000);
}

const missing = natsMissing();
const title = HAS_NATS_SERVER
  ? "a capped line to NATS"
  : "skipped: nats-server is not installed: a capped line to NATS";

describe.skipIf(missing)(title, () => {
  let server: TestServer;
  let line: Server;
  let link: NatsLink;
  const sockets = new Set<Socket>();
  let bytesToServer = 0;

  beforeEach(async () => {
    server = await startNatsServer();
    bytesToServer = 0;
    line = createServer((client) => {
      const upstream = connectTcp(server.port, "127.0.0.1");
      for (const socket of [client, upstream]) sockets.add(socket.on("error", () => undefined));
      client.on("data", (data) => {
        bytesToServer += data.length;
      });
      client.pipe(upstream).pipe(client);
    });
    await new Promise<void>((resolve) => line.listen(0, "127.0.0.1", resolve));
  });
  afterEach(async () => {
    for (const output of running.splice(0)) await output.stop();
    await link.stop();
    for (const socket of sockets) socket.destroy();
    line.close();
    await server.dispose();
  });

  function start(limits: { maxRate?: number; compress?: boolean }): Output {
    const url = `nats://127.0.0.1:${(line.address() as AddressInfo).port}`;
    link = createNatsLink({ servers: [url], name: "test", clock: SYSTEM_CLOCK });
    const parts = { name: "cloud", box: BOX, source: store, link, clock, registry, log: QUIET, window: 64 };
    const output = createJetStreamOutput({ ...parts, ...limits });
    running.push(output);
    link.start();
    output.start();
    return output;
  }

  async function stop(): Promise<void> {
    for (const output of running.splice(0)) await output.stop();
    await link.stop();
  }

  it("lets a goal through at once while old analysis waits for the cap, and loses nothing", async () => {
    await commit(1, 60, "cue", LONG);
    start({ maxRate: RATE });
    await until(async () => (await acknowledged("analysis")) >= 5);
    await commit(61, 61, "event", {});
    await until(async () => (await acknowledged("live")) === 1);
    // no time has passed: what has left is the burst of a second and the record that overdrew it
    expect(await metric("sent_bytes_total", "analysis")).toBeLessThan(RATE / 8 + 3000);
    expect(await acknowledged("analysis")).toBeLessThan(12);
    // told when a record has to wait
    await until(async () => (await metric("sent_bytes_total", "analysis")) > RATE / 8);
    await letTimePass(async () => (await acknowledged("analysis")) === 60);
    expect((await readStream(server.url, ANALYSIS)).map(({ data }) => data.n)).toEqual(range(1, 60));
    expect(await metric("capped_seconds_total", "analysis")).toBeGreaterThanOrEqual(0.5);
    expect(await metric("capped_seconds_total", "live")).toBe(0);
    const counted = (await metric("sent_bytes_total", "analysis")) + (await metric("sent_bytes_total", "live"));
    expect(bytesToServer).toBeGreaterThan(counted * 0.98);
    expect(bytesToServer).toBeLessThan(counted * 1.02 + 4000); // the login, and questions about the streams
  });

  it("stops while it waits for the cap, and goes on where it was", async () => {
    await commit(1, 40, "cue", LONG);
    start({ maxRate: RATE });
    await until(async () => (await acknowledged("analysis")) >= 5);
    await stop();
    expect(await acknowledged("analysis")).toBeLessThan(12);
    start({});
    await until(async () => (await acknowledged("analysis")) === 40);
    const sequences = (await readStream(server.url, ANALYSIS)).map(({ headers }) => Number(headers["ce-sequence"]));
    expect(sequences).toEqual(range(1, 40));
  });

  it("waits for the cap over a lost connection, and sends each record once", async () => {
    await commit(1, 60, "cue", LONG);
    start({ maxRate: RATE });
    await until(async () => (await acknowledged("analysis")) >= 5);
    for (const socket of sockets) socket.destroy();
    await letTimePass(async () => (await acknowledged("analysis")) === 60);
    const sequences = (await readStream(server.url, ANALYSIS)).map(({ headers }) => Number(headers["ce-sequence"]));
    expect(sequences).toEqual(range(1, 60));
  });

  it("sends long bodies as gzip and short ones as they are, and readers get both back", async () => {
    await commit(1, 10, "event", LONG);
    await commit(11, 20, "event", {});
    start({ compress: true });
    await until(async () => (await acknowledged("live")) === 20);
    const records = await readStream(server.url, LIVE);
    expect(records.map(({ data }) => data)).toEqual([
      ...range(1, 10).map((n) => ({ n, ...LONG })),
      ...range(11, 20).map((n) => ({ n })),
    ]);
    expect(records.map(({ headers }) => headers["Content-Encoding"])).toEqual([
      ...range(1, 10).map(() => "gzip"),
      ...range(11, 20).map(() => ""),
    ]);
    expect(bytesToServer).toBeLessThan(20 * 1000 + 4000);
  });
});

describe("a capped webhook", () => {
  it("sends live records at once while analysis waits, and everything in its order in the end", async () => {
    const got: { lane: string; sequence: number }[] = [];
    const receiver = createHttpServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { lane, sequence } = JSON.parse(Buffer.concat(chunks).toString());
        got.push({ lane, sequence: Number(sequence) });
        response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/in`;
    const limits = {
      secrets: [],
      userAgent: "test",
      timeoutMs: 30_000,
      batch: 1,
      refused: "wait",
      maxRate: RATE,
    } as const;
    const output = createWebhookOutput({
      ...{ name: "cloud", box: BOX, url, source: store, clock, registry, log: QUIET, ...limits },
    });
    running.push(output);
    const of = (lane: string) => got.filter((record) => record.lane === lane).map(({ sequence }) => sequence);
    try {
      await commit(1, 30, "cue", LONG);
      output.start();
      await until(() => of("analysis").length >= 5);
      await commit(31, 32, "event", {});
      await until(() => of("live").length === 2);
      expect(of("analysis").length).toBeLessThan(12);
      await letTimePass(async () => of("analysis").length === 30);
      expect([of("live"), of("analysis")]).toEqual([range(1, 2), range(1, 30)]);
      // what was more than the burst had to be earned by time
      const bytes = await metric("sent_bytes_total", "analysis");
      expect(clock.mono() / 1e6).toBeGreaterThan((bytes - RATE / 8 - 3000) / (RATE / 8));
    } finally {
      await output.stop();
      receiver.close();
    }
  });
});
