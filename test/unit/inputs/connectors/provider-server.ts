import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { SYSTEM_CLOCK } from "../../../../daemon/clock.js";
import type { ConnectorParts } from "../../../../daemon/inputs/connectors/index.js";
import type { InputSink } from "../../../../daemon/inputs/index.js";
import { unixMicros } from "../../../../sync/index.js";

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A provider as its client sees it: what it answers is the test's. */
export class ProviderServer {
  readonly requests: { readonly path: string; readonly headers: IncomingMessage["headers"] }[] = [];
  handler: Handler = (_, response) => response.writeHead(404).end();
  readonly #server = createServer((request, response) => {
    this.requests.push({ path: request.url ?? "", headers: request.headers });
    this.handler(request, response);
  });

  async start(): Promise<URL> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export interface Seen {
  readonly parts: ConnectorParts;
  /** Messages that were handed on, in order. */
  readonly messages: Record<string, unknown>[];
  readonly states: string[];
  readonly problems: string[];
  readonly counts: Map<string, number>;
  readonly waits: number[];
  snapshot: string | null;
  /** While set, the store refuses. */
  failure: Error | null;
}

/** The parts of a connector with a sink that remembers, and waits cut short. */
export function connectorParts(overrides: Partial<ConnectorParts> = {}): Seen {
  const seen: Seen = {
    messages: [],
    states: [],
    problems: [],
    counts: new Map(),
    waits: [],
    snapshot: null,
    failure: null,
    parts: undefined as unknown as ConnectorParts,
  };
  const sink: InputSink = {
    accept: async (_, messages) => {
      if (seen.failure !== null) throw seen.failure;
      seen.messages.push(...(messages as Record<string, unknown>[]));
      return messages.map((message, index) =>
        (message as { class?: unknown }).class === "refuse me"
          ? { status: "rejected", code: "LOG_BAD_MESSAGE", message: "refused" }
          : { status: "accepted", inboxId: index },
      );
    },
  };
  const count = (name: string, by: number) => seen.counts.set(name, (seen.counts.get(name) ?? 0) + by);
  const parts: ConnectorParts = {
    name: "feed",
    sink,
    clock: SYSTEM_CLOCK,
    observer: {
      state: (state, detail) => seen.states.push(detail === null ? state : `${state}: ${detail}`),
      answered: (result) => count(result, 1),
      counted: count,
      problem: ({ place, message }) => seen.problems.push(`${place}: ${message}`),
    },
    document: { format: null, logger: "feed", kickOff: unixMicros(Date.UTC(2026, 4, 16, 18, 30) * 1000) },
    session: null,
    retractsVanished: false,
    saved: null,
    onSnapshot: (body) => {
      seen.snapshot = body;
    },
    sleep: async (ms, signal) => {
      seen.waits.push(ms);
      await sleep(5, undefined, { signal }).catch(() => undefined);
    },
    random: () => 0.5,
    ...overrides,
  };
  return Object.assign(seen, { parts });
}

export function event(id: string, fields: Record<string, unknown> = {}): Record<string, unknown> {
  return { id, logger: "scout", class: "foul", stamp: "2026-05-16T18:40:00Z", ...fields };
}
