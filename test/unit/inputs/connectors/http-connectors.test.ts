import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connector, PollConnector, PushConnector } from "../../../../daemon/inputs/connectors/index.js";
import { eventually } from "../../../touchline-process.js";
import { connectorParts, event, ProviderServer, type Seen } from "./provider-server.js";

let server: ProviderServer;
let url: URL;
const running: Connector[] = [];

beforeEach(async () => {
  server = new ProviderServer();
  url = await server.start();
});

afterEach(async () => {
  for (const connector of running.splice(0)) await connector.stop();
  await server.stop();
});

function run<T extends Connector>(connector: T): T {
  running.push(connector);
  connector.start();
  return connector;
}

const idsOf = (seen: Seen) => seen.messages.map(({ id }) => id);
const until = (what: string, isSo: () => boolean) => eventually(what, async () => (isSo() ? true : null));

/** Answers with `events`, and with 304 while the client has them. */
function serveWithEtag(events: () => readonly unknown[]): void {
  server.handler = (request, response) => {
    const body = JSON.stringify(events());
    const etag = `"${body.length}-${body.at(-3)}"`;
    if (request.headers["if-none-match"] === etag) return void response.writeHead(304).end();
    response.writeHead(200, { etag }).end(body);
  };
}

describe("polling a URL", () => {
  const poll = (seen: Seen, token: string | null = null) =>
    run(new PollConnector(seen.parts, { source: { url, token }, everyMs: 1 }));

  it("hands each event on once, asks with the ETag, and takes a change as a change", async () => {
    const events = [event("a"), event("b")];
    serveWithEtag(() => events);
    const seen = connectorParts();
    poll(seen, "secret-token");
    await until("unchanged answers came", () => (seen.counts.get("unchanged") ?? 0) > 2);
    expect(idsOf(seen)).toEqual(["a", "b"]);
    expect(server.requests.at(-1)?.headers).toMatchObject({ authorization: "Bearer secret-token" });
    expect(server.requests.at(-1)?.headers["if-none-match"]).toBeDefined();
    events[1] = event("b", { class: "goal" });
    events.push(event("c"));
    await until("the change was handed on", () => seen.messages.length >= 4);
    expect(idsOf(seen)).toEqual(["a", "b", "b", "c"]);
  });

  it("waits out failures, honours Retry-After, says why, and is up again", async () => {
    let answers = 0;
    server.handler = (_, response) => {
      answers += 1;
      if (answers === 1) return void response.writeHead(503, { "retry-after": "7" }).end();
      if (answers === 2) return void response.destroy();
      if (answers === 3) return void response.writeHead(200).end("<html>sorry</html>");
      response.writeHead(200).end(JSON.stringify([event("a")]));
    };
    const seen = connectorParts();
    poll(seen);
    await until("it is up and has the event", () => idsOf(seen).includes("a") && seen.states.at(-1) === "up");
    expect(seen.states[1]).toBe("down: the server answered 503");
    expect(seen.waits[0]).toBe(7000);
    expect(seen.counts.get("failed")).toBe(2);
    expect(seen.counts.get("unreadable")).toBe(1);
  });

  it("asks again for what the store could not keep", async () => {
    serveWithEtag(() => [event("a")]);
    const seen = connectorParts();
    seen.failure = new Error("no room for the store");
    poll(seen);
    await until("the store refused", () => seen.states.includes("down: no room for the store"));
    seen.failure = null;
    await until("it was handed on", () => seen.messages.length > 0);
    expect(idsOf(seen)).toEqual(["a"]);
  });

  it("cuts off a document that does not end", async () => {
    server.handler = (_, response) => {
      const write = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(1024 * 1024, 0x20)));
        response.once("drain", write);
      };
      write();
    };
    const seen = connectorParts();
    poll(seen);
    await until("it is down", () => seen.states.some((state) => /^down: .*bytes/.test(state)));
  }, 60_000);

  it("takes a vanished event back where it may, also when the server says unchanged", async () => {
    let events = Array.from({ length: 9 }, (_, index) => event(`e${index}`));
    serveWithEtag(() => events);
    const seen = connectorParts({ retractsVanished: true });
    poll(seen);
    await until("all are there", () => seen.messages.length === 9);
    events = events.slice(1);
    await until("the vanished one was taken back", () => seen.messages.length > 9);
    expect(seen.messages.slice(9)).toEqual([{ id: "e0", logger: "scout", op: "delete" }]);
    events = [];
    await until("an empty document was refused", () => (seen.counts.get("vanishRefused") ?? 0) > 0);
    expect(seen.messages).toHaveLength(10);
  });

  it("sends nothing twice over a restart, and names the session where a message does not", async () => {
    serveWithEtag(() => [event("a"), event("b", { session: "other" })]);
    const first = connectorParts({ session: "final" });
    await poll(first);
    await until("both are there", () => first.messages.length === 2);
    expect(first.messages.map(({ session }) => session)).toEqual(["final", "other"]);
    const again = connectorParts({ session: "final", saved: first.snapshot });
    poll(again);
    await until("it has looked", () => again.states.includes("up"));
    expect(again.messages).toEqual([]);
  });

  it("tells a message that is refused, and does not send it again and again", async () => {
    server.handler = (_, response) =>
      void response.end(JSON.stringify([event("a", { class: "refuse me" }), event("b")]));
    const seen = connectorParts();
    poll(seen);
    await until("it has looked thrice", () => (seen.counts.get("unchanged") ?? 0) > 2);
    expect(seen.messages).toHaveLength(2);
    expect(seen.problems).toEqual(["a: refused"]);
    expect(seen.counts.get("refused")).toBe(1);
  });
});

