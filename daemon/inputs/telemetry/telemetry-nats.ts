import type { TelemetryMapping } from "./mapping.js";
import type { TelemetryIntake } from "./telemetry-intake.js";

interface Message {
  readonly subject: string;
  readonly body: string;
}

/** What this input asks of the NATS link. */
export interface TelemetrySubscriber {
  subscribe(spec: {
    readonly subject: string;
    readonly queue: string | null;
    readonly maxInFlight: number;
    readonly handle: (message: Message) => Promise<string | null>;
    readonly onDropped: (subject: string) => void;
  }): () => void;
}

export interface TelemetryConsumer {
  /** Each message is acknowledged when `handle` resolves to true, and asked for again when to false. */
  consume(spec: {
    readonly stream: string;
    readonly durable: string;
    readonly subject: string | null;
    readonly handle: (message: Message) => Promise<boolean>;
    readonly onProblem: (message: string) => void;
  }): () => void;
}

export interface TelemetryNatsParts {
  readonly subject: string;
  readonly queue: string | null;
  readonly mapping: TelemetryMapping;
  readonly intake: TelemetryIntake;
  readonly subscriber: TelemetrySubscriber;
  /** Seconds since 1970. */
  readonly nowSec: () => number;
  readonly onMessageDropped: () => void;
}

/** Each is answered at once; the bound on what waits is the intake's. */
const MAX_IN_FLIGHT = 4096;

/**
 * Telemetry on a NATS subject, as it is published. Members of one queue group share it: each message reaches one of them. Core NATS keeps
 * nothing: what is in the air while the daemon is away is lost, and the models count the hole as uncertainty. A request is answered when
 * the batch is durable.
 */
export function startTelemetryNats(parts: TelemetryNatsParts): () => void {
  const { mapping, intake } = parts;
  return parts.subscriber.subscribe({
    subject: parts.subject,
    queue: parts.queue,
    maxInFlight: MAX_IN_FLIGHT,
    onDropped: parts.onMessageDropped,
    handle: async ({ subject, body }) => {
      const { samples, problems } = mapping.read(subject, body, parts.nowSec());
      intake.unreadable(problems);
      const isDurable = await intake.push(samples);
      return JSON.stringify({ durable: isDurable, samples: samples.length, problems: problems.slice(0, 3) });
    },
  });
}

export interface TelemetryStreamParts {
  readonly stream: string;
  readonly durable: string;
  readonly subject: string | null;
  readonly mapping: TelemetryMapping;
  readonly intake: TelemetryIntake;
  readonly consumer: TelemetryConsumer;
  readonly nowSec: () => number;
  readonly onProblem: (message: string) => void;
}

/** Telemetry from a JetStream stream: acknowledged after the commit, so a kill loses nothing; what was not acknowledged comes again. */
export function startTelemetryStream(parts: TelemetryStreamParts): () => void {
  const { mapping, intake, stream, durable } = parts;
  // Messages go in one after the other, each when there is room: the stream waits, and nothing overtakes.
  let turn: Promise<unknown> = Promise.resolve();
  return parts.consumer.consume({
    stream,
    durable,
    subject: parts.subject,
    onProblem: parts.onProblem,
    handle: ({ subject, body }) => {
      const { samples, problems } = mapping.read(subject, body, parts.nowSec());
      intake.unreadable(problems);
      const admitted = turn.then(async () => {
        await intake.room();
        return { isDurable: intake.push(samples) };
      });
      turn = admitted;
      return admitted.then(({ isDurable }) => isDurable);
    },
  });
}
