/** First and longest back-off. Full jitter: anything from nothing up to this, so that many boxes do not come back in step. */
const BACKOFF_MIN_MS = 1000;
export const BACKOFF_MAX_MS = 5 * 60_000;

/** "Full jitter" after `failures` (from 1) in a row: a random part of a span that doubles, milliseconds. `random`: 0 up to 1. */
export function backOffMs(failures: number, random: () => number, longestMs = BACKOFF_MAX_MS): number {
  return random() * Math.min(longestMs, BACKOFF_MIN_MS * 2 ** (failures - 1));
}

/** `Retry-After` as milliseconds: seconds, or an HTTP date (RFC 9110, 10.2.3); `null` when it says nothing we understand. */
export function retryAfterMs(header: string | undefined, wallMs: number): number | null {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const at = /^[A-Za-z]{3}, /.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isFinite(at) ? Math.max(0, at - wallMs) : null;
}
