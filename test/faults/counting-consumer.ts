import { type ConsumerMessages, connect, type JsMsg, type NatsConnection } from "nats";
import { bodyJson } from "../record-body.js";

/** A record as the consumer of a stream gets it. */
export interface Received {
  readonly id: string;
  readonly subject: string;
  readonly type: string;
  readonly sequence: number;
  readonly streamSequence: number;
  readonly receivedAt: number;
  readonly message: JsMsg;
}

export interface Tally {
  readonly records: number;
  /** Numbers that were skipped within an epoch. */
  readonly lost: number;
  readonly duplicates: number;
  /** Numbers that came after a higher one, and revisions of one subject that did not rise. */
  readonly outOfOrder: number;
}

const SILENT_MS = 2000;

/**
 * Reads a stream for the whole time, over its own straight line to the server, and counts what no consumer should ever see. It keeps its own
 * place and goes on there after every trouble, so that what it counts was done by the sender.
 */
export class CountingConsumer {
  readonly #url: string;
  readonly #stream: string;
  readonly #onRecord: (record: Received) => void;
  readonly #last = new Map<string, number>();
  readonly #ids = new Set<string>();
  readonly #revisions = new Map<string, number>();
  readonly subjects = new Set<string>();
  #counts = { records: 0, lost: 0, duplicates: 0, outOfOrder: 0 };
  #place = 0;
  #stopped = false;
  #running: Promise<void> | null = null;
  #reading: ConsumerMessages | null = null;

  constructor(url: string, stream: string, onRecord: (record: Received) => void = () => undefined) {
    this.#url = url;
    this.#stream = stream;
    this.#onRecord = onRecord;
  }

  start(): this {
    this.#running = this.#run();
    return this;
  }

  tally(): Tally {
    return { ...this.#counts };
  }

  async stop(): Promise<Tally> {
    this.#stopped = true;
    await this.#reading?.close();
    await this.#running;
    return this.tally();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      let connection: NatsConnection | null = null;
      try {
        connection = await connect({ servers: this.#url, reconnect: false, timeout: 2000, pingInterval: 1000 });
        while (!this.#stopped && !connection.isClosed()) await this.#readOn(connection);
      } catch {
        await pause(100); // the server is away, or the stream is not made yet
      } finally {
        await connection?.close().catch(() => undefined);
      }
    }
  }

  async #readOn(connection: NatsConnection): Promise<void> {
    const consumer = await connection.jetstream().consumers.get(this.#stream, { opt_start_seq: this.#place + 1 });
    const reading = await consumer.consume({ max_messages: 2000, idle_heartbeat: 1000 });
    this.#reading = reading;
    let heardAt = performance.now();
    // an ordered consumer of the library may go silent for long after its server came back: then it is made anew
    const watch = setInterval(() => {
      if (performance.now() - heardAt > SILENT_MS || connection.isClosed()) void reading.close();
    }, 200);
    try {
      for await (const message of reading) {
        heardAt = performance.now();
        this.#take(message);
        if (this.#stopped) break;
      }
    } finally {
      clearInterval(watch);
      await reading.close();
    }
  }

  #take(message: JsMsg): void {
    if (message.seq <= this.#place) return; // read already, before it was made anew
    this.#place = message.seq;
    const header = (name: string): string => message.headers?.get(name) ?? "";
    const sequence = Number(header("ce-sequence"));
    const id = header("ce-id");
    const counts = this.#counts;
    counts.records += 1;
    if (this.#ids.has(id)) counts.duplicates += 1;
    this.#ids.add(id);
    const line = `${header("ce-source").split("/sessions/")[0]} ${header("ce-epoch")} ${header("ce-lane")}`;
    const last = this.#last.get(line) ?? 0;
    if (sequence > last + 1) counts.lost += sequence - last - 1;
    if (sequence < last) counts.outOfOrder += 1;
    this.#last.set(line, Math.max(last, sequence));
    const subject = header("ce-subject");
    this.subjects.add(subject);
    const record = { id, subject, type: header("ce-type"), sequence, streamSequence: message.seq };
    if (record.type === "touchline.event.v1") this.#noteRevision(subject, message);
    this.#onRecord({ ...record, receivedAt: Date.now(), message });
  }

  #noteRevision(subject: string, message: JsMsg): void {
    const { revision } = bodyJson<{ revision?: number }>(message.data, message.headers?.get("Content-Encoding") ?? "");
    if (revision === undefined) return;
    if (revision !== (this.#revisions.get(subject) ?? 0) + 1) this.#counts.outOfOrder += 1;
    this.#revisions.set(subject, revision);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
