import type { UnixMicros } from "../sync/index.js";
import type { Clock } from "./clock.js";

/** `connecting` is believed for a bounded time only, then it is `stalled` and counts as broken. */
export type LinkState = "connecting" | "up" | "stalled" | "down";

/** All that the product asks of a message server. The one implementation is `nats-link.ts`: another client library is a change there and nowhere else. */
export interface NatsLink {
  /** Returns at once; connects in the background, for ever. */
  start(): void;
  /** Flushes what was published, closes; may be called twice. */
  stop(): Promise<void>;
  status(): LinkStatus;
  /** Called on each change of state; returns the way to stop listening. */
  onState(listener: (status: LinkStatus) => void): () => void;
  /** Largest message (headers and payload) the server takes, bytes; `null` while not connected. */
  maxPayload(): number | null;
  /** `null` when there is no such stream. */
  streamInfo(name: string): Promise<LinkAnswer<StreamFacts | null>>;
  createStream(spec: StreamSpec): Promise<LinkAnswer<StreamFacts>>;
  /** A stored message by its sequence in the stream; `null` when it is not there. */
  storedMessage(stream: string, sequence: number): Promise<LinkAnswer<StoredMessage | null>>;
  /** Publishes to a stream if what it expects of it is so. Messages leave in the order of the calls. Never throws. */
  publish(message: OutgoingMessage, expected: ExpectedLast): Promise<LinkAnswer<{ readonly sequence: number }>>;
  /** Serves requests; lives on over disconnects, may be called before the first connect. The reply is what the handler resolves to. */
  subscribe(spec: SubscriptionSpec): () => void;
  /** Reads a stream through a durable consumer; lives on over disconnects, waits for a stream that is not there. */
  consume(spec: ConsumeSpec): () => void;
  /** Reads a stream in its order from a place the reader keeps; lives on over disconnects, waits for a stream that is not there. */
  follow(spec: FollowSpec): () => void;
  /** The last message of a stream on subjects that match; `null` when there is none. */
  lastMessage(stream: string, subject: string): Promise<LinkAnswer<StoredMessage | null>>;
}

export interface LinkStatus {
  readonly state: LinkState;
  readonly since: UnixMicros;
  /** Why it is not up; `null` when it is. */
  readonly detail: string | null;
  readonly server: string | null;
}

export const LINK_FAILURES = [
  "disconnected",
  "timeout",
  "wrongSequence",
  "noStream",
  "tooBig",
  "streamFull",
  "denied",
  "other",
] as const;
export type LinkFailure = (typeof LINK_FAILURES)[number];

export type LinkAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: LinkFailure; readonly message: string };

export interface OutgoingMessage {
  readonly subject: string;
  readonly headers: readonly (readonly [string, string])[];
  /** Bytes where it is encoded. */
  readonly body: string | Uint8Array;
}

/** What the stream's last message must be for a publish to be stored. */
export interface ExpectedLast {
  readonly sequence: number;
  /** Its `Nats-Msg-Id`; `null`: any. */
  readonly id: string | null;
}

export interface StoredMessage {
  readonly subject: string;
  header(name: string): string;
}

export interface StreamFacts {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly lastSequence: number;
  readonly firstSequence: number;
  readonly messages: number;
  /** -1: no limit of its own. */
  readonly maxMessageBytes: number;
  readonly replicas: number;
  readonly isFileStorage: boolean;
  readonly isLimitsRetention: boolean;
  readonly isDiscardNew: boolean;
  /** Set when the stream takes no messages from us: sealed, a mirror, without acknowledgements. */
  readonly unusable: string | null;
}

export interface StreamSpec {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly replicas: number;
  /** Age after which the stream forgets; 0: never. */
  readonly maxAgeMs: number;
  readonly description: string;
}

export interface SubscriptionSpec {
  readonly subject: string;
  /** Members of one queue group share the messages; `null`: each gets all. */
  readonly queue: string | null;
  /** Messages worked on at a time; what comes above is not answered (the sender tries again) and told to `onDropped`. */
  readonly maxInFlight: number;
  readonly handle: (message: IncomingMessage) => Promise<string | null>;
  readonly onDropped: (subject: string) => void;
}

export interface ConsumeSpec {
  readonly stream: string;
  readonly durable: string;
  /** Subjects wanted of the stream; `null`: all. */
  readonly subject: string | null;
  /** In the order of the stream. True: done, acknowledge it; false: not now, it comes again. */
  readonly handle: (message: { readonly subject: string; readonly body: string }) => Promise<boolean>;
  /** Told once for each reason for which the stream cannot be read. */
  readonly onProblem: (message: string) => void;
}

export interface FollowSpec {
  readonly stream: string;
  /** `null`: all. */
  readonly subject: string | null;
  /** The last sequence that was worked in: asked for whenever reading begins anew. */
  readonly after: () => number;
  /** In order, each once per reading; the next is handed over when this has resolved. */
  readonly handle: (message: FollowedMessage) => Promise<void> | void;
  readonly onProblem: (message: string) => void;
}

export interface FollowedMessage {
  readonly sequence: number;
  readonly subject: string;
  /** As it came: gzip where the header `Content-Encoding` says so. */
  readonly body: Uint8Array;
  readonly headers: readonly (readonly [string, string])[];
  header(name: string): string;
}

export interface IncomingMessage {
  readonly subject: string;
  readonly body: string;
  readonly wantsReply: boolean;
  header(name: string): string;
}

export interface NatsLinkOptions {
  /** `nats://[user:password@]host:port` or `tls://…`. */
  readonly servers: readonly string[];
  /** Shown in the server's connection list. */
  readonly name: string;
  readonly credsFile?: string;
  /** The seed of an nkey user. */
  readonly nkeyFile?: string;
  readonly tokenFile?: string;
  /** User on the first line, password on the second. */
  readonly loginFile?: string;
  readonly tls?: {
    readonly caFile?: string;
    readonly certFile?: string;
    readonly keyFile?: string;
    readonly handshakeFirst?: boolean;
  };
  /** A private one per box, where the server's permissions ask for it. */
  readonly inboxPrefix?: string;
  readonly clock: Clock;
  /** A line that went dead without a word is noticed after two of these. */
  readonly pingIntervalMs?: number;
  /** How long `connecting` is believed before it counts as `stalled`. */
  readonly believedForMs?: number;
  readonly requestTimeoutMs?: number;
  /** Each attempt to connect that failed, and each connection the server ended. */
  readonly onConnectFailed?: (reason: ConnectFailure) => void;
}

/** Why there is no connection: nobody there, our login refused, TLS, no answer in time, files of ours that cannot be read. */
export const CONNECT_FAILURES = ["unreachable", "refused", "tls", "timeout", "files", "other"] as const;
export type ConnectFailure = (typeof CONNECT_FAILURES)[number];
