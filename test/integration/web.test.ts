import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { TouchlineError } from "../../daemon/errors.js";
import { createMetrics, type HealthReport } from "../../daemon/observe/index.js";
import { PACKAGE_ROOT } from "../../daemon/package-files.js";
import { loadTokens, TokenSet, type WebServerDeps } from "../../daemon/web/index.js";
import { findTool } from "../unit/systemd/tools.js";
import { BANDS_HZ, eventRecord, HEALTHY, startWeb, type WebFixture } from "./web-fixture.js";

const TOKEN = "0123456789abcdef0123";
let web: WebFixture;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "touchline-web-"));
  return () => rmSync(folder, { recursive: true, force: true });
});
afterEach(() => web.server.stop());

async function start(overrides: Partial<WebServerDeps> = {}): Promise<void> {
  web = await startWeb(overrides);
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

/** Node's own client: fetch does not let a test choose Host and Origin. */
function ask(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
) {
  return new Promise<Answer>((resolve, reject) => {
    const request = httpRequest(new URL(path, web.url), { ...options, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        const isJson = String(response.headers["content-type"]).includes("json") && text !== "";
        const json = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
      });
    });
    request.on("error", reject);
    request.end(options.body);
  });
}

function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return ask(path, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: text });
}

describe("taking messages", () => {
  it("answers 202 with a receipt once the message is durable", async () => {
    await start();
    const { status, json } = await post("/v1/in/log", { id: "1" });
    expect(status).toBe(202);
    expect(json).toEqual({ accepted: 1, rejected: 0, receipts: [{ status: "accepted", inboxId: 1 }] });
    expect(web.sink.taken).toEqual([{ what: "log", message: { id: "1" }, from: "http" }]);
  });

  it("does not answer before the commit", async () => {
    let commit: () => void = () => undefined;
    await start({
      sink: {
        accept: () =>
          new Promise((resolve) => {
            commit = () => resolve([{ status: "accepted", inboxId: 1 }]);
          }),
      },
    });
    let isAnswered = false;
    const answer = post("/v1/in/log", { id: "1" }).then((got) => {
      isAnswered = true;
      return got;
    });
    await ask("/version");
    await ask("/version");
    expect(isAnswered).toBe(false);
    commit();
    expect((await answer).status).toBe(202);
  });

  it("takes an array, and answers 207 when some are rejected, each with its receipt in order", async () => {
    await start();
    const { status, json } = await post("/v1/in/log", [{ id: "1" }, { no: 1 }, { id: "2" }]);
    expect(status).toBe(207);
    expect(json.receipts).toEqual([
      { status: "accepted", inboxId: 1 },
      { status: "rejected", code: "LOG_BAD_MESSAGE", message: "id is missing" },
      { status: "accepted", inboxId: 2 },
    ]);
  });

  it("takes a line per message and names the line of a broken one, which harms no other", async () => {
    await start();
    const body = '{"id":"1"}\n\n{"id":\n{"id":"2"}\n';
    const { status, json } = await post("/v1/in/log", body, { "content-type": "application/x-ndjson" });
    expect(status).toBe(207);
    expect(json.receipts).toEqual([
      { status: "accepted", inboxId: 1 },
      { status: "rejected", code: "BAD_JSON", message: "line 3, column 7: the JSON ends too early" },
      { status: "accepted", inboxId: 2 },
    ]);
  });

  it("answers 422 when all are rejected", async () => {
    await start();
    const { status, json } = await post("/v1/in/log", [{ no: 1 }]);
    expect(status).toBe(422);
    expect(json).toMatchObject({ code: "ALL_REJECTED", accepted: 0, rejected: 1 });
  });

  it("answers 400 with line and column for broken JSON", async () => {
    await start();
    const { status, json } = await post("/v1/in/log", '{\n  "id": "1",\n  oops\n}');
    expect(status).toBe(400);
    expect(json).toMatchObject({ code: "BAD_JSON", message: expect.stringMatching(/^line 3, column 3: /) });
    expect(json.hint).toEqual(expect.any(String));
  });

  it("refuses an input it does not know, naming those it does", async () => {
    await start();
    const { status, json } = await post("/v1/in/gossip", { id: "1" });
    expect(status).toBe(404);
    expect(json.hint).toContain("telemetry");
  });

  it.each([
    ["a body above the limit", "x".repeat(3000), { "content-type": "application/json" }, 413],
    ["more than a thousand messages", `[${"0,".repeat(1000)}0]`, {}, 413],
    ["another content type", "<xml/>", { "content-type": "application/xml" }, 415],
    ["a form", "id=1", { "content-type": "application/x-www-form-urlencoded" }, 415],
    ["a compressed body", Buffer.from("x"), { "content-encoding": "gzip" }, 415],
    ["an empty body", "", {}, 400],
    ["an empty array", "[]", {}, 400],
    ["bytes that are not UTF-8", Buffer.from([0x22, 0xff, 0x22]), {}, 400],
  ])("refuses %s", async (_what, body, headers, expected) => {
    await start({ maxBodyBytes: 2500 });
    const { status, json } = await post("/v1/in/log", body, headers);
    expect(status).toBe(expected);
    expect(json).toEqual({ code: expect.any(String), message: expect.any(String), hint: expect.any(String) });
    expect(web.sink.taken).toEqual([]);
  });

  it("answers 503 with a time to come again when the store has failed", async () => {
    await start({ sink: { accept: () => Promise.reject(new TouchlineError("DB_FAILED", ["disk full"])) } });
    const { status, json, headers } = await post("/v1/in/log", { id: "1" });
    expect(status).toBe(503);
    expect(json).toMatchObject({ code: "STORE_UNAVAILABLE", message: "the store failed: disk full" });
    expect(Number(headers["retry-after"])).toBeGreaterThan(0);
  });

  it("answers 429 when the store is overloaded", async () => {
    await start({ sink: { accept: () => Promise.reject(new TouchlineError("DB_OVERLOADED", [900])) } });
    expect((await post("/v1/in/log", { id: "1" })).status).toBe(429);
  });

  it("holds a bounded number of bodies at a time, and takes more when those are done", async () => {
    const waiting: (() => void)[] = [];
    await start({
      sink: {
        accept: () =>
          new Promise((resolve) => {
            waiting.push(() => resolve([{ status: "accepted", inboxId: 1 }]));
          }),
      },
    });
    const first = Array.from({ length: 32 }, () => post("/v1/in/log", { id: "1" }));
    await expect.poll(() => waiting.length).toBe(32);
    expect((await post("/v1/in/log", { id: "2" })).status).toBe(429);
    for (const go of waiting.splice(0)) go();
    await Promise.all(first);
    const next = post("/v1/in/log", { id: "3" });
    await expect.poll(() => waiting.length).toBe(1);
    waiting[0]!();
    expect((await next).status).toBe(202);
  });

  it("gives the place of a sender that hangs up to the next", async () => {
    await start();
    const { port, hostname } = new URL(web.url);
    for (let time = 0; time < 40; time++) {
      const socket = connect(Number(port), hostname);
      await new Promise((resolve) => socket.once("connect", resolve));
      socket.write(
        "POST /v1/in/log HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{",
      );
      await new Promise((resolve) => setImmediate(resolve));
      socket.destroy();
    }
    await expect.poll(async () => (await post("/v1/in/log", { id: "1" })).status).toBe(202);
  });

  it("tells nothing of the inside when something unforeseen happens", async () => {
    await start({ sink: { accept: () => Promise.reject(new Error("secret path /etc/x")) } });
    const { status, text } = await post("/v1/in/log", { id: "1" });
    expect(status).toBe(500);
    expect(text).not.toContain("secret");
  });
});

