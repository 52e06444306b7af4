import { escapeToken, unescapeToken } from "../../records/index.js";
import { parseJson } from "../json-text.js";
import { refusedBy } from "../message-sink.js";
import type { InputSink, Receipt } from "../sink.js";

/** What this input asks of the NATS link. */
export interface MessageSubscriber {
  subscribe(spec: {
    readonly subject: string;
    readonly queue: string | null;
    readonly maxInFlight: number;
    readonly handle: (message: { readonly subject: string; readonly body: string }) => Promise<string | null>;
    readonly onDropped: (subject: string) => void;
  }): () => void;
}

export interface NatsInputParts {
  readonly venue: string;
  readonly subscriber: MessageSubscriber;
  readonly sink: InputSink;
  readonly onProblem: (problem: { readonly subject: string; readonly message: string }) => void;
  /** A message that was not answered because too many were under way, or because the store failed. */
  readonly onDropped: () => void;
}

const MAX_BATCH = 1000;
/** Each waits for one commit; beyond this the sender gets no answer and tries again. */
const MAX_IN_FLIGHT = 1024;

/**
 * Messages on `touchline.in.<venue>.<what>.<from>`: one JSON object or an array of them. A request is answered after the commit with
 * `{"receipts":[...]}`; a plain publish has no answer and may be lost while the daemon is away, so loggers that care use requests.
 */
export function startNatsInput(parts: NatsInputParts): () => void {
  return parts.subscriber.subscribe({
    subject: `touchline.in.${escapeToken(parts.venue)}.*.>`,
    queue: null,
    maxInFlight: MAX_IN_FLIGHT,
    onDropped: parts.onDropped,
    handle: async ({ subject, body }) => {
      const receipts = await receiveMessage(parts.sink, subject, body);
      const refused = receipts.find((receipt) => receipt.status === "rejected");
      if (refused !== undefined) parts.onProblem({ subject, message: refused.message });
      return JSON.stringify({ receipts });
    },
  });
}

/** One JSON object or an array of them; what it is and from whom stands in the subject. Never throws: what the store refuses has receipts, too. */
export async function receiveMessage(sink: InputSink, subject: string, body: string): Promise<readonly Receipt[]> {
  const [what = "", ...from] = subject.split(".").slice(3);
  const parsed = parseJson(body);
  if (!parsed.ok) return [badMessage(parsed.message)];
  const messages = Array.isArray(parsed.value) ? parsed.value : [parsed.value];
  if (messages.length > MAX_BATCH) return [badMessage(`more than ${MAX_BATCH} messages in one`)];
  try {
    return await sink.accept(what, messages, `nats:${from.map(readToken).join(".")}`);
  } catch (error) {
    return refusedBy(error, messages.length);
  }
}

/** A sender may have escaped nothing: a stray `%` is then part of its name. */
function readToken(token: string): string {
  try {
    return unescapeToken(token);
  } catch {
    return token;
  }
}

function badMessage(message: string): Receipt {
  return { status: "rejected", code: "LOG_BAD_MESSAGE", message };
}
