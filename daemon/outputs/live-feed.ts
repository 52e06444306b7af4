import { Counter, Gauge, type Registry } from "prom-client";
import type { WebSocket } from "ws";
import type { Clock } from "../clock.js";
import { messageOf } from "../errors.js";
import { LANES, type Lane } from "../records/index.js";
import { CLOSE_FULL, CLOSE_SLOW, FeedClient, toRecordText } from "./feed-client.js";
import type { DeliverySource, Output, OutputStatus } from "./output.js";
import { OutputHealth, type OutputLog } from "./output-health.js";
import { outputMetrics } from "./output-metrics.js";
import { AGAIN, Bell, failed, IDLE, runSteps, type Step } from "./step-loop.js";

const TYPE = "feed";
const PAGE_RECORDS = 200;
const PING_EVERY_MS = 15_000;
/** The feed holds no rows for its clients beyond the store's retention; its mark only says where to begin after a restart. */
const ACKNOWLEDGE_EVERY_MS = 1000;
const MAX_CLIENTS = 64;
const MAX_QUEUE_BYTES = 4 * 1024 * 1024;
const DROP_REASONS = ["slow", "dead", "full", "failed"] as const;

/** What a client says in its address: `/v1/feed?epoch=…&live=17&analysis=3`, the last sequences it has. */
export interface FeedQuery {
  readonly epoch?: string;
  readonly live?: string | number;
  readonly analysis?: string | number;
  readonly bulk?: string | number;
}

export interface LiveFeedOptions {
  /** Name of its route in the outbox. */
  readonly name: string;
  readonly source: DeliverySource;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly log: OutputLog;
  readonly maxClients?: number;
  readonly maxQueueBytes?: number;
  readonly pingEveryMs?: number;
  /** The present state of things, for a client that cannot resume; sent as `{"type":"snapshot","events":[…]}`. */
  readonly snapshot?: () => Promise<readonly unknown[]>;
}

export interface LiveFeed extends Output {
  /** Takes over a socket after the upgrade. Never throws. */
  handleConnection(socket: WebSocket, query: FeedQuery): void;
}

/**
 * Messages to a client, in this order:
 * - `{"type":"hello","epoch","lanes":{"live":{"last","oldest"},…}}`
 * - `{"type":"resync","reason":"new|epoch|tooOld|ahead"}` and, where there is one, `{"type":"snapshot","events"}`, when it cannot resume
 * - `{"type":"record","lane","sequence","event"}`: sequences of a lane rise by one from where the client resumed, or from `hello`'s `last`.
 */
export function createLiveFeed(options: LiveFeedOptions): LiveFeed {
  return new WebSocketFeed(options);
}

class WebSocketFeed implements LiveFeed {
  readonly name: string;
  readonly #source: DeliverySource;
  readonly #options: LiveFeedOptions;
  readonly #health: OutputHealth;
  readonly #clients = new Set<FeedClient>();
  readonly #stopping = new AbortController();
  readonly #work = new Bell();
  readonly #dropped: Counter<"reason">;
  readonly #messages: Counter;
  /** Next sequence per lane that the live clients get; empty until the first step. */
  readonly #next = new Map<Lane, number>();
  #running: Promise<void> | null = null;
  #release: (() => void) | null = null;
  #pinger: NodeJS.Timeout | null = null;
  #acknowledgeTimer: NodeJS.Timeout | null = null;