describe("who may write", () => {
  it("needs a token when there is a token file", async () => {
    await start({ tokens: new TokenSet([TOKEN]) });
    const without = await post("/v1/in/log", { id: "1" });
    expect([without.status, without.json.code, without.headers["www-authenticate"]]).toEqual([
      401,
      "TOKEN_NEEDED",
      "Bearer",
    ]);
    expect((await post("/v1/in/log", { id: "1" }, { authorization: "Bearer wrong" })).status).toBe(401);
    expect((await post("/v1/in/log", { id: "1" }, { authorization: `Bearer ${TOKEN}` })).status).toBe(202);
  });

  it("takes nothing through a proxy without a token: it would look like this machine", async () => {
    await start();
    const { status, json } = await post("/v1/in/log", { id: "1" }, { "x-forwarded-for": "203.0.113.9" });
    expect([status, json.code]).toEqual([403, "LOOPBACK_ONLY"]);
  });

  it("refuses a page of another site, with or without loopback", async () => {
    await start();
    for (const headers of [
      { origin: "https://evil.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
    ]) {
      expect((await post("/v1/in/log", { id: "1" }, headers)).json.code).toBe("CROSS_SITE");
    }
    expect(web.sink.taken).toEqual([]);
  });

  it("lets its own page write, and a foreign one that has a token", async () => {
    await start({ tokens: new TokenSet([TOKEN]) });
    const authorization = `Bearer ${TOKEN}`;
    const own = { authorization, origin: web.url.replace(/\/$/, "") };
    expect((await post("/v1/in/log", { id: "1" }, own)).status).toBe(202);
    expect((await post("/v1/in/log", { id: "1" }, { authorization, origin: "https://ours.example" })).status).toBe(202);
  });

  it("refuses a name that is not the box's, as DNS rebinding brings it, but not on the monitors' routes", async () => {
    await start({ allowedHosts: ["Box-A.Arena.Example"] });
    const foreign = { headers: { host: "evil.example" } };
    expect((await ask("/v1/events", foreign)).json.code).toBe("HOST_UNKNOWN");
    expect((await ask("/", foreign)).status).toBe(403);
    expect((await ask("/metrics", foreign)).status).toBe(200);
    expect((await ask("/readyz", foreign)).status).toBe(200);
    for (const host of ["127.0.0.1:1", "[::1]:8470", "localhost", "box-a.arena.example:8470"]) {
      expect((await ask("/v1/events", { headers: { host } })).status).toBe(200);
    }
  });

  it("reads the token file: a token a line, comments skipped", async () => {
    const path = join(folder, "tokens");
    writeFileSync(path, `# loggers\n${TOKEN}\n\n`);
    await start({ tokens: loadTokens(path) });
    expect((await post("/v1/in/log", { id: "1" }, { authorization: `Bearer ${TOKEN}` })).status).toBe(202);
  });
});

describe("reading", () => {
  it("tells events newest first, those after `since`, and where to go on", async () => {
    const asked: unknown[] = [];
    await start({
      latest: async (...args) => {
        asked.push(args);
        return [eventRecord("b", 3), eventRecord("a", 1)];
      },
    });
    const { json } = await ask("/v1/events?session=cup-final&limit=7&since=2026-05-16T20:42:12%2B02:00");
    expect(asked).toEqual([["event", "cup-final", 7]]);
    expect((json.events as { subject: string }[]).map((event) => event.subject)).toEqual(["b"]);
    expect(json.next).toBe("2026-05-16T18:42:13.000000Z");
    expect((await ask("/v1/events?since=yesterday")).json.code).toBe("BAD_REQUEST");
    expect((await ask("/v1/events?limit=100000")).status).toBe(400);
  });

  it("tells cues, moments and sessions", async () => {
    await start();
    expect((await ask("/v1/cues")).json).toEqual({ cues: [] });
    expect((await ask("/v1/moments")).json).toEqual({ moments: [] });
    expect((await ask("/v1/sessions")).json).toMatchObject({ sessions: [{ session: "cup-final" }] });
  });

  it("answers 503 when the store cannot be read", async () => {
    await start({ latest: () => Promise.reject(new TouchlineError("DB_FAILED", ["gone"])) });
    expect((await ask("/v1/events")).json.code).toBe("STORE_UNAVAILABLE");
  });

  it("serves the schemas by place and by id, and nothing outside their folder", async () => {
    const schemas = mkdtempSync(join(folder, "schemas-"));
    writeFileSync(join(schemas, "a.schema.json"), '{"$id": "/schemas/b.schema.json"}');
    writeFileSync(join(schemas, "secret.txt"), "secret");
    await start({ schemasFolder: schemas });
    expect((await ask("/schemas/a.schema.json")).status).toBe(200);
    expect((await ask("/schemas/b.schema.json")).status).toBe(200);
    for (const path of ["secret.txt", "..%2f..%2fetc%2fpasswd", "%2e%2e/secret.txt", "__proto__"]) {
      expect((await ask(`/schemas/${path}`)).status).toBe(404);
    }
  });

  it("answers 304 for a file the reader has", async () => {
    await start();
    const { headers } = await ask("/");
    const again = await ask("/", { headers: { "if-none-match": String(headers.etag) } });
    expect([again.status, again.text]).toEqual([304, ""]);
  });

  it("sends the page with a policy that forbids inline scripts and foreign frames", async () => {
    await start();
    const { headers, text } = await ask("/");
    expect(headers["content-security-policy"]).toContain("script-src 'self';");
    expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(text).not.toMatch(/<script>|onclick|style="/);
  });

  it("answers every error as code, message and hint, and names the methods that are allowed", async () => {
    await start();
    const unknown = await ask("/nothing");
    expect([unknown.status, unknown.json.code]).toEqual([404, "NOT_FOUND"]);
    const wrong = await ask("/v1/in/log");
    expect([wrong.status, wrong.json.code, wrong.headers.allow]).toEqual([405, "METHOD_NOT_ALLOWED", "POST"]);
    expect((await post("/v1/events", {})).headers.allow).toBe("GET, HEAD");
    expect((await ask("/v1/feed")).json.code).toBe("UPGRADE_NEEDED");
  });
});

describe("health", () => {
  const report = (live: boolean, ready: boolean): HealthReport => ({ ...HEALTHY, live, ready });

  it.each([
    [true, true, 200, 200],
    [true, false, 200, 503],
    [false, false, 503, 503],
  ])("live %s and ready %s: /livez %i, /readyz %i", async (live, ready, livez, readyz) => {
    await start({ health: { check: () => report(live, ready) } });
    expect((await ask("/livez")).status).toBe(livez);
    expect((await ask("/readyz")).status).toBe(readyz);
  });

  it("tells its version", async () => {
    await start();
    expect((await ask("/version")).json).toEqual({ version: "1.2.3", node: process.versions.node });
  });
});

describe("metrics", () => {
  it("count requests by route, never by address", async () => {
    await start();
    await ask("/v1/events");
    await ask("/nothing/1");
    await ask("/nothing/2");
    const { text } = await ask("/metrics");
    expect(text).toContain('touchline_http_requests_total{route="/v1/events",code="200"} 1');
    expect(text).toContain('touchline_http_requests_total{route="unmatched",code="404"} 2');
    expect(text).not.toContain("nothing");
  });

  async function scrapeAll(): Promise<string> {
    const { registry } = createMetrics({ version: "0.1.0", loopDelay: () => ({ p50Sec: 0, p99Sec: 0, maxSec: 0 }) });
    await start({ registry });
    await ask("/livez");
    return (await ask("/metrics")).text;
  }

  it("have the names, kinds and sentences that dashboards and alerts rely on", async () => {
    const described = (await scrapeAll()).split("\n").filter((line) => line.startsWith("# "));
    const golden = readFileSync(join(PACKAGE_ROOT, "test", "golden", "metrics.txt"), "utf8");
    expect(`${described.sort().join("\n")}\n`).toBe(golden);
  });

  const promtool = findTool("promtool");
  (promtool === null ? it.skip : it)(
    promtool === null ? "skipped: promtool is not on the PATH" : "pass promtool check metrics",
    async () => {
      const { status, stderr, stdout } = spawnSync(promtool ?? "", ["check", "metrics"], {
        input: await scrapeAll(),
        encoding: "utf8",
      });
      expect([status, stderr, stdout]).toEqual([0, "", ""]);
    },
  );
});

describe("descriptions", () => {
  it("list every documented route as OpenAPI 3.1, with unique operation ids and the error's form", async () => {
    await start();
    const { json } = await ask("/openapi.json");
    const paths = json.paths as Record<string, Record<string, { operationId: string }>>;
    expect(json.openapi).toBe("3.1.0");
    expect(Object.keys(paths).sort()).toEqual([
      "/livez",
      "/metrics",
      "/readyz",
      "/schemas/{file}",
      "/v1/cues",
      "/v1/events",
      "/v1/fuel",
      "/v1/in/{what}",
      "/v1/moments",
      "/v1/sessions",
      "/version",
    ]);
    const ids = Object.values(paths).flatMap((path) => Object.values(path).map((operation) => operation.operationId));
    expect(new Set(ids).size).toBe(ids.length);
    expect(paths["/v1/in/{what}"]!.post).toHaveProperty("requestBody");
  });

  it("name schemas in AsyncAPI that are really served", async () => {
    await start();
    const { json, text } = await ask("/asyncapi.json");
    expect(json.asyncapi).toBe("3.0.0");
    const references = [...text.matchAll(/"(\/schemas\/[^"]+)"/g)].map((match) => match[1]!);
    expect(references.length).toBeGreaterThan(10);
    for (const reference of new Set(references))
      expect([reference, (await ask(reference)).status]).toEqual([reference, 200]);
  });
});

describe("sockets", () => {
  function openSocket(path: string, headers: Record<string, string> = {}): Promise<WebSocket | number> {
    const socket = new WebSocket(new URL(path, web.url.replace("http", "ws")), { headers });
    return new Promise((resolve) => {
      socket.once("open", () => resolve(socket));
      socket.once("unexpected-response", (_request, response) => resolve(response.statusCode ?? 0));
      socket.once("error", () => undefined);
    });
  }

  it("hands a feed's socket and its query to the feed", async () => {
    await start();
    const socket = (await openSocket("/v1/feed?epoch=e9&live=17")) as WebSocket;
    expect(Object.fromEntries(web.feed.queries[0]!)).toEqual({ epoch: "e9", live: "17" });
    socket.close();
  });

  it("refuses other addresses, other sites and other names", async () => {
    await start();
    expect(await openSocket("/v1/other")).toBe(404);
    expect(await openSocket("/v1/feed", { origin: "https://evil.example" })).toBe(403);
    expect(await openSocket("/v1/live", { host: "evil.example" })).toBe(403);
    expect((await ask("/metrics")).text).toContain('touchline_http_upgrades_total{route="/v1/live",code="403"} 1');
  });

  it("lets an overlay of another site in when it has a token", async () => {
    await start({ tokens: new TokenSet([TOKEN]) });
    const socket = await openSocket(`/v1/feed?token=${TOKEN}`, { origin: "https://ours.example" });
    expect(typeof socket).toBe("object");
    (socket as WebSocket).close();
  });

  it("gives a page that opens late the last minute at once, then what is new", async () => {
    await start();
    const time = (step: number) => (1_780_000_000_000_000 + step * 50_000) as never;
    for (let step = 0; step < 1300; step++) web.live.pushColumn("ambience", { time: time(step), bandsDb: BANDS_HZ });
    const messages: { type: string; channels?: { timesMs: number[] }[] }[] = [];
    const socket = new WebSocket(new URL("/v1/live", web.url.replace("http", "ws")));
    socket.on("message", (data) => messages.push(JSON.parse(String(data)) as (typeof messages)[number]));
    await expect.poll(() => messages.length).toBe(2);
    expect(messages[0]).toMatchObject({ type: "hello", bandsHz: BANDS_HZ });
    expect(messages[1]!.channels![0]!.timesMs).toHaveLength(1200);
    web.live.pushColumn("ambience", { time: time(1300), bandsDb: BANDS_HZ });
    await expect.poll(() => messages.length).toBe(3);
    expect(messages[2]!.channels![0]!.timesMs).toHaveLength(1);
    socket.close();
  });

  it("closes the sockets when it stops", async () => {
    await start();
    const socket = (await openSocket("/v1/live")) as WebSocket;
    const closed = new Promise((resolve) => socket.once("close", resolve));
    await web.server.stop();
    expect(await closed).toBe(1001);
  });
});

describe("starting and stopping", () => {
  it("says which address it cannot have, and what to do", async () => {
    await start();
    const { host } = new URL(web.url);
    await expect(startWeb({ listen: host })).rejects.toMatchObject({ code: "HTTP_LISTEN_FAILED" });
    await expect(startWeb({ listen: "not an address" })).rejects.toMatchObject({ code: "HTTP_LISTEN_FAILED" });
  });

  it("may be stopped twice, with a request under way", async () => {
    await start({ sink: { accept: () => new Promise(() => undefined) } });
    const hanging = post("/v1/in/log", { id: "1" }).catch((error: NodeJS.ErrnoException) => error.code);
    await expect.poll(async () => (await ask("/version")).status).toBe(200);
    await Promise.all([web.server.stop(), web.server.stop()]);
    expect(await hanging).toBe("ECONNRESET");
  });
});
