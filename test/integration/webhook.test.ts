import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SYSTEM_CLOCK } from "../../daemon/clock.js";
import type { StoreClient } from "../../daemon/outbox/index.js";
import { createWebhookOutput, type Output, type WebhookOutputOptions } from "../../daemon/outputs/index.js";
import type { CloudEvent } from "../../daemon/records/index.js";
import { BOX, batchOf, draft, openTestStore, range, tempFolder, until } from "../store-fixture.js";

const SECRETS = [Buffer.from("the secret of today!"), Buffer.from("the secret of yesterday!")];
const QUIET = { info: () => undefined, warn: () => undefined };

interface Seen {
  readonly id: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** What the server does with the n-th request (from 1); `null`: takes it. */
type Fault = (n: number, seen: Seen, response: ServerResponse) => "done" | null;

/** A receiver that knows repeats by `webhook-id`, as the documentation asks for. */
class Receiver {
  readonly requests: Seen[] = [];
  readonly #taken = new Map<string, CloudEvent[]>();
  readonly #server: Server;
  fault: Fault = () => null;

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => this.#take(request, Buffer.concat(chunks).toString(), response));
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/in?of=box`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Records in the order in which they were taken, repeats left out. */
  get records(): CloudEvent[] {
    return [...this.#taken.values()].flat();
  }

  numbers(): unknown[] {
    return this.records.map((event) => event.data.n);
  }

  /** Takes it, for faults that lose the answer. */
  keep({ id, body }: Seen): void {
    if (!this.#taken.has(id)) this.#taken.set(id, [JSON.parse(body)].flat() as CloudEvent[]);
  }

  #take(request: IncomingMessage, body: string, response: ServerResponse): void {
    const seen = { id: String(request.headers["webhook-id"]), headers: request.headers, body };
    this.requests.push(seen);
    if (this.fault(this.requests.length, seen, response) === "done") return;
    this.keep(seen);
    response.writeHead(204).end();
  }
}

let folder: ReturnType<typeof tempFolder>;
let store: StoreClient;
let receiver: Receiver;
let url: string;
let registry: Registry;
const running: Output[] = [];

beforeEach(async () => {
  folder = tempFolder();
  receiver = new Receiver();
  url = await receiver.start();
  registry = new Registry();
  store = await openTestStore(join(folder.path, "touchline.db"), { registry, clock: SYSTEM_CLOCK });
});
afterEach(async () => {
  for (const output of running.splice(0)) await output.stop();
  await store.close();
  await receiver.stop();
  folder.remove();
});

function start(changes: Partial<WebhookOutputOptions> = {}): Output {
  const output = createWebhookOutput({
    name: "cloud",
    box: BOX,
    url,
    source: store,
    secrets: SECRETS,
    userAgent: "touchline/test",
    timeoutMs: 600,
    batch: 1,
    refused: "deadLetter",
    clock: SYSTEM_CLOCK,
    registry,
    log: QUIET,
    random: () => 0.02,
    ...changes,
  });
  running.push(output);
  output.start();
  return output;
}

const commit = (from: number, to: number) => store.commit(batchOf(range(from, to).map((n) => draft(n))));
const answer =
  (status: number, headers: Record<string, string> = {}, body = ""): Fault =>
  (_n, _seen, response) => {
    response.writeHead(status, headers).end(body);
    return "done";
  };
/** `fault` for the first `count` requests, then nothing. */
const first =
  (count: number, fault: Fault): Fault =>
  (n, seen, response) =>
    n <= count ? fault(n, seen, response) : null;

async function metric(name: string, labels: string): Promise<number> {
  const text = await registry.getSingleMetricAsString(name);
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${name}{${labels}}`));
  return Number(line?.split(" ").at(-1));
}

