import { join } from "node:path";
import { Registry } from "prom-client";
import type { WebSocket } from "ws";
import { SYSTEM_CLOCK } from "../../daemon/clock.js";
import type { InputSink, Receipt } from "../../daemon/inputs/index.js";
import { type HealthReport, SILENT_LOGGER } from "../../daemon/observe/index.js";
import { PACKAGE_ROOT } from "../../daemon/package-files.js";
import type { CloudEvent } from "../../daemon/records/index.js";
import { createWebServer, LiveView, type WebServer, type WebServerDeps } from "../../daemon/web/index.js";

export const HEALTHY: HealthReport = { live: true, ready: true, state: "ok", parts: [] };
export const BANDS_HZ = Array.from({ length: 64 }, (_, band) => 200 * 10 ** (band / 38));

/** A feed that sends what the test says to every open socket, in the form of the live feed's messages. */
export class FakeFeed {
  readonly sockets = new Set<WebSocket>();
  readonly queries: URLSearchParams[] = [];
  snapshot: readonly unknown[] = [];
  #sequence = 0;

  handleConnection(socket: WebSocket, query: URLSearchParams): void {
    this.sockets.add(socket);
    this.queries.push(query);
    socket.on("close", () => this.sockets.delete(socket));
    const lanes = { live: { last: this.#sequence, oldest: 1 } };
    socket.send(JSON.stringify({ type: "hello", epoch: "e1", lanes }));
    if (query.get("epoch") === "e1") return;
    socket.send(JSON.stringify({ type: "resync", reason: "new" }));
    socket.send(JSON.stringify({ type: "snapshot", events: this.snapshot }));
  }

  send(event: unknown): void {
    this.#sequence += 1;
    const text = JSON.stringify({ type: "record", lane: "live", sequence: this.#sequence, event });
    for (const socket of this.sockets) socket.send(text);
  }
}

/** Accepts every object that has an id and keeps it. */
export class FakeSink implements InputSink {
  readonly taken: { what: string; message: unknown; from: string }[] = [];

  async accept(what: string, messages: readonly unknown[], from: string): Promise<Receipt[]> {
    return messages.map((message) => {
      if (typeof message !== "object" || message === null || !("id" in message)) {
        return { status: "rejected", code: "LOG_BAD_MESSAGE", message: "id is missing" };
      }
      this.taken.push({ what, message, from });
      return { status: "accepted", inboxId: this.taken.length };
    });
  }
}

export interface WebFixture {
  readonly url: string;
  readonly server: WebServer;
  readonly registry: Registry;
  readonly live: LiveView;
  readonly feed: FakeFeed;
  readonly sink: FakeSink;
}

export async function startWeb(overrides: Partial<WebServerDeps> = {}): Promise<WebFixture> {
  const feed = new FakeFeed();
  const sink = new FakeSink();
  const live = new LiveView(BANDS_HZ);
  const registry = new Registry();
  const server = createWebServer({
    listen: "127.0.0.1:0",
    version: "1.2.3",
    clock: SYSTEM_CLOCK,
    logger: SILENT_LOGGER,
    registry,
    health: { check: () => HEALTHY },
    sink,
    feed,
    live,
    latest: async () => [],
    sessions: async () => [{ session: "cup-final", sport: "football", state: "live" }],
    tokens: null,
    allowedHosts: [],
    maxBodyBytes: 1_000_000,
    schemasFolder: join(PACKAGE_ROOT, "config", "schema"),
    ...overrides,
  });
  const { url } = await server.start();
  return { url, server, registry, live, feed, sink };
}

/** An `event` record as the feed tells it. */
export function eventRecord(eventId: string, revision: number, data: Record<string, unknown> = {}): CloudEvent {
  return {
    specversion: "1.0",
    id: `a.e1.${revision}`,
    type: "touchline.event.v1",
    source: "/venues/arena/boxes/a/sessions/cup-final",
    subject: eventId,
    time: "2026-05-16T18:42:10.120000Z",
    recordedtime: `2026-05-16T18:42:1${revision}.000000Z`,
    sequence: String(revision).padStart(12, "0"),
    epoch: "e1",
    lane: "live",
    datacontenttype: "application/json",
    dataschema: "/schemas/event.v1.schema.json",
    data: {
      eventId,
      revision,
      class: "free_kick",
      state: "provisional",
      anchor: "clock",
      flags: [],
      corrected: {
        time: "2026-05-16T18:42:10.120000Z",
        intervals: [{ p: 0.95, lo: "2026-05-16T18:42:09.820000Z", hi: "2026-05-16T18:42:10.420000Z" }],
        notBefore: "2026-05-16T18:42:09.500000Z",
      },
      shiftSec: -1.88,
      confidence: 0.93,
      ...data,
    },
  };
}
