import { Counter, type Registry } from "prom-client";
import type { Clock } from "../clock.js";
import { messageOf, TouchlineError } from "../errors.js";
import { type AcceptedMessage, INPUT_KINDS, type InboxMessage, type Store } from "../outbox/index.js";
import { isInputKind, messageProblems } from "./messages.js";
import type { InputSink, Receipt } from "./sink.js";

export interface MessageSinkParts {
  readonly store: Pick<Store, "accept">;
  readonly clock: Clock;
  readonly registry: Registry;
  /** Telemetry is thinned, and what is left of a request is one row of the inbox. Without it each sample is one. */
  readonly packTelemetry?: (messages: readonly Message[], from: string) => PackedTelemetry;
  /** What is durable goes on into the pipeline. */
  readonly onAccepted: (messages: readonly AcceptedMessage[]) => void;
}

type Message = Readonly<Record<string, unknown>>;

/** `body`: the row; `null`: nothing is left. `refusals`: why, of each message; `null`: it is taken. */
export interface PackedTelemetry {
  readonly body: string | null;
  readonly refusals: readonly (string | null)[];
}

/** Checks each message, stamps its arrival on the daemon's clock, stores it, and only then says so. */
export function createMessageSink(parts: MessageSinkParts): InputSink {
  const counter = new Counter({
    name: "touchline_input_messages_total",
    help: "Messages that came in, by kind and by what became of them.",
    labelNames: ["what", "result"],
    registers: [parts.registry],
  });
  for (const what of INPUT_KINDS) for (const result of ["accepted", "rejected"]) counter.inc({ what, result }, 0);

  return {
    async accept(what, messages, from) {
      if (!isInputKind(what)) {
        throw new TouchlineError("LOG_BAD_MESSAGE", [
          `unknown kind of message '${what}'`,
          `known are ${INPUT_KINDS.join(", ")}`,
        ]);
      }
      const arrival = parts.clock.wall();
      if (what === "telemetry" && parts.packTelemetry !== undefined) {
        return acceptTelemetry({ ...parts, packTelemetry: parts.packTelemetry }, counter, messages, from, arrival);
      }
      const receipts: (Receipt | null)[] = [];
      const good: InboxMessage[] = [];
      for (const message of messages) {
        const problems = messageProblems(what, message);
        const isGood = problems.length === 0;
        receipts.push(isGood ? null : { status: "rejected", code: "LOG_BAD_MESSAGE", message: problems.join("; ") });
        if (isGood) good.push({ what, from, arrival, body: JSON.stringify(message) });
      }
      const accepted = good.length === 0 ? [] : await parts.store.accept(good);
      counter.inc({ what, result: "accepted" }, accepted.length);
      counter.inc({ what, result: "rejected" }, messages.length - accepted.length);
      parts.onAccepted(accepted);
      let next = 0;
      return receipts.map((receipt) => receipt ?? acceptedReceipt(accepted[next++]));
    },
  };
}

type Parts = Omit<MessageSinkParts, "packTelemetry"> & Required<Pick<MessageSinkParts, "packTelemetry">>;

/** A list inside a request is as many samples. A sample that was thinned out is accepted: what it says is in its neighbours. */
async function acceptTelemetry(
  parts: Parts,
  counter: Counter<"what" | "result">,
  messages: readonly unknown[],
  from: string,
  arrival: InboxMessage["arrival"],
): Promise<Receipt[]> {
  const problems = messages.map((message) => messageProblems("telemetry", message).join("; "));
  const good = messages.filter((_, index) => problems[index] === "").map(toList);
  const packed = parts.packTelemetry(good.flat(), from);
  const row = { what: "telemetry", from, arrival, body: packed.body ?? "" } as const;
  const accepted = packed.body === null ? [] : await parts.store.accept([row]);
  const refusals = [...packed.refusals];
  const refusalOf = good.map((list) => refusals.splice(0, list.length).find((refusal) => refusal !== null) ?? "");
  parts.onAccepted(accepted);
  let next = 0;
  const receipts = problems.map((problem): Receipt => {
    const reason = problem === "" ? (refusalOf[next++] ?? "") : problem;
    if (reason !== "") return { status: "rejected", code: "LOG_BAD_MESSAGE", message: reason };
    return { status: "accepted", inboxId: accepted[0]?.inboxId ?? 0 };
  });
  const rejected = receipts.filter(({ status }) => status === "rejected").length;
  counter.inc({ what: "telemetry", result: "accepted" }, receipts.length - rejected);
  counter.inc({ what: "telemetry", result: "rejected" }, rejected);
  return receipts;
}

function toList(message: unknown): Message[] {
  return (Array.isArray(message) ? message : [message]) as Message[];
}

function acceptedReceipt(message: AcceptedMessage | undefined): Receipt {
  if (message === undefined)
    throw new TouchlineError("DB_FAILED", ["fewer messages were accepted than were handed in"]);
  return { status: "accepted", inboxId: message.inboxId };
}

/** For transports: the receipts of a batch that could not be stored at all. */
export function refusedBy(thrown: unknown, count: number): Receipt[] {
  const code = thrown instanceof TouchlineError ? thrown.code : "DB_FAILED";
  return Array.from({ length: count }, () => ({ status: "rejected", code, message: messageOf(thrown) }));
}
