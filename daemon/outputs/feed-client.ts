import type { WebSocket } from "ws";
import type { Delivery, Lane } from "../records/index.js";

/** Codes of the private range of RFC 6455 (4000-4999), and 1013 "try again later". */
export const CLOSE_SLOW = 4008;
export const CLOSE_FULL = 1013;
const CLOSE_GRACE_MS = 2000;

/** One consumer of the feed: a socket, where it is in each lane, and a bound on what may wait for it. */
export class FeedClient {
  readonly #socket: WebSocket;
  readonly #maxQueueBytes: number;
  /** Next sequence per lane. */
  readonly #next: Map<Lane, number>;
  #isAlive = true;
  #isReplaying = true;
  #isGone = false;

  constructor(socket: WebSocket, next: ReadonlyMap<Lane, number>, maxQueueBytes: number) {
    this.#socket = socket;
    this.#next = new Map(next);
    this.#maxQueueBytes = maxQueueBytes;
    socket.on("pong", () => {
      this.#isAlive = true;
    });
  }

  get isOpen(): boolean {
    return !this.#isGone && this.#socket.readyState === this.#socket.OPEN;
  }

  /** While it replays it reads the outbox itself, at its own speed; live records come after that. */
  get isReplaying(): boolean {
    return this.#isReplaying;
  }

  goLive(): void {
    this.#isReplaying = false;
  }

  next(lane: Lane): number {
    return this.#next.get(lane) ?? 1;
  }

  /** Bytes that wait for the network. */
  get queuedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  get isSlow(): boolean {
    return this.queuedBytes > this.#maxQueueBytes;
  }

  send(text: string): void {
    if (this.isOpen) this.#socket.send(text);
  }

  /** Sends a record if it is the next of its lane; one that was sent already is passed over. */
  sendRecord(lane: Lane, sequence: number, text: string): void {
    if (sequence < this.next(lane)) return;
    this.send(text);
    this.#next.set(lane, sequence + 1);
  }

  skipTo(lane: Lane, next: number): void {
    this.#next.set(lane, Math.max(next, this.next(lane)));
  }

  /** False when the last ping was not answered. */
  ping(): boolean {
    if (!this.#isAlive) return false;
    this.#isAlive = false;
    if (this.isOpen) this.#socket.ping();
    return true;
  }

  /** Says why and hangs up; a socket that does not even take that is cut. */
  drop(code: number, reason: string): void {
    this.#isGone = true;
    this.#socket.close(code, reason);
    setTimeout(() => this.#socket.terminate(), CLOSE_GRACE_MS).unref();
  }

  cut(): void {
    this.#isGone = true;
    this.#socket.terminate();
  }
}

export function toRecordText(delivery: Delivery): string {
  const { lane, sequence, event } = delivery;
  return JSON.stringify({ type: "record", lane, sequence, event });
}
