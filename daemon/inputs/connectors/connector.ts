import type { Clock } from "../../clock.js";
import type { InputSink } from "../sink.js";
import { type DocumentOptions, type LogObject, type ReadDocument, readDocument } from "./document.js";
import { SeenMessages } from "./seen-messages.js";

export type ConnectorState = "connecting" | "up" | "stalled" | "down";

/** What a connector tells while it works; metrics, health and the log are made from it. */
export interface ConnectorObserver {
  state(state: ConnectorState, detail: string | null): void;
  /** One look at the source, or one connection, and what came of it. */
  answered(result: "changed" | "unchanged" | "failed"): void;
  /** What became of messages. `vanished`: a record that the feed no longer holds was retracted. */
  counted(result: "sent" | "unreadable" | "refused" | "vanished" | "vanishRefused", count: number): void;
  problem(problem: { readonly place: string; readonly message: string }): void;
}

/** What every connector is given. */
export interface ConnectorParts {
  readonly name: string;
  readonly sink: InputSink;
  readonly clock: Clock;
  readonly observer: ConnectorObserver;
  readonly document: DocumentOptions;
  /** Session of messages that name none; `null`: the venue's default one. */
  readonly session: string | null;
  /** Whether a record that is gone from the whole document is retracted. */
  readonly retractsVanished: boolean;
  /** What was seen before the last stop; `null`: nothing. */
  readonly saved: string | null;
  readonly onSnapshot: (body: string) => void;
  /** Resolves after the time, or at once when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** 0 up to 1, for the jitter. */
  readonly random: () => number;
}

export interface Connector {
  start(): void;
  /** Resolves when what was under way is durable. */
  stop(): Promise<void>;
}

/** Messages in one call of the sink: one commit. */
const BATCH = 200;
/** Unreadable records of one document told one by one; the rest is counted. */
const MAX_TOLD = 10;

/** Takes documents and lines of a feed and hands on what is new in them. One call at a time. */
export class MessageTaker {
  readonly #parts: ConnectorParts;
  readonly #seen = new SeenMessages();

  constructor(parts: ConnectorParts) {
    this.#parts = parts;
    if (parts.saved !== null) this.#seen.restore(parts.saved);
  }

  /** A whole document: what is missing in it may have been taken back. Resolves when what was new is durable. */
  async takeDocument(text: string, options: DocumentOptions = this.#parts.document): Promise<void> {
    const document = readDocument(text, options);
    const messages = await this.#take(document);
    if (!this.#parts.retractsVanished || document.broken.length > 0) return;
    await this.#retract(messages);
  }

  /** Parts of a feed: nothing can be said of what is not in them. */
  async takeMessages(document: ReadDocument): Promise<void> {
    await this.#take(document);
  }

  async #take(document: ReadDocument): Promise<readonly LogObject[]> {
    const { observer } = this.#parts;
    for (const { place, reason } of document.broken.slice(0, MAX_TOLD)) observer.problem({ place, message: reason });
    if (document.broken.length > 0) observer.counted("unreadable", document.broken.length);
    const messages = document.messages.map((message) => this.#withSession(message));
    const changed = this.#seen.changed(messages);
    for (let from = 0; from < changed.length; from += BATCH) await this.#send(changed.slice(from, from + BATCH));
    if (changed.length > 0) this.#parts.onSnapshot(this.#seen.snapshot());
    return messages;
  }

  async #send(messages: readonly LogObject[]): Promise<void> {
    const { sink, name, observer } = this.#parts;
    const receipts = await sink.accept("log", messages, `connector:${name}`);
    const refused = receipts.flatMap((receipt, index) => (receipt.status === "rejected" ? [{ receipt, index }] : []));
    for (const { receipt, index } of refused.slice(0, MAX_TOLD)) {
      observer.problem({ place: String(messages[index]?.id ?? `message ${index + 1}`), message: receipt.message });
    }
    observer.counted("sent", messages.length - refused.length);
    if (refused.length > 0) observer.counted("refused", refused.length);
    // A refused message would be refused again: it counts as seen until it changes.
    this.#seen.accepted(messages);
  }

  async #retract(document: readonly LogObject[]): Promise<void> {
    const { observer, sink, name } = this.#parts;
    const { deletes, refused } = this.#seen.vanished(document);
    if (refused > 0) {
      observer.counted("vanishRefused", refused);
      observer.problem({ place: "document", message: `lost ${refused} records at once: none of them is retracted` });
    }
    if (deletes.length === 0) return;
    await sink.accept("log", deletes, `connector:${name}`);
    observer.counted("vanished", deletes.length);
    this.#seen.retracted(deletes);
    this.#parts.onSnapshot(this.#seen.snapshot());
  }

  #withSession(message: LogObject): LogObject {
    const { session } = this.#parts;
    return session === null || "session" in message ? message : { ...message, session };
  }
}
