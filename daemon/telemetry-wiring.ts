import type { Registry } from "prom-client";
import type { TelemetryInputConfig, VenueConfig } from "../config/index.js";
import type { Clock } from "./clock.js";
import {
  DEFAULT_SAMPLING,
  formatOfFile,
  type IntakeParts,
  type MappedField,
  type MappingSpec,
  SampleGate,
  sampleOfMessage,
  sayRefusal,
  startTelemetryFile,
  startTelemetryNats,
  startTelemetryStream,
  TelemetryIntake,
  TelemetryMapping,
  toBatch,
} from "./inputs/index.js";
import type { NatsLink } from "./link.js";
import type { Logger } from "./observe/index.js";
import type { AcceptedMessage, InboxMessage, Snapshot } from "./outbox/index.js";
import { TelemetryMetrics } from "./telemetry-metrics.js";

export interface TelemetryParts {
  readonly config: VenueConfig;
  readonly store: { accept(messages: readonly InboxMessage[]): Promise<AcceptedMessage[]> };
  readonly link: NatsLink | null;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly snapshots: readonly Snapshot[];
  readonly onAccepted: (messages: readonly AcceptedMessage[]) => void;
  /** Keeps how far a file was read. */
  readonly onSnapshot: (snapshot: Snapshot) => void;
}

/** The telemetry inputs of a box. */
export interface Telemetry {
  /** Checked `telemetry` messages of HTTP and `touchline.in.…`: thinned, and made one row. `null`: nothing of them is kept. */
  pack(messages: readonly Readonly<Record<string, unknown>>[], from: string): Packed;
  /** Starts the configured inputs; resolves the way to stop them. */
  start(): () => Promise<void>;
}

export interface Packed {
  /** The row to store; `null`: all of it was thinned out or refused. */
  readonly body: string | null;
  /** Of each message, why it was refused; `null`: it was not. */
  readonly refusals: readonly (string | null)[];
}

const FILE_CORE = "telemetry-file:";
const FILE_SNAPSHOT_VERSION = 1;

export function createTelemetry(parts: TelemetryParts): Telemetry {
  const metrics = new TelemetryMetrics(parts.registry);
  const messages = new SampleGate(DEFAULT_SAMPLING);
  const nowSec = () => parts.clock.wall() / 1e6;
  metrics.add({ input: "messages", gate: messages, waiting: () => 0 });
  return {
    pack: (sent) => {
      metrics.arrived("messages", nowSec());
      return pack(messages, sent);
    },
    start: () => {
      const stops = parts.config.inputs.telemetry.flatMap((input) => startInput(parts, metrics, input) ?? []);
      return async () => {
        for (const stop of stops) await stop();
      };
    },
  };
}

function pack(gate: SampleGate, messages: readonly Readonly<Record<string, unknown>>[]): Packed {
  const refusals: (string | null)[] = [];
  const kept = messages.flatMap((message) => {
    const sample = sampleOfMessage(message);
    const result = gate.push(sample);
    refusals.push(typeof result === "string" ? sayRefusal(result, sample) : null);
    return result === null || typeof result === "string" ? [] : [result];
  });
  const session = messages.find(({ session }) => typeof session === "string")?.session;
  const body = kept.length === 0 ? null : JSON.stringify(toBatch(kept, typeof session === "string" ? session : null));
  return { body, refusals };
}

function startInput(
  parts: TelemetryParts,
  metrics: TelemetryMetrics,
  config: TelemetryInputConfig,
): (() => Promise<void>) | null {
  const { clock, link, logger } = parts;
  const { name } = config;
  const nowSec = () => clock.wall() / 1e6;
  const gate = new SampleGate({ minHz: config.minHz, maxHz: config.maxHz });
  const intake = new TelemetryIntake(intakeParts(parts, metrics, config, gate));
  metrics.add({ input: name, gate, waiting: () => intake.waiting });
  const mapping = new TelemetryMapping(mappingOf(config));
  if (config.type === "file") {
    const { path } = config;
    if (path === null) return null;
    const stop = startTelemetryFile({
      path,
      mapping,
      intake,
      startAt: positionIn(parts.snapshots, path),
      onPosition: (count) =>
        parts.onSnapshot({ core: FILE_CORE + path, version: FILE_SNAPSHOT_VERSION, body: String(count) }),
      onFailure: (message) => logger.error({ input: name, path, reason: message }, "a telemetry file cannot be read"),
    });
    return async () => {
      await stop();
      await intake.flush();
    };
  }
  if (link === null) return null;
  const stop =
    config.type === "nats"
      ? startTelemetryNats({
          subject: config.subject ?? "",
          queue: config.queue,
          mapping,
          intake,
          subscriber: link,
          nowSec,
          onMessageDropped: () => metrics.dropped(name, "message", 1),
        })
      : startTelemetryStream({
          stream: config.stream ?? "",
          durable: config.durable,
          subject: config.subject,
          mapping,
          intake,
          consumer: link,
          nowSec,
          onProblem: (message) => logger.warn({ input: name, reason: message }, "a telemetry stream cannot be read"),
        });
  return async () => {
    stop();
    await intake.flush();
  };
}

function intakeParts(
  { clock, store, logger, onAccepted }: TelemetryParts,
  metrics: TelemetryMetrics,
  { name, session }: TelemetryInputConfig,
  gate: SampleGate,
): IntakeParts {
  return {
    name,
    session,
    gate,
    deliver: async (batch) => {
      const arrival = clock.wall();
      metrics.arrived(name, arrival / 1e6);
      const body = JSON.stringify(batch);
      onAccepted(await store.accept([{ what: "telemetry", from: `telemetry:${name}`, arrival, body }]));
    },
    onProblem: ({ reason, message }) => logger.warn({ input: name, reason, problem: message }, "telemetry was refused"),
    onDropped: (reason, count) => {
      metrics.dropped(name, reason, count);
      logger.warn({ input: name, reason, samples: count }, "telemetry was dropped");
    },
  };
}

function mappingOf(config: TelemetryInputConfig): MappingSpec {
  const format = config.format ?? (config.type === "file" && config.path !== null ? formatOfFile(config.path) : "json");
  const { signal, value, ...fields } = config.fields;
  return {
    format,
    fields: given(fields),
    columns: config.columns,
    signal: format === "signal" ? { name: signal ?? "", value: value ?? "", names: given(config.signals) } : null,
    units: config.units,
  };
}

function given(places: Readonly<Partial<Record<MappedField, string | null>>>): Partial<Record<MappedField, string>> {
  return Object.fromEntries(Object.entries(places).filter(([, place]) => place !== null)) as Partial<
    Record<MappedField, string>
  >;
}

function positionIn(snapshots: readonly Snapshot[], path: string): number {
  const saved = snapshots.find(({ core, version }) => core === FILE_CORE + path && version === FILE_SNAPSHOT_VERSION);
  const position = Number(saved?.body ?? 0);
  return Number.isSafeInteger(position) && position >= 0 ? position : 0;
}
