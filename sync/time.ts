/** Integer microseconds since the Unix epoch: shown to people, sent to the cloud. */
export type UnixMicros = number & { readonly __clock: "unix" };
/** Integer microseconds of a clock that never steps: differences, time-outs. */
export type MonoMicros = number & { readonly __clock: "mono" };

export const MICROS_PER_SECOND = 1_000_000;

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,12}))?([Zz]|[+-]\d{2}:?\d{2})$/;

/** Years 1716 to 2223 in microseconds: beyond them sums leave the exact integers. */
const LATEST_TIME = 8e15;

/** Whether a number can be a time at all. */
export function isTime(value: number): boolean {
  return Number.isFinite(value) && Math.abs(value) < LATEST_TIME;
}

export function unixMicros(value: number): UnixMicros {
  return Math.round(value) as UnixMicros;
}

export function addSeconds(at: UnixMicros, seconds: number): UnixMicros {
  return Math.round(at + seconds * MICROS_PER_SECOND) as UnixMicros;
}

/** `later` minus `earlier`, in seconds. */
export function secondsBetween(earlier: UnixMicros, later: UnixMicros): number {
  return (later - earlier) / MICROS_PER_SECOND;
}

/** RFC 3339 with offset, any number of fraction digits, to microseconds; `null` when it is not one or names a day that does not exist. */
export function parseRfc3339(text: string): UnixMicros | null {
  const match = RFC3339.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction = "", zone = "Z"] = match;
  const [y, mo, d, h, mi, s] = [year, month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (mo < 1 || mo > 12 || h > 23 || mi > 59 || s > 60) return null;
  const midnight = new Date(0);
  midnight.setUTCFullYear(y, mo - 1, d);
  if (midnight.getUTCMonth() !== mo - 1 || midnight.getUTCDate() !== d) return null;
  const offsetMinutes = parseZoneMinutes(zone);
  if (offsetMinutes === null) return null;
  const seconds = midnight.getTime() / 1000 + h * 3600 + (mi - offsetMinutes) * 60 + s;
  return (seconds * MICROS_PER_SECOND + Math.round(Number(`0.${fraction || "0"}`) * MICROS_PER_SECOND)) as UnixMicros;
}

function parseZoneMinutes(zone: string): number | null {
  if (zone === "Z" || zone === "z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 23 || minutes > 59) return null;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}

/** RFC 3339 UTC with six digits, e.g. `2026-05-16T18:30:00.000000Z`. */
export function formatRfc3339(at: UnixMicros): string {
  const millis = Math.floor(at / 1000);
  const micros = at - millis * 1000;
  return `${new Date(millis).toISOString().slice(0, -1)}${String(micros).padStart(3, "0")}Z`;
}