  constructor(options: LiveFeedOptions) {
    const { registry, clock, log, source } = options;
    const metrics = outputMetrics(registry);
    this.name = options.name;
    this.#source = source;
    this.#options = options;
    metrics.startAtZero(this.name, ["store"]);
    this.#health = new OutputHealth({ name: this.name, type: TYPE, clock, metrics, log, believedForMs: 10_000 });
    const registers = [registry];
    this.#dropped = new Counter({
      name: "touchline_feed_dropped_total",
      help: "Clients of the live feed that were hung up on.",
      labelNames: ["reason"],
      registers,
    });
    for (const reason of DROP_REASONS) this.#dropped.inc({ reason }, 0);
    this.#messages = new Counter({
      name: "touchline_feed_messages_total",
      help: "Records sent to clients of the live feed.",
      registers,
    });
    const clients = this.#clients;
    new Gauge({
      name: "touchline_feed_clients",
      help: "Clients of the live feed.",
      registers,
      collect() {
        this.set(clients.size);
      },
    });
  }

  start(): void {
    if (this.#running !== null || this.#stopping.signal.aborted) return;
    this.#release = this.#source.onCommitted(() => this.#work.ring());
    this.#pinger = setInterval(() => this.#pingAll(), this.#options.pingEveryMs ?? PING_EVERY_MS).unref();
    this.#running = runSteps({
      step: () => this.#step(),
      work: this.#work,
      retry: new Bell(),
      signal: this.#stopping.signal,
      onFailed: (reason, detail) => this.#health.fault(TYPE, reason, detail),
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#release?.();
    this.#release = null;
    if (this.#pinger !== null) clearInterval(this.#pinger);
    if (this.#acknowledgeTimer !== null) clearTimeout(this.#acknowledgeTimer);
    for (const client of this.#clients) client.drop(1001, "going away");
    this.#clients.clear();
    await this.#running;
    await this.#acknowledgeAll();
    this.#health.stopped();
  }

  status(): OutputStatus {
    return this.#health.status();
  }

  handleConnection(socket: WebSocket, query: FeedQuery): void {
    socket.on("error", () => socket.terminate()); // a broken frame or a reset line; the close below follows
    if (this.#stopping.signal.aborted || this.#clients.size >= (this.#options.maxClients ?? MAX_CLIENTS)) {
      this.#dropped.inc({ reason: "full" });
      socket.close(CLOSE_FULL, "too many clients");
      return;
    }
    this.#serve(socket, query).catch((error: unknown) => {
      this.#dropped.inc({ reason: "failed" });
      this.#options.log.warn({ output: this.name, error: messageOf(error) }, "live feed could not serve a client");
      socket.close(1011, "internal error");
    });
  }

  async #serve(socket: WebSocket, query: FeedQuery): Promise<void> {
    const cursors = await this.#begin();
    const { next, resync } = whereToResume(cursors, query, this.#source.epoch);
    const client = new FeedClient(socket, next, this.#options.maxQueueBytes ?? MAX_QUEUE_BYTES);
    this.#clients.add(client);
    socket.on("close", () => this.#clients.delete(client));
    const lanes = Object.fromEntries(cursors.map(({ lane, last, oldest }) => [lane, { last, oldest }]));
    client.send(JSON.stringify({ type: "hello", epoch: this.#source.epoch, lanes }));
    if (resync !== null) await this.#resync(client, resync);
    await this.#replay(client);
  }

  async #resync(client: FeedClient, reason: string): Promise<void> {
    client.send(JSON.stringify({ type: "resync", reason }));
    const events = await this.#options.snapshot?.();
    if (events !== undefined) client.send(JSON.stringify({ type: "snapshot", events }));
  }

  async #skip(client: FeedClient, lane: Lane): Promise<void> {
    client.skipTo(lane, this.#next.get(lane) ?? 1);
    await this.#resync(client, "tooOld");
  }

  /** From the outbox, a page at a time and never more than the queue holds, until it is where the live clients are. */
  async #replay(client: FeedClient): Promise<void> {
    const lowWater = (this.#options.maxQueueBytes ?? MAX_QUEUE_BYTES) / 4;
    for (const lane of LANES) {
      while (client.isOpen && client.next(lane) < (this.#next.get(lane) ?? 1)) {
        const page = await this.#source.read(this.name, lane, client.next(lane) - 1, PAGE_RECORDS);
        if (page.length === 0) await this.#skip(client, lane); // forgotten while it was reading
        for (const delivery of page) this.#sendTo(client, lane, delivery.sequence, toRecordText(delivery));
        while (client.isOpen && client.queuedBytes > lowWater) await pause();
      }
    }
    const isBehind = LANES.some((lane) => client.next(lane) < (this.#next.get(lane) ?? 1));
    if (isBehind && client.isOpen) return await this.#replay(client);
    client.goLive();
    this.#work.ring();
  }

  async #step(): Promise<Step> {
    try {
      if (this.#next.size === 0) await this.#begin();
      let hasSent = false;
      for (const lane of LANES) hasSent = (await this.#sendLive(lane)) || hasSent;
      this.#health.sound(TYPE);
      return hasSent ? AGAIN : IDLE;
    } catch (error) {
      return failed("store", messageOf(error));
    }
  }

  /** Whoever comes first, the sender or a client, sets where the live clients begin. */
  async #begin(): Promise<Cursors> {
    const cursors = await this.#source.cursors(this.name);
    for (const { lane, acknowledged } of cursors) if (!this.#next.has(lane)) this.#next.set(lane, acknowledged + 1);
    return cursors;
  }

  /** Every record is read and written as text once, for all clients that are live. */
  async #sendLive(lane: Lane): Promise<boolean> {
    const page = await this.#source.read(this.name, lane, (this.#next.get(lane) ?? 1) - 1, PAGE_RECORDS);
    const last = page.at(-1);
    if (last === undefined) return false;
    const live = [...this.#clients].filter((client) => !client.isReplaying);
    for (const delivery of page) {
      if (live.length === 0) break;
      const text = toRecordText(delivery);
      for (const client of live) this.#sendTo(client, lane, delivery.sequence, text);
    }
    this.#next.set(lane, last.sequence + 1);
    for (const client of live) if (client.isSlow) this.#drop(client, "slow", CLOSE_SLOW, "too slow");
    this.#health.acknowledged(lane, page.length);
    this.#acknowledgeTimer ??= setTimeout(() => void this.#acknowledgeAll(), ACKNOWLEDGE_EVERY_MS).unref();
    return true;
  }

  async #acknowledgeAll(): Promise<void> {
    this.#acknowledgeTimer = null;
    const sent = [...this.#next].filter(([, next]) => next > 1);
    const all = sent.map(([lane, next]) => this.#source.acknowledge(this.name, lane, next - 1));
    await Promise.all(all).catch(() => undefined); // a store that has failed says so itself
  }

  #sendTo(client: FeedClient, lane: Lane, sequence: number, text: string): void {
    if (!client.isOpen) return;
    client.sendRecord(lane, sequence, text);
    this.#messages.inc();
  }

  #drop(client: FeedClient, reason: (typeof DROP_REASONS)[number], code: number, words: string): void {
    this.#dropped.inc({ reason });
    this.#clients.delete(client);
    client.drop(code, words);
  }

  #pingAll(): void {
    for (const client of this.#clients) {
      if (client.ping()) continue;
      this.#dropped.inc({ reason: "dead" });
      this.#clients.delete(client);
      client.cut();
    }
  }
}

type Cursors = Awaited<ReturnType<DeliverySource["cursors"]>>;

/** A client resumes when it names this epoch and sequences that are still kept; else it begins with what comes next. */
function whereToResume(
  cursors: Cursors,
  query: FeedQuery,
  epoch: string,
): { next: Map<Lane, number>; resync: string | null } {
  const resync = whyNotResume(cursors, query, epoch);
  const next = new Map(
    cursors.map(({ lane, last }) => [lane, (resync === null ? (had(query, lane) ?? last) : last) + 1]),
  );
  return { next, resync };
}

function whyNotResume(cursors: Cursors, query: FeedQuery, epoch: string): string | null {
  if (query.epoch === undefined || LANES.every((lane) => had(query, lane) === null)) return "new";
  if (query.epoch !== epoch) return "epoch";
  for (const { lane, last, oldest } of cursors) {
    const sequence = had(query, lane);
    if (sequence === null) continue;
    if (sequence > last) return "ahead";
    if (sequence + 1 < oldest) return "tooOld";
  }
  return null;
}

function had(query: FeedQuery, lane: Lane): number | null {
  const given = query[lane];
  if (given === undefined || given === "") return null;
  const sequence = Number(given);
  return Number.isSafeInteger(sequence) && sequence >= 0 ? sequence : null;
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 20).unref();
  });
}