describe("a webhook", () => {
  it("posts each record as a structured CloudEvent, signed when it is sent, in order", async () => {
    await commit(1, 20);
    start();
    await until(() => receiver.records.length === 20);
    expect(receiver.numbers()).toEqual(range(1, 20));
    expect(receiver.records.map((event) => Number(event.sequence))).toEqual(range(1, 20));
    const [seen] = receiver.requests;
    expect(seen?.headers["content-type"]).toBe("application/cloudevents+json");
    const signed = `${seen?.id}.${seen?.headers["webhook-timestamp"]}.${seen?.body}`;
    expect(seen?.headers["webhook-signature"]).toBe(
      SECRETS.map((secret) => `v1,${createHmac("sha256", secret).update(signed).digest("base64")}`).join(" "),
    );
    expect(seen?.id).not.toContain(".");
    expect(Math.abs(Number(seen?.headers["webhook-timestamp"]) - Date.now() / 1000)).toBeLessThan(60);
    await until(async () => (await store.cursors("cloud"))[0]?.acknowledged === 20);
  });

  it("posts batches where asked, each with the same bounds when it is repeated after a crash", async () => {
    await commit(1, 5);
    receiver.fault = (_n, seen) => {
      receiver.keep(seen); // taken, but the answer never comes
      return "done";
    };
    const before = start({ batch: 3 });
    await until(() => receiver.requests.length >= 1);
    await before.stop();
    await commit(6, 9);
    receiver.fault = () => null;
    start({ batch: 100 });
    await until(() => receiver.records.length === 9);
    expect(receiver.numbers()).toEqual(range(1, 9));
    expect(receiver.requests.at(-1)?.headers["content-type"]).toBe("application/cloudevents-batch+json");
    expect(new Set(receiver.requests.map((seen) => seen.id)).size).toBe(2);
  });

  it.each<[string, Fault]>([
    ["hangs", () => "done"],
    [
      "loses its answers",
      (_n, seen, response) => {
        receiver.keep(seen);
        response.destroy();
        return "done";
      },
    ],
    ["answers 500", answer(500, {}, "oops")],
    ["redirects", answer(307, { location: "http://127.0.0.1:1/" })],
    ["answers 429", answer(429, { "retry-after": "0" })],
    ["wants other credentials", answer(401)],
  ])("sends all, once and in order, to a receiver that %s for a while", async (_name, fault) => {
    receiver.fault = first(4, fault);
    await commit(1, 10);
    const output = start();
    await until(() => receiver.records.length === 10);
    expect(receiver.numbers()).toEqual(range(1, 10));
    await until(() => output.status().state === "up");
    expect(receiver.requests.length).toBeGreaterThanOrEqual(14);
    expect(new Set(receiver.requests.map((seen) => seen.id)).size).toBe(10);
  });

  it.each<[string, Fault]>([
    ["garbage", answer(200, { "content-type": "application/json" }, "<html>\u0000")],
    [
      "a body without end",
      (_n, seen, response) => {
        receiver.keep(seen);
        response.writeHead(200);
        const pour = () => void response.write("x".repeat(64 * 1024), () => setTimeout(pour, 5));
        pour();
        return "done";
      },
    ],
    [
      "a body that does not come",
      (_n, seen, response) => {
        receiver.keep(seen);
        response.writeHead(202).flushHeaders();
        return "done";
      },
    ],
  ])("takes a yes with %s for a yes", async (_name, fault) => {
    receiver.fault = (n, seen, response) => {
      receiver.keep(seen);
      return fault(n, seen, response);
    };
    await commit(1, 5);
    const output = start();
    await until(async () => (await store.cursors("cloud"))[0]?.acknowledged === 5);
    expect(receiver.requests.length).toBe(5);
    expect(output.status().state).toBe("up");
  });

  it("waits as long as Retry-After says", async () => {
    receiver.fault = first(1, answer(503, { "retry-after": "1" }));
    await commit(1, 1);
    const began = performance.now();
    start();
    await until(() => receiver.records.length === 1);
    expect(performance.now() - began).toBeGreaterThanOrEqual(1000);
  });

  it("asks one at a time while the receiver is away, and says so", async () => {
    receiver.fault = answer(500);
    await commit(1, 3);
    await store.commit(batchOf(range(4, 6).map((n) => draft(n, { kind: "cue" }))));
    const output = start({ random: () => 0.001 });
    await until(async () => (await metric("touchline_output_circuit_open", 'output="cloud"')) === 1);
    expect(output.status().detail).toContain("answers 500");
    expect(await metric("touchline_output_errors_total", 'output="cloud",reason="server"')).toBeGreaterThan(4);
    receiver.fault = () => null;
    await until(() => receiver.records.length === 6);
    expect(await metric("touchline_output_circuit_open", 'output="cloud"')).toBe(0);
  });

  it("stops for good when the receiver is gone, and keeps the records", async () => {
    receiver.fault = answer(410);
    await commit(1, 3);
    const output = start();
    await until(() => output.status().state === "down");
    await commit(4, 6);
    await until(() => output.status().backlog === 6);
    expect(receiver.requests.length).toBe(1);
    expect(output.status().detail).toContain("wants nothing any more");
    expect((await store.cursors("cloud"))[0]?.acknowledged).toBe(0);
  });

  it.each([1, 8])(
    "puts a record aside that is refused again and again, with a tombstone in its place (batch %i)",
    async (batch) => {
      receiver.fault = (_n, seen, response) => {
        const isPoison = [JSON.parse(seen.body)].flat().some((event: CloudEvent) => event.data.n === 4);
        return isPoison ? answer(422, {}, "n must not be 4")(0, seen, response) : null;
      };
      await commit(1, 10);
      start({ batch });
      await until(() => receiver.records.length === 10);
      expect(receiver.records.map((event) => event.data.n ?? event.data)).toEqual(
        range(1, 10).map((n) => (n === 4 ? { tombstone: true, reason: "refused" } : n)),
      );
      expect(receiver.records.map((event) => Number(event.sequence))).toEqual(range(1, 10));
      expect(await metric("touchline_output_tombstones_total", 'output="cloud"')).toBe(1);
      expect(await metric("touchline_store_dead_letters_total", 'output="cloud"')).toBe(1);
    },
  );

  it("goes on when not even the tombstone is taken", async () => {
    receiver.fault = (_n, seen, response) =>
      (JSON.parse(seen.body) as CloudEvent).sequence.endsWith("2") ? answer(400)(0, seen, response) : null;
    await commit(1, 3);
    start();
    await until(() => receiver.records.length === 2);
    expect(receiver.numbers()).toEqual([1, 3]);
  });

  it("tries a refused record for ever where the policy says so", async () => {
    receiver.fault = (_n, seen, response) => (receiver.requests.length <= 12 ? answer(400)(0, seen, response) : null);
    await commit(1, 2);
    start({ refused: "wait", random: () => 0.0001 });
    await until(() => receiver.records.length === 2);
    expect(receiver.numbers()).toEqual([1, 2]);
    expect(await metric("touchline_output_tombstones_total", 'output="cloud"')).toBe(0);
  });

  it("tells what was shed before it came back, once, and goes on behind it", async () => {
    await store.close();
    const routes = [{ output: "cloud", kinds: null, classes: null, maxLagMs: 1 }];
    registry = new Registry();
    store = await openTestStore(join(folder.path, "touchline.db"), { routes, registry, clock: SYSTEM_CLOCK });
    await store.commit(batchOf(range(1, 5).map((n) => draft(n, { recordedAt: 0 as never }))));
    await new Promise((resolve) => setTimeout(resolve, 5)); // older than a millisecond on the clock that never steps
    await store.maintain();
    const lost: unknown[] = [];
    receiver.fault = first(2, answer(500));
    start({ onLost: (range) => lost.push(range) });
    await until(() => lost.length > 0);
    await store.commit(batchOf([draft(6, { recordedAt: SYSTEM_CLOCK.wall() })]));
    await until(() => receiver.records.length === 1);
    expect(receiver.records.map((event) => Number(event.sequence))).toEqual([6]);
    expect(lost).toEqual([{ output: "cloud", lane: "live", from: 1, to: 5 }]);
  });

  it("keeps order and sends once under random faults", async () => {
    let state = 12345;
    const random = () => {
      state = (state * 1103515245 + 12345) % 2147483648;
      return state / 2147483648;
    };
    receiver.fault = (n, seen, response) => {
      const dice = random();
      if (dice < 0.1) return answer(500)(n, seen, response);
      if (dice < 0.2) return answer(429)(n, seen, response);
      if (dice < 0.3) {
        receiver.keep(seen);
        response.destroy();
        return "done";
      }
      return null;
    };
    for (let n = 1; n <= 200; n += 10) {
      await commit(n, n + 9);
      await store.commit(batchOf([draft(1000 + n, { kind: "cue" })]));
    }
    start({ batch: 7, random: () => 0.001 });
    await until(() => receiver.records.length === 220);
    const lane = (name: string) => receiver.records.filter((event) => event.lane === name);
    expect(lane("live").map((event) => Number(event.sequence))).toEqual(range(1, 200));
    expect(lane("analysis").map((event) => Number(event.sequence))).toEqual(range(1, 20));
  });
});
