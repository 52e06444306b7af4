import { randomBytes } from "node:crypto";
import type { UnixMicros } from "../../sync/index.js";

// Crockford's alphabet: no letters that are taken for digits when read aloud over a phone.
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const TIME_CHARS = 7;
const RANDOM_CHARS = 5;

/**
 * A new epoch: seconds since 1970 (so epochs of a box sort by age) and 25 random bits (so that two databases begun in one second,
 * or by a clock that was set back, still differ).
 */
export function drawEpoch(now: UnixMicros): string {
  let seconds = Math.max(0, Math.floor(now / 1_000_000));
  let time = "";
  for (let i = 0; i < TIME_CHARS; i++) {
    time = `${ALPHABET[seconds % 32] ?? "0"}${time}`;
    seconds = Math.floor(seconds / 32);
  }
  return time + Array.from(randomBytes(RANDOM_CHARS), (byte) => ALPHABET[byte % 32] ?? "0").join("");
}
