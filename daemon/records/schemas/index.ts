import type { TObject } from "@sinclair/typebox";
import type { RecordKind } from "../record.js";
import { CUE_DATA } from "./cue.js";
import { EVENT_DATA } from "./event.js";
import { FUEL_DATA } from "./fuel.js";
import { GAP_DATA } from "./gap.js";
import { HEALTH_DATA } from "./health.js";
import { MOMENT_DATA } from "./moment.js";
import { SESSION_DATA } from "./session.js";
import { TIMECODE_DATA } from "./timecode.js";

export type { CueData } from "./cue.js";
export { ENVELOPE, TOMBSTONE } from "./envelope.js";
export type { EventData } from "./event.js";
export type { FuelData } from "./fuel.js";
export type { GapData } from "./gap.js";
export type { HealthData } from "./health.js";
export type { MomentData } from "./moment.js";
export type { SessionData } from "./session.js";
export type { TimecodeData } from "./timecode.js";

/** `data` of each kind of record. Fields may be added, none renamed or removed. */
export const DATA_SCHEMAS: Readonly<Record<RecordKind, TObject>> = {
  session: SESSION_DATA,
  event: EVENT_DATA,
  cue: CUE_DATA,
  moment: MOMENT_DATA,
  fuel: FUEL_DATA,
  timecode: TIMECODE_DATA,
  health: HEALTH_DATA,
  gap: GAP_DATA,
};
