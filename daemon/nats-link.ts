import {
  type ConnectionOptions,
  connect,
  DiscardPolicy,
  Events,
  headers,
  type JetStreamManager,
  type Msg,
  type MsgHdrs,
  type MsgRequest,
  type NatsConnection,
  NatsError,
  nanos,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from "nats";
import type {
  ConsumeSpec,
  ExpectedLast,
  FollowSpec,
  LinkAnswer,
  LinkFailure,
  LinkState,
  LinkStatus,
  NatsLink,
  NatsLinkOptions,
  OutgoingMessage,
  StoredMessage,
  StreamFacts,
  StreamSpec,
  SubscriptionSpec,
} from "./link.js";
import { connectFailureOf, describe, securityOf, usesTls } from "./nats-options.js";
import { attach, consumeStream, followStream } from "./nats-subscriptions.js";

const PING_INTERVAL_MS = 2000;
const BELIEVED_FOR_MS = 10_000;
const REQUEST_TIMEOUT_MS = 5000;
const CONNECT_TIMEOUT_MS = 5000;
const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 5000;

/** Error codes of the JetStream API (server/errors.json of nats-server). */
const FAILURE_OF_API_CODE: Readonly<Record<number, LinkFailure>> = {
  10070: "wrongSequence", // the message before it has another id
  10071: "wrongSequence",
  10054: "tooBig",
  10077: "streamFull",
  10047: "streamFull",
  10023: "streamFull",
  10059: "noStream",
};
const API_NO_MESSAGE = 10037;
const API_NO_STREAM = 10059;

export function createNatsLink(options: NatsLinkOptions): NatsLink {
  return new ReconnectingLink(options);
}

class ReconnectingLink implements NatsLink {
  readonly #options: NatsLinkOptions;
  readonly #listeners = new Set<(status: LinkStatus) => void>();
  /** Each with the way to end it on the present connection. */
  readonly #subscriptions = new Map<SubscriptionSpec, () => void>();
  readonly #consumers = new Map<ConsumeSpec, () => void>();
  readonly #followers = new Map<FollowSpec, () => void>();
  readonly #stopping = new AbortController();
  #status: LinkStatus;
  #connection: NatsConnection | null = null;
  #manager: JetStreamManager | null = null;
  #running: Promise<void> | null = null;
  #stallTimer: NodeJS.Timeout | null = null;

  constructor(options: NatsLinkOptions) {
    this.#options = options;
    this.#status = { state: "connecting", since: options.clock.wall(), detail: "not started", server: null };
  }

  start(): void {
    if (this.#running !== null || this.#stopping.signal.aborted) return;
    this.#lost("not connected yet");
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    if (!this.#stopping.signal.aborted) {
      this.#stopping.abort();
      if (this.#status.state === "up") await this.#connection?.flush().catch(() => undefined); // it is being closed anyway
      await this.#connection?.close().catch(() => undefined);
    }
    await this.#running;
    this.#setState("down", "stopped");
  }

  status(): LinkStatus {
    return this.#status;
  }

  onState(listener: (status: LinkStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  maxPayload(): number | null {
    return this.#connection?.info?.max_payload ?? null;
  }

  streamInfo(name: string): Promise<LinkAnswer<StreamFacts | null>> {
    return this.#manage(async (manager) => {
      try {
        const { config, state } = await manager.streams.info(name);
        return toFacts(config, state);
      } catch (error) {
        if (apiCodeOf(error) === API_NO_STREAM) return null;
        throw error;
      }
    });
  }

  createStream(spec: StreamSpec): Promise<LinkAnswer<StreamFacts>> {
    return this.#manage(async (manager) => {
      const { config, state } = await manager.streams.add({
        name: spec.name,
        subjects: [...spec.subjects],
        description: spec.description,
        storage: StorageType.File,
        retention: RetentionPolicy.Limits,
        // A full stream must refuse: what it threw away unread would be lost without a sign.
        discard: DiscardPolicy.New,
        max_age: nanos(spec.maxAgeMs),
        num_replicas: spec.replicas,
      });
      return toFacts(config, state);
    });
  }

  storedMessage(stream: string, sequence: number): Promise<LinkAnswer<StoredMessage | null>> {
    return this.#stored(stream, { seq: sequence });
  }

  lastMessage(stream: string, subject: string): Promise<LinkAnswer<StoredMessage | null>> {
    return this.#stored(stream, { last_by_subj: subject });
  }

  #stored(stream: string, which: MsgRequest): Promise<LinkAnswer<StoredMessage | null>> {
    return this.#manage(async (manager) => {
      try {
        const message = await manager.streams.getMessage(stream, which);
        return { subject: message.subject, header: (name) => message.header.get(name) };
      } catch (error) {
        if (apiCodeOf(error) === API_NO_MESSAGE) return null;
        throw error;
      }
    });
  }

  async publish(message: OutgoingMessage, expected: ExpectedLast): Promise<LinkAnswer<{ readonly sequence: number }>> {
    const connection = this.#connection;
    if (connection === null || this.#status.state !== "up") return this.#notConnected();
    try {
      const reply = await connection.request(message.subject, message.body, {
        timeout: this.#options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
        headers: toHeaders(message.headers, expected),
      });
      return toPublishAnswer(reply);
    } catch (error) {
      return toFailure(error);
    }
  }

  subscribe(spec: SubscriptionSpec): () => void {
    this.#subscriptions.set(spec, this.#connection === null ? () => undefined : attach(this.#connection, spec));
    return () => {
      this.#subscriptions.get(spec)?.();
      this.#subscriptions.delete(spec);
    };
  }

  consume(spec: ConsumeSpec): () => void {
    this.#consumers.set(spec, this.#connection === null ? () => undefined : consumeStream(this.#connection, spec));
    return () => {
      this.#consumers.get(spec)?.();
      this.#consumers.delete(spec);
    };
  }

  follow(spec: FollowSpec): () => void {
    this.#followers.set(spec, this.#connection === null ? () => undefined : followStream(this.#connection, spec));
    return () => {
      this.#followers.get(spec)?.();
      this.#followers.delete(spec);
    };
  }

  async #run(): Promise<void> {
    let waitMs = RETRY_MIN_MS;
    while (!this.#stopping.signal.aborted) {
      try {
        const connection = await connect(this.#connectionOptions());
        waitMs = RETRY_MIN_MS;
        if (this.#stopping.signal.aborted) return await connection.close();
        await this.#serve(connection);
      } catch (error) {
        this.#refused(error);
      }
      await sleep(waitMs * (0.5 + Math.random()), this.#stopping.signal);
      waitMs = Math.min(RETRY_MAX_MS, waitMs * 2);
    }
  }

  /** Until the connection is closed for good: by us, or by a server that refuses us. */
  async #serve(connection: NatsConnection): Promise<void> {
    this.#connection = connection;
    this.#manager = await connection.jetstreamManager({
      checkAPI: false,
      timeout: this.#options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    });
    // the library renews subscriptions when it reconnects; of a connection made anew it knows none
    for (const spec of this.#subscriptions.keys()) this.#subscriptions.set(spec, attach(connection, spec));
    for (const spec of this.#consumers.keys()) this.#consumers.set(spec, consumeStream(connection, spec));
    for (const spec of this.#followers.keys()) this.#followers.set(spec, followStream(connection, spec));
    this.#setState("up", null);
    void this.#followStatus(connection);
    const error = await connection.closed();
    for (const end of [...this.#consumers.values(), ...this.#followers.values()]) end();
    this.#connection = null;
    this.#manager = null;
    if (!this.#stopping.signal.aborted) this.#refused(error ?? new Error("closed"));
  }

  #refused(error: unknown): void {
    this.#options.onConnectFailed?.(connectFailureOf(error));
    this.#lost(describe(error, usesTls(this.#options)));
  }

  async #followStatus(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (this.#stopping.signal.aborted) return;
      if (status.type === Events.Disconnect) this.#lost("the connection was lost");
      if (status.type === Events.Reconnect) this.#setState("up", null);
    }
  }

  /** `connecting` for a while, then `stalled`: it looks different from a link that is about to come. */
  #lost(detail: string): void {
    if (this.#status.state !== "stalled") this.#setState("connecting", detail);
    else this.#setState("stalled", detail);
    this.#stallTimer ??= setTimeout(() => {
      if (this.#status.state === "connecting") this.#setState("stalled", this.#status.detail);
    }, this.#options.believedForMs ?? BELIEVED_FOR_MS).unref();
  }

  #setState(state: LinkState, detail: string | null): void {
    const before = this.#status;
    if (state !== "connecting" && this.#stallTimer !== null) {
      clearTimeout(this.#stallTimer);
      this.#stallTimer = null;
    }
    const since = before.state === state ? before.since : this.#options.clock.wall();
    const server = state === "up" ? (this.#connection?.getServer() ?? null) : null;
    this.#status = { state, since, detail, server };
    if (before.state !== state || before.detail !== detail)
      for (const listener of this.#listeners) listener(this.#status);
  }

  async #manage<T>(act: (manager: JetStreamManager) => Promise<T>): Promise<LinkAnswer<T>> {
    const manager = this.#manager;
    if (manager === null || this.#status.state !== "up") return this.#notConnected();
    try {
      return { ok: true, value: await act(manager) };
    } catch (error) {
      return toFailure(error);
    }
  }

  #notConnected(): { readonly ok: false; readonly reason: "disconnected"; readonly message: string } {
    return { ok: false, reason: "disconnected", message: this.#status.detail ?? "not connected" };
  }

  #connectionOptions(): ConnectionOptions {
    const { name, inboxPrefix } = this.#options;
    return {
      ...securityOf(this.#options),
      name,
      ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
      timeout: CONNECT_TIMEOUT_MS,
      pingInterval: this.#options.pingIntervalMs ?? PING_INTERVAL_MS,
      maxPingOut: 2,
      reconnect: true,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 2 * RETRY_MIN_MS,
      reconnectJitter: 2 * RETRY_MIN_MS,
      waitOnFirstConnect: false,
    };
  }
}

function toHeaders(pairs: OutgoingMessage["headers"], expected: ExpectedLast): MsgHdrs {
  const result = headers();
  for (const [name, value] of pairs) result.set(name, value);
  result.set("Nats-Expected-Last-Sequence", String(expected.sequence));
  if (expected.id !== null) result.set("Nats-Expected-Last-Msg-Id", expected.id);
  return result;
}

function toPublishAnswer(reply: Msg): LinkAnswer<{ readonly sequence: number }> {
  const ack = reply.json<{ seq?: number; error?: { err_code?: number; description?: string } }>();
  if (ack.error === undefined && typeof ack.seq === "number") return { ok: true, value: { sequence: ack.seq } };
  const reason = FAILURE_OF_API_CODE[ack.error?.err_code ?? 0] ?? "other";
  return { ok: false, reason, message: ack.error?.description ?? "an answer that is no acknowledgement" };
}

function toFacts(config: StreamConfig, state: { last_seq: number; first_seq: number; messages: number }): StreamFacts {
  return {
    name: config.name,
    subjects: config.subjects ?? [],
    lastSequence: state.last_seq,
    firstSequence: state.first_seq,
    messages: state.messages,
    maxMessageBytes: config.max_msg_size ?? -1,
    replicas: config.num_replicas,
    isFileStorage: config.storage === StorageType.File,
    isLimitsRetention: config.retention === RetentionPolicy.Limits,
    isDiscardNew: config.discard === DiscardPolicy.New,
    unusable: unusableBecause(config),
  };
}

function unusableBecause(config: StreamConfig): string | null {
  if (config.sealed) return "it is sealed";
  if (config.mirror !== undefined) return "it is a mirror";
  if (config.sources !== undefined && config.sources.length > 0) return "it is fed from other streams";
  if (config.no_ack) return "it acknowledges nothing (no_ack)";
  return null;
}

function apiCodeOf(error: unknown): number | null {
  return error instanceof NatsError ? (error.api_error?.err_code ?? null) : null;
}

function toFailure(error: unknown): { readonly ok: false; readonly reason: LinkFailure; readonly message: string } {
  return { ok: false, reason: failureReason(error), message: describe(error) };
}

function failureReason(error: unknown): LinkFailure {
  if (!(error instanceof NatsError)) return "other";
  const ofApi = FAILURE_OF_API_CODE[apiCodeOf(error) ?? 0];
  if (ofApi !== undefined) return ofApi;
  switch (error.code) {
    case "TIMEOUT":
      return "timeout";
    case "503":
      return "noStream";
    case "MAX_PAYLOAD_EXCEEDED":
      return "tooBig";
    case "PERMISSIONS_VIOLATION":
      return "denied";
    case "CONNECTION_CLOSED":
    case "CONNECTION_DRAINING":
    case "DISCONNECT":
      return "disconnected";
    default:
      return "other";
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
