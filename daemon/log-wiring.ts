import { Counter, type Registry } from "prom-client";
import type { VenueConfig } from "../config/index.js";
import { type InputSink, LogFileInput, startNatsInput } from "./inputs/index.js";
import type { NatsLink } from "./link.js";
import { startLogStream } from "./log-stream.js";
import type { Logger } from "./observe/index.js";
import type { Snapshot } from "./outbox/index.js";

export interface LogInputParts {
  readonly config: VenueConfig;
  readonly sink: InputSink;
  readonly link: NatsLink | null;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly snapshots: readonly Snapshot[];
  /** Keeps how far a file was read. */
  readonly onSnapshot: (snapshot: Snapshot) => void;
}

const FILE_CORE = "log-file:";
const FILE_SNAPSHOT_VERSION = 1;

/** Starts the configured inputs of messages but HTTP, which the web server has. Returns the way to stop them. */
export function startLogInputs(parts: LogInputParts): () => Promise<void> {
  const { config, sink, link, registry, logger } = parts;
  const dropped = new Counter({
    name: "touchline_input_dropped_total",
    help: "Messages that were not taken: too many at once, or the store failed. Their senders got no answer.",
    labelNames: ["transport"],
    registers: [registry],
  });
  const brokenLines = new Counter({
    name: "touchline_input_broken_lines_total",
    help: "Lines of log files that could not be read or were refused.",
    registers: [registry],
  });
  for (const transport of ["nats", "jetstream"]) dropped.inc({ transport }, 0);
  const stops: (() => Promise<void> | void)[] = [];
  for (const input of config.inputs.log) {
    if (input.type === "nats" && link !== null) {
      stops.push(
        startNatsInput({
          venue: config.venue,
          subscriber: link,
          sink,
          onProblem: (problem) => logger.warn(problem, "a message over NATS was refused"),
          onDropped: () => dropped.inc({ transport: "nats" }),
        }),
      );
    }
    if (input.type === "jetstream" && input.stream !== null && link !== null) {
      stops.push(
        startLogStream({
          venue: config.venue,
          box: config.box,
          stream: input.stream,
          durable: input.durable,
          servesRequests: config.inputs.log.some(({ type }) => type === "nats"),
          link,
          sink,
          logger,
          onProblem: (problem) => logger.warn(problem, "a message of a stream was refused"),
          onPutOff: () => dropped.inc({ transport: "jetstream" }),
        }),
      );
    }
    if (input.type === "file" && input.path !== null) {
      const { path } = input;
      const file = new LogFileInput({
        name: path,
        path,
        sink,
        startOffset: offsetIn(parts.snapshots, path),
        onOffset: (offset) =>
          parts.onSnapshot({ core: FILE_CORE + path, version: FILE_SNAPSHOT_VERSION, body: String(offset) }),
        onProblem: (problem) => {
          brokenLines.inc();
          logger.warn({ path, ...problem }, "a line of a log file was left out");
        },
      });
      file.start();
      stops.push(() => file.stop());
    }
  }
  return async () => {
    for (const stop of stops) await stop();
  };
}

function offsetIn(snapshots: readonly Snapshot[], path: string): number {
  const saved = snapshots.find(({ core, version }) => core === FILE_CORE + path && version === FILE_SNAPSHOT_VERSION);
  const offset = Number(saved?.body ?? 0);
  return Number.isSafeInteger(offset) && offset >= 0 ? offset : 0;
}
