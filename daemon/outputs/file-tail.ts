import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync } from "node:fs";
import type { Lane } from "../records/index.js";

const CHUNK_BYTES = 64 * 1024;
/** A batch that was being written when the power went is far smaller; what is farther back was flushed long ago. */
const LOOK_BACK_BYTES = 64 * 1024 * 1024;
const NEWLINE = 0x0a;

/** Where a line stands in the numbering. */
export interface LineMark {
  readonly epoch: string;
  readonly lane: Lane;
  readonly sequence: number;
}

/** What the outbox knows to be in the file already: highest acknowledged sequence per lane. */
export type Acknowledged = ReadonlyMap<Lane, number>;

export interface TailReport {
  /** Highest sequence per lane of this epoch that is in the file, where it is above what was acknowledged. */
  readonly written: ReadonlyMap<Lane, number>;
  /** Bytes cut off: a torn line, or the rest of a batch with a hole in it. */
  readonly cutBytes: number;
  /** The file holds nothing of ours: it must not be written to. */
  readonly isForeign: boolean;
}

/**
 * Makes the end of the file whole, and finds what of the last batch is in it. A batch is acknowledged only after it was flushed, so only what
 * lies behind the last acknowledged line can be torn:
 * 1. Go back to a line that is known to be durable: of an earlier epoch, or acknowledged; or to the start of the file.
 * 2. From there forward take every line that is whole and next in its lane; cut the file behind the last of them.
 * Throws what the file system throws.
 */
export function repairTail(path: string, epoch: string, acknowledged: Acknowledged): TailReport {
  const file = openSync(path, "r+");
  try {
    const size = fstatSync(file).size;
    const tail = findDurable(file, size, epoch, acknowledged);
    if (tail === null) return { written: new Map(), cutBytes: 0, isForeign: true };
    const { written, end } = takeWholeLines(tail.bytes, tail.from, epoch, acknowledged);
    if (end < size) {
      ftruncateSync(file, end);
      fsyncSync(file);
    }
    return { written, cutBytes: size - end, isForeign: false };
  } finally {
    closeSync(file);
  }
}

interface Tail {
  /** Offset in the file of the first byte of `bytes`: the start of a line. */
  readonly from: number;
  readonly bytes: Buffer;
}

/** The bytes after the last durable line; `null` when the file is not one of ours. */
function findDurable(file: number, size: number, epoch: string, acknowledged: Acknowledged): Tail | null {
  let bytes: Buffer = Buffer.alloc(0);
  let from = size;
  while (from > 0 && bytes.length < LOOK_BACK_BYTES) {
    const length = Math.min(CHUNK_BYTES, from);
    bytes = Buffer.concat([readAt(file, from - length, length), bytes]);
    from -= length;
    const durableEnd = endOfLastDurable(bytes, from === 0, epoch, acknowledged);
    if (durableEnd !== null) return { from: from + durableEnd, bytes: bytes.subarray(durableEnd) };
  }
  // no durable line: either the very first batch was torn, or the file was never ours
  return from === 0 && looksLikeOurs(bytes, epoch) ? { from: 0, bytes } : null;
}

function endOfLastDurable(bytes: Buffer, isWhole: boolean, epoch: string, acknowledged: Acknowledged): number | null {
  let end = bytes.lastIndexOf(NEWLINE);
  while (end >= 0) {
    const start = end === 0 ? -1 : bytes.lastIndexOf(NEWLINE, end - 1);
    if (start < 0 && !isWhole) return null; // the line may begin before these bytes
    const mark = readMark(bytes.toString("utf8", start + 1, end));
    if (mark !== null && isDurable(mark, epoch, acknowledged)) return end + 1;
    end = start;
  }
  return null;
}

function isDurable(mark: LineMark, epoch: string, acknowledged: Acknowledged): boolean {
  return mark.epoch !== epoch || mark.sequence <= (acknowledged.get(mark.lane) ?? 0);
}

function looksLikeOurs(bytes: Buffer, epoch: string): boolean {
  const start = '{"specversion":"1.0","id":"';
  const head = bytes.toString("utf8", 0, 512);
  const isTornBeforeTheEpoch = bytes.length <= start.length && start.startsWith(head);
  return (
    bytes.length === 0 ||
    isTornBeforeTheEpoch ||
    (head.startsWith(start) && (head.includes(`.${epoch}.`) || bytes.length < 256))
  );
}

function takeWholeLines(
  bytes: Buffer,
  from: number,
  epoch: string,
  acknowledged: Acknowledged,
): { written: Map<Lane, number>; end: number } {
  const written = new Map<Lane, number>();
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    const mark = readMark(bytes.toString("utf8", start, end));
    if (mark === null || mark.epoch !== epoch) break;
    const expected = (written.get(mark.lane) ?? acknowledged.get(mark.lane) ?? 0) + 1;
    if (mark.sequence !== expected) break;
    written.set(mark.lane, mark.sequence);
    start = end + 1;
  }
  return { written, end: from + start };
}

/** `null` when the line is not a whole record. */
export function readMark(line: string): LineMark | null {
  try {
    const event = JSON.parse(line) as Partial<Record<"epoch" | "lane" | "sequence", unknown>> | null;
    if (event === null || typeof event.epoch !== "string" || typeof event.lane !== "string") return null;
    const sequence = typeof event.sequence === "string" && /^\d+$/.test(event.sequence) ? Number(event.sequence) : null;
    return sequence === null ? null : { epoch: event.epoch, lane: event.lane as Lane, sequence };
  } catch {
    return null; // a torn line; what is cut is counted by the caller
  }
}

function readAt(file: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const read = readSync(file, buffer, done, length - done, position + done);
    if (read === 0) break;
    done += read;
  }
  return buffer.subarray(0, done);
}
