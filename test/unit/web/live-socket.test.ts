import { EventEmitter } from "node:events";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { WebSocket } from "ws";
import { LiveView } from "../../../daemon/web/index.js";
import { LiveSocket, MAX_LIVE_CLIENTS } from "../../../daemon/web/live-socket.js";
import type { UnixMicros } from "../../../sync/index.js";

class FakeSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  readonly sent: string[] = [];
  pings = 0;
  ended: string | null = null;

  send(text: string): void {
    this.sent.push(text);
  }

  ping(): void {
    this.pings += 1;
  }

  close(code: number): void {
    this.ended = `closed ${code}`;
    this.emit("close");
  }

  terminate(): void {
    this.ended = "terminated";
    this.emit("close");
  }
}

let nowMs: number;
let view: LiveView;
let registry: Registry;
let live: LiveSocket;

beforeEach(() => {
  vi.useFakeTimers();
  nowMs = 0;
  view = new LiveView([100]);
  registry = new Registry();
  live = new LiveSocket(view, registry, () => nowMs);
});
afterEach(() => {
  live.close();
  vi.useRealTimers();
});

function open(): FakeSocket {
  const socket = new FakeSocket();
  live.handleConnection(socket as unknown as WebSocket);
  return socket;
}

function push(step: number): void {
  view.pushColumn("a", { time: (step * 50_000) as UnixMicros, bandsDb: [-50] });
}

describe("the live socket", () => {
  it("says hello, then sends what is new twenty times a second", () => {
    const socket = open();
    push(1);
    vi.advanceTimersByTime(50);
    vi.advanceTimersByTime(50);
    expect(socket.sent.map((text) => (JSON.parse(text) as { type: string }).type)).toEqual(["hello", "frame"]);
  });

  it("keeps no timer while no page is open", () => {
    expect(vi.getTimerCount()).toBe(0);
    const socket = open();
    expect(vi.getTimerCount()).toBe(2);
    socket.emit("close");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("passes over a page that does not take its frames, then goes on with what it missed", () => {
    const socket = open();
    socket.bufferedAmount = 2e6;
    push(1);
    vi.advanceTimersByTime(50);
    push(2);
    vi.advanceTimersByTime(50);
    expect(socket.sent).toHaveLength(1);
    socket.bufferedAmount = 0;
    vi.advanceTimersByTime(50);
    expect((JSON.parse(socket.sent[1]!) as { channels: { timesMs: number[] }[] }).channels[0]!.timesMs).toEqual([
      50, 100,
    ]);
  });

  it("lets go of a page that takes nothing for long", async () => {
    const socket = open();
    socket.bufferedAmount = 2e6;
    live.tick();
    nowMs = 21_000;
    live.tick();
    expect(socket.ended).toBe("terminated");
    expect(await registry.metrics()).toContain('touchline_live_dropped_total{reason="behind"} 1');
  });

  it("finds a page that went without a word", () => {
    const [silent, alive] = [open(), open()];
    vi.advanceTimersByTime(15_000);
    alive.emit("pong");
    vi.advanceTimersByTime(15_000);
    expect([silent.ended, alive.ended]).toEqual(["terminated", null]);
    expect(alive.sent.at(-1)).toBe('{"type":"tick"}');
  });

  it("takes a bounded number of pages", async () => {
    for (let index = 0; index < MAX_LIVE_CLIENTS; index++) open();
    expect(open().ended).toBe("closed 1013");
    expect(await registry.metrics()).toContain(`touchline_live_clients ${MAX_LIVE_CLIENTS}`);
  });

  it("survives an error of a socket", () => {
    expect(() => open().emit("error", new Error("reset"))).not.toThrow();
  });
});
