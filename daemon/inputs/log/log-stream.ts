import type { InputSink } from "../sink.js";
import { receiveMessage } from "./log-nats.js";

/** What this input asks of the NATS link. */
export interface StreamReader {
  /** Each message is acknowledged when `handle` resolves to true, and comes again when to false. */
  consume(spec: {
    readonly stream: string;
    readonly durable: string;
    readonly subject: string | null;
    readonly handle: (message: { readonly subject: string; readonly body: string }) => Promise<boolean>;
    readonly onProblem: (message: string) => void;
  }): () => void;
}

export interface StreamInputParts {
  readonly stream: string;
  readonly durable: string;
  readonly reader: StreamReader;
  readonly sink: InputSink;
  /** A message that can never be taken: acknowledged all the same, for it would come again for ever. */
  readonly onProblem: (problem: { readonly subject: string; readonly message: string }) => void;
  /** A message that will come again because the store did not take it. */
  readonly onPutOff: () => void;
  /** Why the stream cannot be read. */
  readonly onUnreadable: (message: string) => void;
}

/**
 * Messages from a JetStream stream, `<any>.<any>.<venue>.<what>.<from>`: acknowledged after the commit. What arrives while this box is away
 * waits in the stream; what was committed but whose acknowledgement was lost comes again, and is the same event by its key `logger/id`.
 */
export function startStreamInput(parts: StreamInputParts): () => void {
  const { stream, durable, reader, sink, onUnreadable } = parts;
  return reader.consume({
    stream,
    durable,
    subject: null,
    onProblem: onUnreadable,
    handle: async ({ subject, body }) => {
      const receipts = await receiveMessage(sink, subject, body);
      const refused = receipts.filter((receipt) => receipt.status === "rejected");
      if (refused.some(({ code }) => code !== "LOG_BAD_MESSAGE")) {
        parts.onPutOff();
        return false;
      }
      for (const { message } of refused) parts.onProblem({ subject, message });
      return true;
    },
  });
}
