import type { UnixMicros } from "../../sync/index.js";
import type { LinkState } from "../link.js";
import type { Delivery, Lane } from "../records/index.js";

export type { LinkState };

export interface OutputStatus {
  readonly name: string;
  readonly type: string;
  readonly state: LinkState;
  readonly since: UnixMicros;
  /** Why it is not up, in words for a person; `null` when it is. */
  readonly detail: string | null;
  readonly lastAcknowledgedAt: UnixMicros | null;
  readonly backlog: number;
}

/** A destination with its own cursor over the outbox. One being down or slow never holds back another. */
export interface Output {
  readonly name: string;
  /** Returns at once; connects and sends in the background, for ever. */
  start(): void;
  /** Ends sending and releases everything; may be called twice. What is unsent stays in the outbox. */
  stop(): Promise<void>;
  status(): OutputStatus;
}

/** What an output asks of the outbox: the smallest part of the store that serves it. */
export interface DeliverySource {
  readonly epoch: string;
  cursors(output: string): Promise<
    readonly {
      readonly lane: Lane;
      readonly last: number;
      readonly acknowledged: number;
      readonly oldest: number;
      readonly base: number | null;
    }[]
  >;
  read(output: string, lane: Lane, afterSequence: number, limit: number): Promise<Delivery[]>;
  acknowledge(output: string, lane: Lane, sequence: number): Promise<void>;
  setBase(output: string, lane: Lane, base: number): Promise<void>;
  deadLetter(output: string, lane: Lane, sequence: number, reason: string): Promise<void>;
  onCommitted(listener: () => void): () => void;
}
