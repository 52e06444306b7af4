import { MICROS_PER_SECOND, parseRfc3339, type UnixMicros, unixMicros } from "../../../sync/index.js";

/**
 * The broadcast extension chunk of EBU Tech 3285, as far as it tells when the sound was made:
 *
 *     0 description[256]  256 originator[32]  288 reference[32]  320 date[10]  330 time[8]  338 time reference u64  346 version u16
 *
 * The first sample's Unix time is midnight of the origination date plus `timeReference / sampleRate` seconds. Our own recordings
 * write date and time in UTC and count `timeReference` from midnight UTC of that date, so it is exact to half a sample.
 */
export interface Bext {
  readonly description: string;
  readonly originator: string;
  /** As written, e.g. `2026-05-16`. */
  readonly date: string;
  readonly time: string;
  /** Samples since midnight of `date`. */
  readonly timeReference: number;
}

export const BEXT_BYTES = 602;
export const OUR_ORIGINATOR = "Touchline";

const DAY_SEC = 86_400;
const DATE = /^(\d{4})[-_:. /](\d{2})[-_:. /](\d{2})$/;
const TIME = /^(\d{2})[-_:. /](\d{2})[-_:. /](\d{2})$/;

/** `null` when the chunk is too short to hold the times. RIFX files hold it big-endian. */
export function parseBext(body: Buffer, isBigEndian: boolean): Bext | null {
  if (body.length < 346) return null;
  const words = isBigEndian
    ? [body.readUInt32BE(342), body.readUInt32BE(338)]
    : [body.readUInt32LE(338), body.readUInt32LE(342)];
  return {
    description: textAt(body, 0, 256),
    originator: textAt(body, 256, 32),
    date: textAt(body, 320, 10),
    time: textAt(body, 330, 8),
    timeReference: (words[0] as number) + (words[1] as number) * 2 ** 32,
  };
}

/**
 * Unix time of the first sample, or `null` when the chunk does not say.
 * - Without a time reference (many recorders leave 0) the origination time stands for it, exact to a second.
 * - A recorder that notes date and time a little after its first sample may have passed midnight in between: where reference and
 *   origination time are more than 12 h apart, the day beside it is meant.
 * - The standard knows no zone. The times are taken as UTC; `isOurs` tells whether that is known or a guess.
 */
export function firstSampleTime(bext: Bext, sampleRate: number): { time: UnixMicros; isOurs: boolean } | null {
  const date = DATE.exec(bext.date);
  if (date === null) return null;
  const midnight = parseRfc3339(`${date[1]}-${date[2]}-${date[3]}T00:00:00Z`);
  if (midnight === null) return null;
  const writtenSec = secondsOfDay(bext.time);
  const isOurs = bext.originator === OUR_ORIGINATOR;
  const referenceSec = bext.timeReference / sampleRate;
  if (bext.timeReference === 0 && !isOurs) {
    return { time: unixMicros(midnight + (writtenSec ?? 0) * MICROS_PER_SECOND), isOurs };
  }
  const day = isOurs || writtenSec === null ? 0 : dayShift(writtenSec - referenceSec);
  return { time: unixMicros(midnight + (referenceSec + day * DAY_SEC) * MICROS_PER_SECOND), isOurs };
}

/** The chunk's body for a recording whose first sample is at `start`. */
export function writeBext(start: UnixMicros, sampleRate: number, description: string): Buffer {
  const iso = new Date(Math.floor(start / 1000)).toISOString();
  const midnight = Date.parse(`${iso.slice(0, 10)}T00:00:00Z`) * 1000;
  const timeReference = Math.round(((start - midnight) / MICROS_PER_SECOND) * sampleRate);
  const body = Buffer.alloc(BEXT_BYTES);
  body.write(description.replace(/[^\x20-\x7e]/g, "?").slice(0, 255), 0, "latin1");
  body.write(OUR_ORIGINATOR, 256, "latin1");
  body.write(iso.slice(0, 10), 320, "latin1");
  body.write(iso.slice(11, 19), 330, "latin1");
  body.writeUInt32LE(timeReference % 2 ** 32, 338);
  body.writeUInt32LE(Math.floor(timeReference / 2 ** 32), 342);
  body.writeUInt16LE(1, 346);
  return body;
}

function textAt(body: Buffer, at: number, length: number): string {
  const text = body.toString("latin1", at, at + length);
  const end = text.indexOf("\0");
  return (end < 0 ? text : text.slice(0, end)).trim();
}

function secondsOfDay(text: string): number | null {
  const match = TIME.exec(text);
  if (match === null) return null;
  const [h, m, s] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return h < 24 && m < 60 && s <= 60 ? h * 3600 + m * 60 + s : null;
}

function dayShift(writtenMinusReferenceSec: number): number {
  if (writtenMinusReferenceSec < -DAY_SEC / 2) return -1;
  return writtenMinusReferenceSec > DAY_SEC / 2 ? 1 : 0;
}
