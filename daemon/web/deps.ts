import type { Registry } from "prom-client";
import type { WebSocket } from "ws";
import type { Clock } from "../clock.js";
import type { InputSink } from "../inputs/index.js";
import type { HealthReport, Logger } from "../observe/index.js";
import type { CloudEvent, RecordKind } from "../records/index.js";
import type { LiveView } from "./live-view.js";
import type { TokenSet } from "./tokens.js";

/** All the web server is given. */
export interface WebServerDeps {
  /** `host:port`, `[v6]:port` or `port`; port 0 takes a free one. */
  readonly listen: string;
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly health: { check(): HealthReport };
  readonly sink: InputSink;
  /** The records' live feed: takes an open socket and speaks its own protocol on it. */
  readonly feed: { handleConnection(socket: WebSocket, query: URLSearchParams): void };
  readonly live: LiveView;
  /** Latest revision of each subject of a kind, newest first; `null`: of all sessions. */
  readonly latest: (kind: RecordKind, session: string | null, limit: number) => Promise<readonly CloudEvent[]>;
  /** The sessions as the box knows them now. */
  readonly sessions: () => Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** From `loadTokens`; `null` when the configuration names no file: then only this machine may write. */
  readonly tokens: TokenSet | null;
  /** Names beside addresses, `localhost` and the machine's own name under which the box may be asked. */
  readonly allowedHosts: readonly string[];
  /** Largest request body, bytes. */
  readonly maxBodyBytes: number;
  /** Folder whose JSON files are served under `/schemas/`. */
  readonly schemasFolder: string;
}

export interface WebServer {
  /** @throws TouchlineError `HTTP_LISTEN_FAILED` */
  start(): Promise<{ readonly url: string }>;
  /** Takes no new request, ends the open ones and the sockets; may be called twice. */
  stop(): Promise<void>;
}
