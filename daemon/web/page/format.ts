/** `18:30:04.25` of an RFC 3339 time or of Unix milliseconds, UTC; a dash for what is no time. */
export function formatTime(time: string | number): string {
  const millis = typeof time === "number" ? time : Date.parse(time);
  if (!Number.isFinite(millis)) return "–";
  const centis = Math.round(millis / 10);
  return new Date(centis * 10).toISOString().slice(11, 22);
}

/** `+1.42 s`, `−3.10 s`, `0.00 s`: with a real minus sign, so that columns stay aligned. */
export function formatShift(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  const size = Math.abs(seconds).toFixed(2);
  if (Number(size) === 0) return "0.00 s";
  return `${seconds < 0 ? "−" : "+"}${size} s`;
}

/** Half the width of the narrowest interval that holds 95 % or more: `± 0.21 s`. */
export function formatInterval(
  intervals: readonly { readonly p: number; readonly lo: string; readonly hi: string }[],
): string {
  const [interval] = intervals.filter(({ p }) => p >= 0.95).sort((a, b) => a.p - b.p);
  if (interval === undefined) return "–";
  const halfSec = (Date.parse(interval.hi) - Date.parse(interval.lo)) / 2000;
  if (!Number.isFinite(halfSec)) return "–";
  return `± ${halfSec < 9.995 ? halfSec.toFixed(2) : halfSec.toFixed(0)} s`;
}

/** `97 %`; never 100 % for what is not certain. */
export function formatShare(share: number): string {
  if (!Number.isFinite(share)) return "–";
  const percent = Math.round(share * 100);
  return `${share < 1 ? Math.min(99, percent) : percent} %`;
}

/** `free_kick` as a person says it: `free kick`. */
export function formatClass(name: string): string {
  return name.replaceAll("_", " ");
}

/** `1 234`, with a thin space. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, "\u2009");
}

/** `38.4 ± 0.6`; a dash for what is not known. */
export function formatAmount(mean: number | undefined, sd: number | undefined, digits: number): string {
  if (mean === undefined || !Number.isFinite(mean)) return "–";
  const text = mean.toFixed(digits);
  return sd === undefined || !Number.isFinite(sd) ? text : `${text} ± ${sd.toFixed(digits)}`;
}
