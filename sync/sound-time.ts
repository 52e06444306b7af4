import { type ChannelWay, type FieldOfPlay, isAtSource, mayBeLate, pathSdSec } from "./channel-way.js";
import type { HeardCue } from "./heard-cue.js";
import type { PathDelay } from "./path-delays.js";
import { locateSource } from "./sound-source.js";
import { addSeconds, secondsBetween, type UnixMicros } from "./time.js";

/** One channel's hearing of a sound. */
export interface Hearing {
  readonly cue: HeardCue;
  readonly way: ChannelWay;
}

export interface SoundTime {
  readonly onset: UnixMicros;
  readonly sdSec: number;
  readonly reference: "source" | "microphone";
}

/** Least standard deviation of a detector's onset, seconds. */
const LEAST_SD_SEC = 0.005;
/** Microphones nobody placed: those within this many sd of the first one heard it as early; the others are further away. */
const AS_EARLY_SD = 2;

interface Timed {
  /** Seconds from the first hearing's onset, measured delay taken off. */
  readonly at: number;
  readonly sd: number;
  readonly way: ChannelWay;
  readonly isMeasured: boolean;
}

/**
 * Time of a sound from all its hearings. Where microphones are placed (or worn by the referee) the sound is located and its travel taken off; measured
 * channels are weighed in by their variance. Else the first to hear it were nearest: they speak together, by inverse variance.
 */
export function combine(
  hearings: readonly Hearing[],
  field: FieldOfPlay | null,
  delayOf: (channel: string) => PathDelay | null,
): SoundTime {
  const origin = hearings[0]?.cue.onset ?? (0 as UnixMicros);
  const timed = hearings.map((hearing) => timedOf(hearing, origin, delayOf));
  const inTime = timed.filter((one) => one.isMeasured || !mayBeLate(one.way));
  const usable = inTime.length === 0 ? timed : inTime;
  const placed = field === null ? [] : usable.filter((one) => !one.isMeasured && isPlaced(one.way));
  const source = field === null ? null : locateSource(placed.map(toArrival), field);
  const [result, reference] =
    source === null
      ? ([weighed(earliest(usable)), "microphone"] as const)
      : ([weighed([source, ...usable.filter((one) => one.isMeasured)]), "source"] as const);
  return { onset: addSeconds(origin, result.at), sdSec: result.sd, reference };
}

function timedOf({ cue, way }: Hearing, origin: UnixMicros, delayOf: (channel: string) => PathDelay | null): Timed {
  const delay = delayOf(cue.channel);
  const at = secondsBetween(origin, cue.onset) - (delay?.sec ?? 0);
  if (delay === null) return { at, sd: cue.onsetSdSec, way, isMeasured: false };
  // What was not known of the path is measured now; the detector's own deviation stays.
  const own = Math.sqrt(Math.max(LEAST_SD_SEC ** 2, cue.onsetSdSec ** 2 - pathSdSec(way) ** 2));
  return { at, sd: Math.hypot(own, delay.sdSec), way, isMeasured: true };
}

function isPlaced(way: ChannelWay): boolean {
  return way.position !== null || isAtSource(way);
}

function toArrival({ at, sd, way }: Timed) {
  return { at, sd, position: isAtSource(way) ? null : way.position };
}

function earliest(timed: readonly Timed[]): readonly Timed[] {
  const first = timed.reduce<Timed | null>((best, one) => (best === null || one.at < best.at ? one : best), null);
  if (first === null) return timed;
  return timed.filter((one) => one.at - first.at <= AS_EARLY_SD * Math.hypot(one.sd, first.sd));
}

function weighed(estimates: readonly { readonly at: number; readonly sd: number }[]): { at: number; sd: number } {
  let total = 0;
  let sum = 0;
  for (const { at, sd } of estimates) {
    const precision = 1 / Math.max(1e-6, sd) ** 2;
    total += precision;
    sum += precision * at;
  }
  return total > 0 ? { at: sum / total, sd: Math.sqrt(1 / total) } : { at: 0, sd: 1 };
}
