import { Counter, Gauge, type Registry } from "prom-client";
import type { WebSocket } from "ws";
import type { LiveCursor, LiveView } from "./live-view.js";

const TICK_MS = 50;
const TICK = JSON.stringify({ type: "tick" });
const PING_EVERY_MS = 15_000;
/** A page with more than this unsent is passed over until it has caught up: the view keeps the last minute for it. */
const MAX_BUFFERED_BYTES = 1024 * 1024;
/** A page that takes nothing for so long is gone, whatever its socket says. */
const MAX_BEHIND_MS = 20_000;
export const MAX_LIVE_CLIENTS = 32;

interface Client {
  readonly cursor: LiveCursor;
  isAlive: boolean;
  behindSince: number | null;
}

/** Sends the view to the open pages at 20 Hz, and only while there are any. */
export class LiveSocket {
  readonly #view: LiveView;
  readonly #monoMs: () => number;
  readonly #clients = new Map<WebSocket, Client>();
  readonly #dropped: Counter;
  #ticks: NodeJS.Timeout | null = null;
  #pings: NodeJS.Timeout | null = null;

  constructor(view: LiveView, registry: Registry, monoMs: () => number) {
    this.#view = view;
    this.#monoMs = monoMs;
    this.#dropped = new Counter({
      name: "touchline_live_dropped_total",
      help: "Frames a slow page was passed over for, and pages that were let go.",
      labelNames: ["reason"],
      registers: [registry],
    });
    for (const reason of ["slow", "behind", "silent", "full"]) this.#dropped.inc({ reason }, 0);
    const clients = this.#clients;
    new Gauge({
      name: "touchline_live_clients",
      help: "Open pages that watch levels and spectrogram.",
      registers: [registry],
      collect() {
        this.set(clients.size);
      },
    });
  }

  handleConnection(socket: WebSocket): void {
    if (this.#clients.size >= MAX_LIVE_CLIENTS) {
      this.#dropped.inc({ reason: "full" });
      socket.close(1013, "too many pages are open");
      return;
    }
    const client: Client = { cursor: this.#view.cursor(), isAlive: true, behindSince: null };
    this.#clients.set(socket, client);
    socket.on("pong", () => {
      client.isAlive = true;
    });
    socket.on("close", () => this.#forget(socket));
    // The close event follows and does the work.
    socket.on("error", () => undefined);
    socket.send(JSON.stringify(this.#view.hello()));
    this.#send(socket, client);
    this.#startTimers();
  }

  close(): void {
    for (const socket of this.#clients.keys()) socket.close(1001, "touchline stops");
    this.#clients.clear();
    this.#stopTimers();
  }

  /** One round to every page. */
  tick(): void {
    for (const [socket, client] of this.#clients) this.#send(socket, client);
  }

  #send(socket: WebSocket, client: Client): void {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.#passOver(socket, client);
      return;
    }
    client.behindSince = null;
    for (const message of this.#view.read(client.cursor)) socket.send(JSON.stringify(message));
  }

  #passOver(socket: WebSocket, client: Client): void {
    client.behindSince ??= this.#monoMs();
    this.#dropped.inc({ reason: "slow" });
    if (this.#monoMs() - client.behindSince > MAX_BEHIND_MS) this.#drop(socket, "behind");
  }

  // A page on a Wi-Fi that died sends no close: it is found by its silence.
  #ping(): void {
    for (const [socket, client] of this.#clients) {
      if (!client.isAlive) {
        this.#drop(socket, "silent");
        continue;
      }
      client.isAlive = false;
      socket.ping();
      // A page sees no pings; this tells it that the line lives when there is nothing else to tell.
      socket.send(TICK);
    }
  }

  #drop(socket: WebSocket, reason: string): void {
    this.#dropped.inc({ reason });
    this.#forget(socket);
    socket.terminate();
  }

  #forget(socket: WebSocket): void {
    this.#clients.delete(socket);
    if (this.#clients.size === 0) this.#stopTimers();
  }

  #startTimers(): void {
    this.#ticks ??= setInterval(() => this.tick(), TICK_MS).unref();
    this.#pings ??= setInterval(() => this.#ping(), PING_EVERY_MS).unref();
  }

  #stopTimers(): void {
    if (this.#ticks !== null) clearInterval(this.#ticks);
    if (this.#pings !== null) clearInterval(this.#pings);
    this.#ticks = null;
    this.#pings = null;
  }
}
