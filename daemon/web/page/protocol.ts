/** What the box sends to the page. Fields may be added, so everything is read with care and nothing unknown is an error. */

export interface Hello {
  readonly type: "hello";
  readonly bandsHz: readonly number[];
  readonly windowSec: number;
  readonly columnRateHz: number;
  readonly minDb: number;
  readonly stepDb: number;
}

export interface ChannelFrame {
  readonly channel: string;
  readonly level?: { readonly rmsDb: number; readonly peakDb: number; readonly excitement: number };
  readonly timesMs: readonly number[];
  /** Base64, a byte a band, columns one behind the other. */
  readonly columns: string;
}

export interface Frame {
  readonly type: "frame";
  readonly channels: readonly ChannelFrame[];
}

export interface Link {
  readonly name: string;
  readonly type: string;
  readonly state: string;
  readonly detail: string | null;
  readonly backlog: number;
}

export interface Status {
  readonly type: "status";
  readonly venue: string;
  readonly box: string;
  readonly version: string;
  readonly state: string;
  readonly reasons: readonly string[];
  readonly sessions: readonly {
    readonly session: string;
    readonly name: string | null;
    readonly sport: string;
    readonly state: string;
  }[];
  readonly outputs: readonly Link[];
  readonly progress: { readonly share: number; readonly note: string } | null;
}

export interface Summary {
  readonly type: "summary";
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly note: string | null;
}

export type LiveMessage = Hello | Frame | Status | Summary;

/** The data of an `event` record, as far as the page shows it. */
export interface EventData {
  readonly eventId: string;
  readonly revision: number;
  readonly class: string;
  readonly state: string;
  readonly anchor: string;
  readonly flags: readonly string[];
  readonly corrected: {
    readonly time: string;
    readonly intervals: readonly { readonly p: number; readonly lo: string; readonly hi: string }[];
  };
  readonly shiftSec: number;
  readonly confidence: number;
}

/** The data of a `cue` record, as far as the page shows it. */
export interface CueData {
  readonly cueId: string;
  readonly kind: string;
  readonly onset: string;
  readonly score: number;
  readonly channel: string;
  readonly count: number;
}

/** The data of a `moment` record, as far as the page shows it. */
export interface MomentData {
  readonly momentId: string;
  readonly revision: number;
  readonly state: string;
  readonly in: string;
  readonly out: string;
  readonly interest: number;
  readonly reasons: readonly {
    readonly code: string;
    readonly params: Readonly<Record<string, string | number | boolean>>;
  }[];
}

export interface FeedRecord {
  readonly type: string;
  readonly data: unknown;
}

/** One window of one car, as far as the page shows it. */
export interface FuelData {
  readonly car: string;
  readonly window: { readonly to: string };
  readonly trend: string;
  readonly mpg?: number;
  readonly mpgSd?: number;
  readonly fuelKgLeft?: number;
  readonly fuelKgLeftSd?: number;
  readonly lapsLeft?: number;
  readonly lapsLeftSd?: number;
  readonly rank?: { readonly position: number };
  readonly pitWindow?: { readonly lastSafeLap: number };
  readonly toEnd?: { readonly pReach: number };
}

/** One car of `/v1/fuel`. */
export interface CarView extends Omit<FuelData, "window" | "rank" | "pitWindow" | "toEnd"> {
  readonly time: string;
  readonly rank?: number;
  readonly lastSafeLap?: number;
  readonly pReach?: number;
}

export function isFuelData(data: unknown): data is FuelData {
  if (!hasText(data, "car") || !hasText(data, "trend") || !("window" in data)) return false;
  return hasText(data.window, "to");
}

export function isEventData(data: unknown): data is EventData {
  return hasText(data, "eventId") && hasText(data, "class") && "corrected" in data;
}

export function isCueData(data: unknown): data is CueData {
  return hasText(data, "cueId") && hasText(data, "onset") && hasText(data, "channel");
}

export function isMomentData(data: unknown): data is MomentData {
  return hasText(data, "momentId") && hasText(data, "in") && hasText(data, "out") && "reasons" in data;
}

function hasText<Key extends string>(value: unknown, key: Key): value is Record<Key, string> {
  return typeof value === "object" && value !== null && typeof (value as Record<string, unknown>)[key] === "string";
}