describe("reading a pushed stream", () => {
  const push = (seen: Seen, options: { recovers?: boolean; silenceMs?: number } = {}) =>
    run(
      new PushConnector(seen.parts, {
        source: { url: new URL("/stream", url), token: null },
        recovery: options.recovers === true ? { url: new URL("/all", url), token: null } : null,
        silenceMs: options.silenceMs ?? 60_000,
      }),
    );
  const line = (value: unknown) => `${JSON.stringify(value)}\n`;

  it("takes lines however they are cut, and heartbeats as signs of life", async () => {
    server.handler = (_, response) => {
      const text = `${line(event("a"))}{"heartbeat":1}\n\n${line(event("b"))}`;
      response.write(text.slice(0, 25));
      setTimeout(() => response.write(text.slice(25)), 5);
    };
    const seen = connectorParts();
    push(seen);
    await until("both came", () => seen.messages.length === 2);
    expect(seen.states).toEqual(["connecting", "up"]);
    expect(seen.problems).toEqual([]);
  });

  it("opens a silent stream anew, reads what it missed, and sends nothing twice", async () => {
    const all = [event("a")];
    let connections = 0;
    server.handler = (request, response) => {
      if (request.url === "/all") return void response.end(JSON.stringify(all));
      connections += 1;
      if (connections > 1) return void response.write(line({ heartbeat: 1 }));
      // A line that is cut off in the middle, and more that is said while nobody hears it.
      response.write(`${line(event("a"))}{"id":"b","log`);
      response.on("close", () => all.push(event("b"), event("c")));
    };
    const seen = connectorParts();
    push(seen, { recovers: true, silenceMs: 60 });
    await until("what was missed is there", () => new Set(idsOf(seen)).size === 3);
    expect(idsOf(seen).sort()).toEqual(["a", "b", "c"]);
    expect(seen.states).toContain("down: nothing came for 0.06 s");
  });

  it("reads the stream on when the recovery fails, and says so", async () => {
    server.handler = (request, response) => {
      if (request.url === "/all") return void response.writeHead(500).end();
      response.write(line(event("a")));
    };
    const seen = connectorParts();
    push(seen, { recovers: true });
    await until("the line came", () => seen.messages.length === 1);
    expect(seen.problems).toEqual(["recovery: the server answered 500"]);
  });

  it("backs off further with each refusal, and from the start after lines came", async () => {
    let connections = 0;
    server.handler = (_, response) => {
      connections += 1;
      if (connections <= 4) return void response.writeHead(403).end();
      response.end(connections === 5 ? line(event("a")) : "");
    };
    const seen = connectorParts();
    push(seen);
    await until("it came back", () => seen.waits.length >= 6);
    expect(seen.waits.slice(0, 5)).toEqual([500, 1000, 2000, 4000, 500]);
    expect(seen.states).toContain("down: the server answered 403");
  });

  it("tells a line that is no message, and one without end", async () => {
    server.handler = (_, response) => {
      response.write(`not json\n${"x".repeat(1_100_000)}\n${line(event("a"))}`);
    };
    const seen = connectorParts();
    push(seen);
    await until("the good one came", () => seen.messages.length === 1);
    expect(seen.counts.get("unreadable")).toBe(2);
  });
});
