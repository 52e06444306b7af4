import type { LoggedEvent } from "./logged-event.js";
import { isTime, MICROS_PER_SECOND, type UnixMicros } from "./time.js";

/** Live, a stamp this far from its arrival is no stamp: a wrong day, a clock that was never set. */
const LIVE_STAMP_DISTANCE_SEC = 86_400;
const COARSEST_SEC = 60;

/** The record with what is no time taken as missing, so that every later sum is finite. */
export function withUsableTimes(event: LoggedEvent): LoggedEvent {
  const usable = (time: UnixMicros | null) =>
    time === null || !isTime(time) ? null : (Math.round(time) as UnixMicros);
  const [stamp, arrival] = [usable(event.stamp), usable(event.arrival)];
  const resolutionSec = event.resolutionSec > 0 ? Math.min(COARSEST_SEC, event.resolutionSec) : 0;
  const isClean = stamp === event.stamp && arrival === event.arrival && resolutionSec === event.resolutionSec;
  return isClean ? event : { ...event, stamp, arrival, resolutionSec };
}

/** A stamp that cannot be one is set aside, so that it does not move the search. `maxDistanceSec` `null`: any stamp can be one. */
export function usableStamp(
  { stamp, arrival }: LoggedEvent,
  maxDistanceSec: number | null = LIVE_STAMP_DISTANCE_SEC,
): UnixMicros | null {
  if (stamp === null || arrival === null || maxDistanceSec === null) return stamp;
  return Math.abs(stamp - arrival) > maxDistanceSec * MICROS_PER_SECOND ? null : stamp;
}

export function isOlder(version: number | null, than: number | null): boolean {
  return version !== null && than !== null && version < than;
}

/** The same record told again; when it arrived is no part of it. */
export function isSameRecord(a: LoggedEvent, b: LoggedEvent): boolean {
  return (
    a.version === b.version &&
    a.class === b.class &&
    a.period === b.period &&
    a.stamp === b.stamp &&
    a.occurrence === b.occurrence &&
    a.op === b.op &&
    JSON.stringify({ ...a.input, arrival: null }) === JSON.stringify({ ...b.input, arrival: null })
  );
}
