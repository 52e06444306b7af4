export {
  type Envelope,
  escapeToken,
  natsFiltersOfLane,
  natsSubjectOf,
  recordType,
  toEnvelope,
  unescapeToken,
  withSequence,
} from "./envelope.js";
export {
  type BoxIdentity,
  type CloudEvent,
  type Delivery,
  LANE_OF_KIND,
  LANES,
  type Lane,
  RECORD_KINDS,
  type RecordDraft,
  type RecordKind,
} from "./record.js";
