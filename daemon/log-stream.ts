import { type InputSink, startStreamInput } from "./inputs/index.js";
import type { NatsLink } from "./link.js";
import type { Logger } from "./observe/index.js";
import { escapeToken } from "./records/index.js";

/** Messages that no box has taken for so long are of no match any more. */
const KEEP_MS = 7 * 24 * 3_600_000;

export interface LogStreamParts {
  readonly venue: string;
  readonly box: string;
  readonly stream: string;
  readonly durable: string | null;
  /** Requests on `touchline.in.<venue>.>` are served, too: a stream on the same subjects would bring each message twice. */
  readonly servesRequests: boolean;
  readonly link: NatsLink;
  readonly sink: InputSink;
  readonly logger: Logger;
  readonly onProblem: (problem: { readonly subject: string; readonly message: string }) => void;
  readonly onPutOff: () => void;
}

/** Checks the stream, or makes it where the account allows that, whenever the link comes up; reads it from then on. */
export function startLogStream(parts: LogStreamParts): () => void {
  const { link, logger, stream, box, sink, onProblem, onPutOff } = parts;
  const durable = parts.durable ?? `touchline-${box}`;
  let stopReading: (() => void) | null = null;
  let isStopped = false;

  const open = async (): Promise<void> => {
    const trouble = await troubleWith(parts);
    if (trouble !== null) logger.warn({ stream, trouble }, "the stream of messages cannot be read as it should be");
    if (isStopped || stopReading !== null || trouble?.startsWith(TWICE)) return;
    stopReading = startStreamInput({
      stream,
      durable,
      reader: link,
      sink,
      onProblem,
      onPutOff,
      onUnreadable: (reason) => logger.warn({ stream, reason }, "the stream of messages cannot be read"),
    });
  };
  const release = link.onState(({ state }) => {
    if (state === "up") void open();
  });
  if (link.status().state === "up") void open();
  return () => {
    isStopped = true;
    release();
    stopReading?.();
  };
}

const TWICE = "each message would come twice";

async function troubleWith({ link, stream, venue, servesRequests }: LogStreamParts): Promise<string | null> {
  const known = await link.streamInfo(stream);
  if (!known.ok) return known.message;
  const requests = `touchline.in.${escapeToken(venue)}.`;
  if (known.value === null) {
    const made = await link.createStream({
      name: stream,
      subjects: [`touchline.keep.${escapeToken(venue)}.>`],
      replicas: 1,
      maxAgeMs: KEEP_MS,
      description: `Messages for the boxes at ${venue}, until they have stored them.`,
    });
    return made.ok ? null : `it is missing and cannot be made: ${made.message}`;
  }
  const shared = known.value.subjects.filter(
    (subject) => subject.startsWith(requests) || /^(>|touchline\.(>|in\.[*>]))/.test(subject),
  );
  if (servesRequests && shared.length > 0)
    return `${TWICE}: it takes ${shared.join(", ")}, and inputs.log of type nats serves ${requests}>`;
  return null;
}
