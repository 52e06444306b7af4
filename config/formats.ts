/** The strict readers of the small notations a file may hold. Each gives `null` for what it does not know; none guesses. */

const BYTES_OF_UNIT: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

const MILLIS_OF_UNIT: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1e3,
  m: 60e3,
  h: 3_600e3,
  d: 86_400e3,
};

const BITS_PER_SECOND_OF_UNIT: Readonly<Record<string, number>> = {
  "bit/s": 1,
  "kbit/s": 1e3,
  "Mbit/s": 1e6,
  "Gbit/s": 1e9,
};

/** `500MB`, `20GB`, `1.5GiB`: bytes. Decimal units are powers of ten, as on the label of a disk. */
export function parseSize(text: string): number | null {
  return parseQuantity(text, BYTES_OF_UNIT);
}

/** `250ms`, `90s`, `5m`, `48h`, `7d`: milliseconds. */
export function parseDurationMs(text: string): number | null {
  return parseQuantity(text, MILLIS_OF_UNIT);
}

/** `100kbit/s`, `1.5Mbit/s`: bits per second. */
export function parseRate(text: string): number | null {
  return parseQuantity(text, BITS_PER_SECOND_OF_UNIT);
}

function parseQuantity(text: string, units: Readonly<Record<string, number>>): number | null {
  const match = /^(\d{1,12}(?:\.\d{1,6})?) ?([A-Za-z]+(?:\/s)?)$/.exec(text);
  const factor = match?.[2] === undefined || !Object.hasOwn(units, match[2]) ? undefined : units[match[2]];
  if (match?.[1] === undefined || factor === undefined) return null;
  const value = Number(match[1]) * factor;
  return Number.isSafeInteger(Math.round(value)) ? Math.round(value) : null;
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:8470`, `[::1]:8470`, `localhost:0` (0: any free port). */
export function parseListen(text: string): ListenAddress | null {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port > 65_535 ? null : { host, port };
}

/** True for addresses only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:Z|[+-](\d{2}):(\d{2}))$/;

/** RFC 3339 with its zone, as milliseconds since the Unix epoch: for comparing two times of a file, not for keeping them. */
export function parseTimeMs(text: string): number | null {
  const match = RFC3339.exec(text);
  if (match === null) return null;
  const [year, month, day, hour, minute, second, zoneHour = 0, zoneMinute = 0] = match
    .slice(1)
    .map((part) => Number(part ?? 0));
  if (year === undefined || month === undefined || day === undefined) return null;
  if ((hour ?? 24) > 23 || (minute ?? 60) > 59 || (second ?? 60) > 59 || zoneHour > 23 || zoneMinute > 59) return null;
  const midnight = new Date(Date.UTC(2000, month - 1, day));
  midnight.setUTCFullYear(year, month - 1, day);
  const exists = month >= 1 && midnight.getUTCMonth() === month - 1 && midnight.getUTCDate() === day;
  const millis = Date.parse(text);
  return exists && Number.isFinite(millis) ? millis : null;
}

/** A notation of a file: what it accepts, in words for a person, and (but for standard ones) as a pattern for other validators. */
export interface NamedFormat {
  readonly accepts: (text: string) => boolean;
  readonly says: string;
  readonly pattern: string | null;
}

function byPattern(pattern: string, says: string): NamedFormat {
  const compiled = new RegExp(pattern, "u");
  return { accepts: (text) => compiled.test(text), says, pattern };
}

export const FORMATS: Readonly<Record<string, NamedFormat>> = {
  size: {
    accepts: (text) => parseSize(text) !== null,
    says: "must be a size such as 500MB, 20GB or 1GiB",
    pattern: `^\\d{1,12}(\\.\\d{1,6})? ?(${Object.keys(BYTES_OF_UNIT).join("|")})$`,
  },
  duration: {
    accepts: (text) => parseDurationMs(text) !== null,
    says: "must be a duration such as 250ms, 30s, 5m, 48h or 7d",
    pattern: `^\\d{1,12}(\\.\\d{1,6})? ?(${Object.keys(MILLIS_OF_UNIT).join("|")})$`,
  },
  rate: {
    accepts: (text) => parseRate(text) !== null,
    says: "must be a rate such as 100kbit/s or 1.5Mbit/s",
    pattern: "^\\d{1,12}(\\.\\d{1,6})? ?[kMG]?bit\\/s$",
  },
  listen: {
    accepts: (text) => parseListen(text) !== null,
    says: "must be an address and a port such as 127.0.0.1:8470 or [::1]:8470",
    pattern: "^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9.\\-]+):\\d{1,5}$",
  },
  "date-time": {
    accepts: (text) => parseTimeMs(text) !== null,
    says: "must be a time with its zone such as 2026-05-16T18:30:00Z or 2026-05-16T20:30:00+02:00",
    pattern: null,
  },
  /** Safe in a file name, in a NATS token (dots are escaped there) and in a URL. */
  name: byPattern(
    "^[\\p{L}\\p{N}_][\\p{L}\\p{N}_.\\-]{0,63}$",
    "must be a name: 1 to 64 letters, digits, '_', '-' or '.', the first one a letter, digit or '_'",
  ),
  "nats-url": byPattern("^(nats|tls|ws|wss):\\/\\/[^\\s\\/]+$", "must be a NATS address such as nats://127.0.0.1:4222"),
  "webhook-url": byPattern(
    "^https?:\\/\\/[^\\s\\/@]+(\\/\\S*)?$",
    "must be an https address without a user, such as https://partner.example/touchline",
  ),
  "feed-url": byPattern("^https?:\\/\\/[^\\s\\/@]+(\\/\\S*)?$", "must be an http or https address without a user"),
  "input-url": byPattern(
    "^[A-Za-z][A-Za-z0-9+.\\-]*:\\S+$",
    "must be an address that ffmpeg can open, such as srt://10.0.0.5:9000 or https://host/stream.m3u8",
  ),
};
