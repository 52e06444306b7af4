import type { UnixMicros } from "../../sync/index.js";

/** What goes through the outbox. Open set for consumers. */
export const RECORD_KINDS = ["session", "event", "cue", "moment", "fuel", "timecode", "health", "gap"] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

/** Records that wait for each other; each lane has its own sequence and its own stream. */
export const LANES = ["live", "analysis", "bulk"] as const;
export type Lane = (typeof LANES)[number];

export const LANE_OF_KIND: Readonly<Record<RecordKind, Lane>> = {
  session: "live",
  event: "live",
  health: "live",
  gap: "live",
  cue: "analysis",
  moment: "analysis",
  fuel: "analysis",
  timecode: "analysis",
};

/** A record before the store has given it its number. `data` is ready for JSON: times are RFC 3339 already. */
export interface RecordDraft {
  readonly kind: RecordKind;
  readonly session: string;
  /** Stable over revisions: event id, cue id, session id, box. */
  readonly subject: string;
  /** Fourth last token of the NATS subject: event class, cue kind, fuel trend, `_` where there is none. */
  readonly class: string;
  /** Last token of the NATS subject: team, channel, car, `_` where there is none. */
  readonly key: string;
  /** When it happened (corrected). */
  readonly time: UnixMicros;
  /** When this revision was made. */
  readonly recordedAt: UnixMicros;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What names the box in every record. */
export interface BoxIdentity {
  readonly venue: string;
  readonly box: string;
}

/** A record as one output gets it: the envelope is complete but for nothing. */
export interface Delivery {
  readonly output: string;
  readonly lane: Lane;
  /** Gapless from 1 within box, epoch, lane and output. */
  readonly sequence: number;
  /** Number of the record within the epoch; the same on every output. */
  readonly number: number;
  readonly kind: RecordKind;
  /** NATS subject, escaped. */
  readonly natsSubject: string;
  /** The CloudEvent, `sequence` included. */
  readonly event: CloudEvent;
  /** The record as it is stored, for outputs that would otherwise parse and write it again. */
  readonly stored?: StoredText;
}

/** A record in the form in which it lies in the store. */
export interface StoredText {
  /** The CloudEvent but for `sequence` and `data`. */
  readonly head: Omit<CloudEvent, "sequence" | "data">;
  /** `data` as JSON text. */
  readonly dataJson: string;
}

/** CloudEvents 1.0 with the extensions recordedtime, sequence, epoch and lane (design: contracts, what goes out). */
export interface CloudEvent {
  readonly specversion: "1.0";
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly subject: string;
  readonly time: string;
  readonly recordedtime: string;
  readonly sequence: string;
  readonly epoch: string;
  readonly lane: Lane;
  readonly datacontenttype: "application/json";
  readonly dataschema: string;
  readonly data: Readonly<Record<string, unknown>>;
}
