import type { UnixMicros } from "../../sync/index.js";
import type { Delivery, Lane, RecordDraft, RecordKind } from "../records/index.js";

/** What may come in: the `<what>` of `touchline.in.<venue>.<what>.<from>` and `/v1/in/<what>`. */
export const INPUT_KINDS = ["log", "session", "telemetry", "race", "control"] as const;
export type InputKind = (typeof INPUT_KINDS)[number];

export interface InboxMessage {
  readonly what: InputKind;
  /** Where it came from: `http`, `nats:<from>`, `file:<name>`. */
  readonly from: string;
  readonly arrival: UnixMicros;
  /** The checked message as JSON text. */
  readonly body: string;
}

export interface AcceptedMessage extends InboxMessage {
  /** Rises by one, from 1, within the epoch. */
  readonly inboxId: number;
}

/** State of one core, stored in the transaction of the records it made. */
export interface Snapshot {
  readonly core: string;
  readonly version: number;
  readonly body: string;
}

/**
 * A snapshot of this name keeps consumed messages: its body begins with the inbox id after which nothing is forgotten. For cores that
 * write their state down less often than they take messages in: after a restart they are given those messages once more.
 */
export const INBOX_KEPT_CORE = "inbox-kept";

/** One step of the pipeline: all of it is stored, or nothing. */
export interface CommitBatch {
  readonly records: readonly RecordDraft[];
  readonly snapshots: readonly Snapshot[];
  /** Every inbox message up to this id has been worked in; `null` leaves the mark where it is. */
  readonly consumedInbox: number | null;
}

export interface Committed {
  /** Number of the first record of the batch within the epoch; the others follow without a gap. */
  readonly firstNumber: number;
  readonly count: number;
}

/** Where one output stands in one lane. */
export interface LaneCursor {
  readonly lane: Lane;
  /** Highest sequence given in this lane to this output; 0 when none. */
  readonly last: number;
  /** Highest sequence the output has acknowledged; 0 when none. */
  readonly acknowledged: number;
  /** Lowest sequence still kept; `last + 1` when none is. */
  readonly oldest: number;
  /** Offset between the output's own numbering (a stream's sequence) and ours; `null` until it is known. */
  readonly base: number | null;
}

/**
 * What the store must know of an output to number its records: which ones it gets. All limits must be met; those on teams, cars and
 * interest are about the kinds that have them. An event or moment that was let through once is let through in all its later revisions,
 * even where a correction moved it out of the limits: else the output would keep what is not true any more.
 */
export interface OutputRoute {
  readonly output: string;
  /** `null`: all kinds. */
  readonly kinds: readonly RecordKind[] | null;
  /** `null`: all classes. */
  readonly classes: readonly string[] | null;
  /** Of events; `null` or missing: all. */
  readonly teams?: readonly string[] | null;
  /** Of fuel records; `null` or missing: all. */
  readonly cars?: readonly string[] | null;
  /** Of what belongs to a session; `null` or missing: all. */
  readonly sessions?: readonly string[] | null;
  /** Of moments, 0 to 1; `null` or missing: any. */
  readonly minInterest?: number | null;
  /** How old a record may get before it is shed unsent; `null` or missing: for ever. */
  readonly maxLagMs?: number | null;
}

export interface StoreStats {
  readonly epoch: string;
  readonly records: number;
  readonly inboxPending: number;
  readonly databaseBytes: number;
  readonly walBytes: number;
  readonly lastCommitAt: UnixMicros | null;
  readonly outputs: readonly {
    readonly output: string;
    readonly lanes: readonly LaneCursor[];
    readonly oldestUnsentAt: UnixMicros | null;
  }[];
}

/**
 * The durable heart. Everything resolves after the commit that makes it durable (WAL, synchronous=FULL).
 * It lives in a thread of its own: no call blocks the main thread. Any call rejects with a coded error once the store has failed.
 */
export interface Store {
  readonly epoch: string;
  /** Set when a damaged database was put aside at open: its new name. */
  readonly setAside: string | null;
  /** Stores what came in; resolves when it may be acknowledged. Group commit: calls that arrive together share one. */
  accept(messages: readonly InboxMessage[]): Promise<AcceptedMessage[]>;
  /** Records, their deliveries (a gapless sequence per lane and output), snapshots and the inbox mark, in one transaction. */
  commit(batch: CommitBatch): Promise<Committed>;
  /** Snapshots of all cores as last committed. */
  snapshots(): Promise<Snapshot[]>;
  /** Accepted messages that no commit has consumed yet, after `afterInboxId`, in order, at most `limit`. */
  pending(afterInboxId: number, limit: number): Promise<AcceptedMessage[]>;
  /** Messages of that range that were consumed and are still kept (see `INBOX_KEPT_CORE`), in order, at most `limit`. */
  consumed(afterInboxId: number, upToInboxId: number, limit: number): Promise<AcceptedMessage[]>;
  cursors(output: string): Promise<LaneCursor[]>;
  /** Deliveries of one lane after `afterSequence`, in order, at most `limit`. */
  read(output: string, lane: Lane, afterSequence: number, limit: number): Promise<Delivery[]>;
  acknowledge(output: string, lane: Lane, sequence: number): Promise<void>;
  setBase(output: string, lane: Lane, base: number): Promise<void>;
  /** Puts a delivery that can never be sent aside, with the reason; its sequence stays taken. */
  deadLetter(output: string, lane: Lane, sequence: number, reason: string): Promise<void>;
  /** Latest revision of each event of a session, newest first: what a page shows on opening. */
  latest(kind: RecordKind, session: string | null, limit: number): Promise<Delivery["event"][]>;
  stats(): Promise<StoreStats>;
  /** Called after each commit that made records; returns the way to stop listening. */
  onCommitted(listener: () => void): () => void;
  close(): Promise<void>;
}
