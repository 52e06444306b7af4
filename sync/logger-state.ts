import type { CueKind } from "../dsp/cue.js";
import type { CalibrationPoint } from "./calibration.js";
import type { CueSite, CueTable } from "./cue-table.js";
import type { Reading } from "./logger-clocks.js";
import { LIVE } from "./persona.js";
import type { SportProfile } from "./sport-profile.js";

/** 0: nothing known; 1: likely, still searched at each solve; 2: locked. */
export type LockLevel = 0 | 1 | 2;

/** What one persona has learnt of a logger. */
export interface PersonaModel {
  readonly persona: string;
  /** Probability that it is this one; all of a logger sum to one. */
  readonly weight: number;
  readonly points: readonly CalibrationPoint[];
  readonly recall: number;
  readonly clutterPerSec: Readonly<Record<string, number>>;
}

/** What is remembered of a logger between solves: plain data, so that a snapshot holds all of it. */
export interface LoggerState {
  readonly lock: LockLevel;
  /** Rises with each solve. */
  readonly version: number;
  /** The likeliest one. */
  readonly persona: string;
  /** Logger's clock minus the aligner's, mean lag taken off, seconds: by period, "" for the logger as a whole. */
  readonly bases: Readonly<Record<string, number>>;
  /** The personas that explain the records, likeliest first; empty before the first lock. */
  readonly models: readonly PersonaModel[];
  /** Linked points when the personas were last weighed. */
  readonly personaPoints: number;
  /** Anchorable records when the offset was last searched. */
  readonly scannedRecords: number;
}

export const NEW_LOGGER: LoggerState = {
  lock: 0,
  version: 0,
  persona: LIVE.name,
  bases: {},
  models: [],
  personaPoints: 0,
  scannedRecords: 0,
};

export interface SolveOptions {
  readonly profile: SportProfile;
  /** Range of offsets to search, on the logger's clock minus the aligner's. */
  readonly scanFrom: number;
  readonly scanTo: number;
  readonly rounds: number;
}

export function baseOf(state: Pick<LoggerState, "bases">, period: string): number {
  return state.bases[period] ?? state.bases[""] ?? 0;
}

/** Cues of the kind the event's class makes. */
export function cuesFor(reading: Reading, table: CueTable): readonly CueSite[] {
  const kind: CueKind | null = reading.event.profile?.cue ?? null;
  return kind === null ? [] : (table.get(kind) ?? []);
}
