export { cueData, cueDraft, type SoundedCue } from "./cue-record.js";
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
export { eventData, eventDraft } from "./event-record.js";
export { type FuelContext, type FuelNotes, fuelData, fuelDraft } from "./fuel-record.js";
export { momentData, momentDraft } from "./moment-record.js";
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
  type StoredText,
} from "./record.js";
export { DATA_SCHEMAS, ENVELOPE, TOMBSTONE } from "./schemas/index.js";
export { timecodeData, timecodeDraft } from "./timecode-record.js";
export { kindOfLane, tombstoneData } from "./tombstone.js";
export { validateData, validateRecord } from "./validate.js";
