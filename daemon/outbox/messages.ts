import type { MonoMicros, UnixMicros } from "../../sync/index.js";
import type { ErrorCode } from "../errors.js";
import type { BoxIdentity, Lane, RecordDraft, RecordKind } from "../records/index.js";
import type { BellMemory } from "./bell.js";
import type { Migration } from "./migration-copy.js";
import type { PackedMessages } from "./packed-messages.js";
import type { Salvage } from "./salvaged.js";
import type { Committed, InputKind, LaneCursor, OutputRoute, Snapshot, StoreStats } from "./store.js";

/** What travels between the client on the main thread and the writer in its own. */

/** A draft whose data is JSON text already: cheaper to hand to another thread than the object. */
export interface TextDraft extends Omit<RecordDraft, "data"> {
  readonly dataJson: string;
}

export type WriteCall =
  | { readonly op: "accept"; readonly messages: PackedMessages }
  | {
      readonly op: "commit";
      readonly drafts: readonly TextDraft[];
      readonly snapshots: readonly Snapshot[];
      readonly consumedInbox: number | null;
    }
  | { readonly op: "acknowledge"; readonly output: string; readonly lane: Lane; readonly sequence: number }
  | { readonly op: "setBase"; readonly output: string; readonly lane: Lane; readonly base: number }
  | {
      readonly op: "deadLetter";
      readonly output: string;
      readonly lane: Lane;
      readonly sequence: number;
      readonly reason: string;
    };

export type ReadCall =
  | { readonly op: "snapshots" }
  | { readonly op: "pending"; readonly afterInboxId: number; readonly limit: number }
  | { readonly op: "consumed"; readonly afterInboxId: number; readonly upToInboxId: number; readonly limit: number }
  | { readonly op: "cursors"; readonly output: string }
  | {
      readonly op: "read";
      readonly output: string;
      readonly lane: Lane;
      readonly afterSequence: number;
      readonly limit: number;
    }
  | { readonly op: "latest"; readonly kind: RecordKind; readonly session: string | null; readonly limit: number }
  | { readonly op: "stats" }
  | { readonly op: "check"; readonly afterNumber: number };

export type Call = WriteCall | ReadCall | { readonly op: "maintain" } | { readonly op: "close" };
export type Op = Call["op"];

/** A stored record on its way to an output; texts as they lie in the database. */
export interface DeliveryRow {
  readonly sequence: number;
  readonly number: number;
  readonly kind: RecordKind;
  readonly natsSubject: string;
  readonly head: string;
  readonly dataJson: string;
}

export interface InboxRow {
  readonly inboxId: number;
  readonly what: InputKind;
  readonly from: string;
  readonly arrival: UnixMicros;
  readonly body: string;
}

export interface Maintained {
  /** More is left to prune: call again. */
  readonly more: boolean;
  readonly prunedRecords: number;
  readonly prunedInbox: number;
  /** Records that outputs with a `maxLagMs` will not get any more. */
  readonly shed: readonly { readonly output: string; readonly count: number }[];
}

/** A slice of the check that goes on in the background. */
export interface Checked {
  /** Where the next slice begins; 0: all of it was looked at. */
  readonly next: number;
  readonly rows: number;
  /** Rows with a wrong checksum; one that is found in each round is counted in each. */
  readonly damaged: number;
}

export interface Answers {
  /** Id of the first message; the others follow without a gap. */
  accept: number;
  commit: Committed;
  acknowledge: null;
  setBase: null;
  deadLetter: null;
  snapshots: Snapshot[];
  pending: InboxRow[];
  consumed: InboxRow[];
  cursors: LaneCursor[];
  read: DeliveryRow[];
  latest: DeliveryRow[];
  stats: Omit<StoreStats, "lastCommitAt">;
  check: Checked;
  maintain: Maintained;
  close: null;
}

export interface ToWriter {
  readonly now: UnixMicros;
  readonly mono: MonoMicros;
  readonly calls: readonly { readonly id: number; readonly call: Call }[];
}

export interface CodedFailure {
  readonly code: ErrorCode;
  readonly details: readonly (string | number)[];
  /** SQLite's own code, where it has one. */
  readonly sqlite?: string;
}

export type Reply =
  | { readonly id: number; readonly value: Answers[Op] }
  | { readonly id: number; readonly failure: CodedFailure };

/** What one round of the writer did. */
export interface FromWriter {
  readonly replies: readonly Reply[];
  /** Duration of each transaction that was committed, seconds. */
  readonly commitSeconds: readonly number[];
  /** Rows found whose checksum is wrong. */
  readonly damagedRows: number;
  /** Times since the start that the database was opened again after a disk error. */
  readonly reopened: number;
  /** There is little room: input is refused, or soon will be. */
  readonly isShort: boolean;
  /** The store cannot go on; everything later is refused. */
  readonly fatal: CodedFailure | null;
}

/** What opening the database found and did. */
export interface OpenedStore {
  readonly epoch: string;
  readonly setAside: string | null;
  readonly salvage: Salvage | null;
  readonly migration: Migration | null;
}

/** First message of the writer. */
export type Opened = { readonly opened: OpenedStore } | { readonly openFailure: CodedFailure };

/** What the writer's thread is started with. */
export interface WriterOptions {
  readonly path: string;
  readonly box: BoxIdentity;
  readonly routes: readonly OutputRoute[];
  /** For a fresh database only; `null`: a new one is drawn. */
  readonly epoch: string | null;
  readonly retention: Retention;
  /** 0: none is kept. */
  readonly ballastBytes: number;
  readonly bell: BellMemory;
  readonly openedAt: UnixMicros;
}

/** What may be forgotten, and when. Rows that an output has not acknowledged are never pruned. */
export interface Retention {
  /** Least time a record is kept after all outputs acknowledged it, on a clock that never steps; a cloud may go back. At least 300,000. */
  readonly afterDeliveryMs: number;
  /** Age (by the time the record was made) up to which delivered records are kept, for resuming clients and pages. */
  readonly keepMs: number;
  /** Above this size of the database `keepMs` no longer holds. Bytes. */
  readonly maxBytes: number;
}
