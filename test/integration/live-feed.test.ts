import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import type { StoreClient } from "../../daemon/outbox/index.js";
import { createLiveFeed, type FeedQuery, type LiveFeed, type LiveFeedOptions } from "../../daemon/outputs/index.js";
import { batchOf, draft, EVERYTHING, ManualClock, openTestStore, range, tempFolder, until } from "../store-fixture.js";

interface Told {
  readonly type: string;
  readonly epoch?: string;
  readonly reason?: string;
  readonly lane?: string;
  readonly sequence?: number;
  readonly lanes?: Record<string, { last: number; oldest: number }>;
  readonly events?: unknown[];
}

let folder: ReturnType<typeof tempFolder>;
let store: StoreClient;
let feed: LiveFeed;
let registry: Registry;
let server: Server;
const sockets: WebSocket[] = [];

beforeEach(async () => {
  folder = tempFolder();
  store = await openTestStore(join(folder.path, "t.db"), { routes: [{ ...EVERYTHING, output: "feed" }] });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await feed.stop();
  await store.close();
  server.close();
  folder.remove();
});

async function serve(options: Partial<LiveFeedOptions> = {}): Promise<void> {
  registry = new Registry();
  const log = { info: () => undefined, warn: () => undefined };
  feed = createLiveFeed({ name: "feed", source: store, clock: new ManualClock(), registry, log, ...options });
  feed.start();
  server = createServer();
  const upgrader = new WebSocketServer({ server });
  upgrader.on("connection", (socket, request) => {
    feed.handleConnection(socket, Object.fromEntries(new URL(request.url ?? "", "http://x").searchParams));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
}

interface Client {
  readonly socket: WebSocket;
  readonly told: Told[];
  readonly closed: Promise<number>;
  sequences(lane?: string): number[];
}

function connectClient(query: FeedQuery = {}): Client {
  const { port } = server.address() as AddressInfo;
  const search = new URLSearchParams(query as Record<string, string>);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/feed?${search}`);
  sockets.push(socket);
  const told: Told[] = [];
  socket.on("message", (data) => told.push(JSON.parse(String(data)) as Told));
  const closed = new Promise<number>((resolve) => socket.on("close", resolve));
  const sequences = (lane = "live"): number[] =>
    told
      .filter((message) => message.type === "record" && message.lane === lane)
      .map((message) => message.sequence ?? 0);
  return { socket, told, closed, sequences };
}

const commit = (from: number, to: number): Promise<unknown> =>
  store.commit(batchOf(range(from, to).map((n) => draft(n))));

async function dropped(reason: string): Promise<number> {
  const text = await registry.getSingleMetricAsString("touchline_feed_dropped_total");
  return Number(new RegExp(`reason="${reason}"} (\\d+)`).exec(text)?.[1]);
}

describe("live feed", () => {
  it("greets a new client, gives it the snapshot, then what comes", async () => {
    await commit(1, 5);
    await serve({ snapshot: async () => [{ id: "x" }] });
    const client = connectClient();
    await until(() => client.told.length === 3);
    expect(client.told[0]).toMatchObject({
      type: "hello",
      epoch: store.epoch,
      lanes: { live: { last: 5, oldest: 1 } },
    });
    expect(client.told[1]).toEqual({ type: "resync", reason: "new" });
    expect(client.told[2]).toEqual({ type: "snapshot", events: [{ id: "x" }] });
    await commit(6, 8);
    await until(() => client.told.length === 6);
    expect(client.sequences()).toEqual([6, 7, 8]);
    expect(client.told[3]).toMatchObject({ event: { data: { n: 6 }, sequence: "000000000006" } });
  });

  it("resumes each lane after the sequence the client has, without a gap or a repeat, while more is committed", async () => {
    await commit(1, 1000);
    await store.commit(batchOf(range(1, 5).map((n) => draft(n, { kind: "cue" }))));
    await serve();
    const client = connectClient({ epoch: store.epoch, live: 400, analysis: 2 });
    for (let n = 1001; n <= 1300; n += 10) await commit(n, n + 9);
    await until(() => client.sequences().length >= 900);
    expect(client.sequences()).toEqual(range(401, 1300));
    expect(client.sequences("analysis")).toEqual([3, 4, 5]);
    expect(client.told.some((message) => message.type === "resync")).toBe(false);
  });

  it.each([
    ["another epoch", { epoch: "other", live: 1 }, "epoch"],
    ["a sequence that was never given", { live: 99 }, "ahead"],
    ["nonsense", { live: "-7; DROP TABLE" }, "new"],
  ])("tells a client that names %s to resynchronise", async (_, query, reason) => {
    await commit(1, 3);
    await serve();
    const client = connectClient({ epoch: store.epoch, ...query });
    await until(() => client.told.some((message) => message.type === "resync"));
    expect(client.told[1]).toEqual({ type: "resync", reason });
    await commit(4, 4);
    await until(() => client.sequences().length === 1);
    expect(client.sequences()).toEqual([4]);
  });

  it("drops a client that does not read, says so by code, and serves the others", async () => {
    await serve({ maxQueueBytes: 200_000 });
    const slow = connectClient();
    const good = connectClient();
    await until(() => slow.told.length === 2 && good.told.length === 2);
    slow.socket.pause();
    const big = (n: number): ReturnType<typeof draft> => draft(n, { data: { pad: "x".repeat(100_000) } });
    let n = 0;
    while ((await dropped("slow")) === 0) {
      await store.commit(batchOf([big(++n)]));
      await until(() => good.sequences().length === n);
    }
    slow.socket.resume();
    expect([4008, 1006]).toContain(await slow.closed);
    expect(good.sequences()).toEqual(range(1, n));
  });

  it("cuts a client that does not answer pings", async () => {
    await serve({ pingEveryMs: 50 });
    const dead = connectClient();
    const good = connectClient();
    await until(() => dead.told.length === 2 && good.told.length === 2);
    dead.socket.pause();
    await until(async () => (await dropped("dead")) === 1);
    await commit(1, 1);
    await until(() => good.sequences().length === 1);
    expect(good.socket.readyState).toBe(WebSocket.OPEN);
  });

  it("turns clients away above its number", async () => {
    await serve({ maxClients: 2 });
    const first = [connectClient(), connectClient()];
    await until(() => first.every((client) => client.told.length === 2));
    expect(await connectClient().closed).toBe(1013);
    expect(await dropped("full")).toBe(1);
  });

  it("hangs up on everybody when it stops, and holds no rows back", async () => {
    await serve();
    const client = connectClient();
    await until(() => client.told.length === 2);
    await commit(1, 3);
    await until(() => client.sequences().length === 3);
    await feed.stop();
    expect(await client.closed).toBe(1001);
    expect((await store.cursors("feed"))[0]?.acknowledged).toBe(3);
  });
});
