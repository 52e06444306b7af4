import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Counter, Gauge, type Registry } from "prom-client";
import type { ConnectorConfig, VenueConfig } from "../config/index.js";
import { parseRfc3339 } from "../sync/index.js";
import type { Clock } from "./clock.js";
import { messageOf, TouchlineError } from "./errors.js";
import {
  type Connector,
  type ConnectorObserver,
  type ConnectorParts,
  type ConnectorState,
  FolderConnector,
  type HttpSource,
  type InputSink,
  PollConnector,
  PushConnector,
  publicUrl,
} from "./inputs/index.js";
import { type Health, type Logger, OK } from "./observe/index.js";
import type { Snapshot } from "./outbox/index.js";

export interface ConnectorWiring {
  readonly config: VenueConfig;
  readonly sink: InputSink;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly health: Health;
  readonly logger: Logger;
  readonly snapshots: readonly Snapshot[];
  readonly onSnapshot: (snapshot: Snapshot) => void;
}

const CORE = "connector:";
const SNAPSHOT_VERSION = 1;
const RESULTS = ["changed", "unchanged", "failed"] as const;
const FATES = ["sent", "unreadable", "refused", "vanished", "vanishRefused"] as const;

/** Starts the configured connectors. Returns the way to stop them. @throws TouchlineError FEED_TOKEN_INVALID */
export function startConnectors(wiring: ConnectorWiring): () => Promise<void> {
  const configs = wiring.config.inputs.connectors;
  if (configs.length === 0) return () => Promise.resolve();
  const metrics = new ConnectorMetrics(wiring.registry);
  const connectors = configs.map((config) => connectorOf(config, wiring, metrics));
  for (const connector of connectors) connector.start();
  return async () => {
    await Promise.all(connectors.map((connector) => connector.stop()));
  };
}

function connectorOf(config: ConnectorConfig, wiring: ConnectorWiring, metrics: ConnectorMetrics): Connector {
  const parts = partsOf(config, wiring, metrics);
  if (config.type === "folder") return new FolderConnector(parts, { path: config.path ?? ".", everyMs: config.every });
  const token = config.tokenFile === null ? null : readToken(config.tokenFile);
  const source = sourceOf(config.url, token);
  if (config.type === "poll") return new PollConnector(parts, { source, everyMs: config.every });
  const recovery = config.recoverUrl === null ? null : sourceOf(config.recoverUrl, token);
  return new PushConnector(parts, { source, recovery, silenceMs: config.silence });
}

function partsOf(config: ConnectorConfig, wiring: ConnectorWiring, metrics: ConnectorMetrics): ConnectorParts {
  const { name } = config;
  const { clock, snapshots, onSnapshot, sink } = wiring;
  const core = CORE + name;
  return {
    name,
    sink,
    clock,
    observer: observerOf(config, wiring, metrics),
    document: { format: config.format, logger: name, kickOff: kickOffOf(config, wiring) },
    session: config.session,
    retractsVanished: config.vanished === "retract",
    saved: snapshots.find((saved) => saved.core === core && saved.version === SNAPSHOT_VERSION)?.body ?? null,
    onSnapshot: (body) => onSnapshot({ core, version: SNAPSHOT_VERSION, body }),
    sleep: async (ms, signal) => {
      await sleep(ms, undefined, { signal }).catch(() => undefined); // stopped: the caller sees it in the signal
    },
    random: Math.random,
  };
}

function observerOf(config: ConnectorConfig, wiring: ConnectorWiring, metrics: ConnectorMetrics): ConnectorObserver {
  const { name } = config;
  const { logger, health, clock } = wiring;
  const from = config.url === null ? (config.path ?? "") : publicUrl(new URL(config.url));
  let state: ConnectorState = "connecting";
  let detail: string | null = null;
  metrics.begin(name);
  health.register({
    part: `connector ${name}`,
    needed: "info",
    check: () => (state === "up" ? OK : { state: "degraded", reason: detail ?? state }),
  });
  return {
    state(next, why) {
      if (next !== state)
        logger[next === "down" ? "warn" : "info"](
          { connector: name, from, state: next, reason: why },
          "a connector changed",
        );
      state = next;
      detail = why;
      metrics.state(name, next === "up");
    },
    answered: (result) => metrics.answered(name, result, clock.wall() / 1e6),
    counted: (fate, count) => metrics.counted(name, fate, count),
    problem: (problem) => logger.warn({ connector: name, ...problem }, "a part of a feed was left out"),
  };
}

/** Providers that count from a period's start are put on the schedule. */
function kickOffOf(config: ConnectorConfig, { config: { sessions }, clock }: ConnectorWiring) {
  const session = sessions.find((candidate) => candidate.session === config.session) ?? sessions[0];
  return (session === undefined ? null : parseRfc3339(session.scheduledStart)) ?? clock.wall();
}

function sourceOf(url: string | null, token: string | null): HttpSource {
  return { url: new URL(url ?? "http://localhost"), token };
}

function readToken(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (thrown) {
    throw new TouchlineError("FEED_TOKEN_INVALID", [path, messageOf(thrown)], thrown);
  }
  const token = text.split("\n", 1)[0]?.trim() ?? "";
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new TouchlineError("FEED_TOKEN_INVALID", [path, "its first line is empty or holds spaces"]);
}

class ConnectorMetrics {
  readonly #up: Gauge<"connector">;
  readonly #answers: Counter<"connector" | "result">;
  readonly #events: Counter<"connector" | "result">;
  readonly #lastAnswer: Gauge<"connector">;

  constructor(registry: Registry) {
    this.#up = new Gauge({
      name: "touchline_connector_up",
      help: "1 while the feed answers, 0 while it does not.",
      labelNames: ["connector"],
      registers: [registry],
    });
    this.#answers = new Counter({
      name: "touchline_connector_answers_total",
      help: "Looks at a feed (polls, connections, files) by what came of them.",
      labelNames: ["connector", "result"],
      registers: [registry],
    });
    this.#events = new Counter({
      name: "touchline_connector_events_total",
      help: "Events of a feed by what became of them.",
      labelNames: ["connector", "result"],
      registers: [registry],
    });
    this.#lastAnswer = new Gauge({
      name: "touchline_connector_last_answer_timestamp_seconds",
      help: "When the feed last gave a good answer.",
      labelNames: ["connector"],
      registers: [registry],
    });
  }

  begin(connector: string): void {
    this.#up.set({ connector }, 0);
    for (const result of RESULTS) this.#answers.inc({ connector, result }, 0);
    for (const result of FATES) this.#events.inc({ connector, result }, 0);
  }

  state(connector: string, isUp: boolean): void {
    this.#up.set({ connector }, isUp ? 1 : 0);
  }

  answered(connector: string, result: (typeof RESULTS)[number], nowSec: number): void {
    this.#answers.inc({ connector, result });
    if (result !== "failed") this.#lastAnswer.set({ connector }, nowSec);
  }

  counted(connector: string, result: (typeof FATES)[number], count: number): void {
    this.#events.inc({ connector, result }, count);
  }
}
