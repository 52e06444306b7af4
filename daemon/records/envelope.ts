import { formatRfc3339 } from "../../sync/index.js";
import {
  type BoxIdentity,
  type CloudEvent,
  LANE_OF_KIND,
  type Lane,
  type RecordDraft,
  type RecordKind,
} from "./record.js";

const SEQUENCE_DIGITS = 12;

/** The envelope all outputs share; `sequence` is added for each output at delivery. */
export type Envelope = Omit<CloudEvent, "sequence">;

export function toEnvelope(draft: RecordDraft, box: BoxIdentity, epoch: string, number: number): Envelope {
  return {
    specversion: "1.0",
    id: `${box.box}.${epoch}.${number}`,
    type: recordType(draft.kind),
    source: `/venues/${box.venue}/boxes/${box.box}/sessions/${draft.session}`,
    subject: draft.subject,
    time: formatRfc3339(draft.time),
    recordedtime: formatRfc3339(draft.recordedAt),
    epoch,
    lane: LANE_OF_KIND[draft.kind],
    datacontenttype: "application/json",
    dataschema: `/schemas/records/${draft.kind}.v1.schema.json`,
    data: draft.data,
  };
}

export function withSequence(envelope: Envelope, sequence: number): CloudEvent {
  return { ...envelope, sequence: String(sequence).padStart(SEQUENCE_DIGITS, "0") };
}

export function recordType(kind: RecordKind): string {
  return `touchline.${kind}.v1`;
}

/** `touchline.out.<venue>.<box>.<session>.<kind>.<class>.<key>` */
export function natsSubjectOf(
  draft: Pick<RecordDraft, "session" | "kind" | "class" | "key">,
  box: BoxIdentity,
): string {
  const tokens = [box.venue, box.box, draft.session, draft.kind, draft.class, draft.key];
  return `touchline.out.${tokens.map(escapeToken).join(".")}`;
}

/** Subject filters that catch exactly the records of one lane of one box. */
export function natsFiltersOfLane(lane: Lane, box: BoxIdentity): string[] {
  return Object.entries(LANE_OF_KIND)
    .filter(([, of]) => of === lane)
    .map(([kind]) => `touchline.out.${escapeToken(box.venue)}.${escapeToken(box.box)}.*.${kind}.>`);
}

/** Percent-escapes what may not stand in a NATS token (dot, wildcard, white space, control) and the escape sign itself; empty becomes `_`. */
export function escapeToken(token: string): string {
  if (token === "") return "_";
  return token.replace(/[%.*>\s\p{Cc}]/gu, (char) =>
    [...new TextEncoder().encode(char)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
}

export function unescapeToken(token: string): string {
  return token === "_" ? "" : decodeURIComponent(token);
}
