import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { Counter, type Registry } from "prom-client";
import { type WebSocket, WebSocketServer } from "ws";
import { ApiError, toApiError } from "./api-error.js";
import type { Guard } from "./guard.js";

/** What a reader of a feed has to say fits into a line. */
const MAX_MESSAGE_BYTES = 64 * 1024;
const MAX_SOCKETS = 256;

export type SocketHandler = (socket: WebSocket, query: URLSearchParams) => void;

/** Turns upgrade requests into sockets of the two feeds. Everything else gets an HTTP error, as any other request. */
export class Sockets {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  readonly #handlers: ReadonlyMap<string, SocketHandler>;
  readonly #guard: Guard;
  readonly #upgrades: Counter;

  constructor(handlers: ReadonlyMap<string, SocketHandler>, guard: Guard, registry: Registry) {
    this.#handlers = handlers;
    this.#guard = guard;
    this.#upgrades = new Counter({
      name: "touchline_http_upgrades_total",
      help: "WebSockets asked for, by route and status code (101 when opened).",
      labelNames: ["route", "code"],
      registers: [registry],
    });
    for (const route of handlers.keys()) this.#upgrades.inc({ route, code: "101" }, 0);
  }

  /** For the HTTP server's `upgrade` event. Never throws. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const [path = "", query = ""] = (request.url ?? "").split("?", 2);
    const handler = this.#handlers.get(path);
    const route = handler === undefined ? "unmatched" : path;
    try {
      if (handler === undefined) throw new ApiError("NOT_FOUND", "there is no WebSocket at this address");
      this.#guard.checkHost(request);
      this.#guard.checkOrigin(request);
      if (this.#server.clients.size >= MAX_SOCKETS) throw new ApiError("TOO_BUSY", `${MAX_SOCKETS} sockets are open`);
      this.#server.handleUpgrade(request, socket, head, (opened) => {
        this.#upgrades.inc({ route, code: "101" });
        handler(opened, new URLSearchParams(query));
      });
    } catch (thrown) {
      const error = toApiError(thrown);
      this.#upgrades.inc({ route, code: String(error.status) });
      refuse(socket, error);
    }
  }

  close(): void {
    for (const socket of this.#server.clients) socket.close(1001, "touchline stops");
    this.#server.close();
  }

  /** Ends at once those that did not answer the close. */
  terminate(): void {
    for (const socket of this.#server.clients) socket.terminate();
  }
}

function refuse(socket: Duplex, error: ApiError): void {
  const body = JSON.stringify(error);
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? ""}`,
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
