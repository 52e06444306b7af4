import { gunzipSync } from "node:zlib";

/** A record of the aggregate, as its reader gets it. */
export interface AggregateRecord {
  readonly subject: string;
  /** Bytes as they came, or text. Bodies of boxes with `compress` are gzip: the header `Content-Encoding` says so. */
  readonly body: string | Uint8Array;
  header(name: string): string;
}

export interface FollowedRecord {
  readonly box: string;
  readonly epoch: string;
  readonly lane: string;
  readonly sequence: number;
  readonly type: string;
  readonly session: string;
  /** Of the event, cue, moment, …; the same on both boxes. */
  readonly about: string;
  readonly revision: number | null;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface FollowerParts {
  readonly venue: string;
  /** The box that is believed first. */
  readonly main: string;
  /** Each record once, whichever box it came from. */
  readonly onRecord: (record: FollowedRecord) => void;
  /** A number was skipped: a loss somewhere on the way, which should never be. */
  readonly onGap: (gap: {
    readonly box: string;
    readonly lane: string;
    readonly from: number;
    readonly to: number;
  }) => void;
  /** Milliseconds of a clock that never steps. */
  readonly nowMs: () => number;
}

/** Three health records missed: the box is dead, or cut off. */
const DEAD_AFTER_MS = 25_000;
/** Of the boxes not believed, what has not been seen from the believed one; the oldest are given up beyond that. */
const MAX_PENDING = 50_000;
const MAX_REMEMBERED = 200_000;
/** What a compressed body may become: more than a server takes uncompressed. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

/**
 * One venue out of an aggregate that main and backup both feed: gives each record once, and goes over from one box to the other without a
 * double or a hole.
 *
 * 1. One number per box, epoch and lane says that nothing is missing (the proof is the consumer's own, not the hub's).
 * 2. Records are the same on both boxes for the same input but for box, epoch and sequence; so a record is known by type, session, subject
 *    and revision. Those of the box that is not believed are held until the believed one has sent the same.
 * 3. On going over, what is still held is given out at once, in its order.
 */
export class VenueFollower {
  readonly #parts: FollowerParts;
  readonly #sequences = new Map<string, number>();
  readonly #heardAt = new Map<string, number>();
  /** Highest revision given out, by what it is about; -1 where there are no revisions. Oldest first. */
  readonly #given = new Map<string, number>();
  readonly #pending = new Map<string, FollowedRecord>();
  #believed: string;
  #doubles = 0;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
    this.#believed = parts.main;
  }

  get believed(): string {
    return this.#believed;
  }

  /** Records that came again under a number that was there: dropped. */
  get doubles(): number {
    return this.#doubles;
  }

  take(message: AggregateRecord): void {
    const record = toRecord(message);
    if (record === null || venueOf(message) !== this.#parts.venue) return;
    if (!this.#isNext(record)) return;
    this.#heardAt.set(record.box, this.#parts.nowMs());
    if (record.type === "touchline.health.v1" || record.type === "touchline.gap.v1") return;
    // the mark of a record that a later one supersedes: that one comes under the sequence it names
    if (record.data.reason === "superseded" && record.data.tombstone === true) return;
    if (record.box === this.#believed) this.#give(record);
    else if (!this.#isGiven(record)) this.#hold(record);
  }

  /** Boxes of which nothing was heard for longer than three health records take. */
  dead(): string[] {
    const now = this.#parts.nowMs();
    return [...this.#heardAt].filter(([, at]) => now - at > DEAD_AFTER_MS).map(([box]) => box);
  }

  /** When the believed box is dead and another is not, goes over to that. To be called every second or so. */
  check(): void {
    const dead = this.dead();
    if (!dead.includes(this.#believed)) return;
    const other = [...this.#heardAt.keys()].find((box) => !dead.includes(box));
    if (other !== undefined) this.switchTo(other);
  }

  switchTo(box: string): void {
    if (box === this.#believed) return;
    this.#believed = box;
    for (const [key, record] of [...this.#pending]) {
      if (record.box !== box) continue;
      this.#pending.delete(key);
      this.#give(record);
    }
  }

  #isNext({ box, epoch, lane, sequence }: FollowedRecord): boolean {
    const key = `${box} ${epoch} ${lane}`;
    const last = this.#sequences.get(key);
    if (last !== undefined && sequence <= last) {
      this.#doubles += 1;
      return false;
    }
    if (last !== undefined && sequence > last + 1) this.#parts.onGap({ box, lane, from: last + 1, to: sequence - 1 });
    this.#sequences.set(key, sequence);
    return true;
  }

  #give(record: FollowedRecord): void {
    this.#pending.delete(nameOf(record));
    if (this.#isGiven(record)) return;
    const key = topicOf(record);
    this.#given.delete(key);
    this.#given.set(key, record.revision ?? -1);
    for (const [oldest] of this.#given) {
      if (this.#given.size <= MAX_REMEMBERED) break;
      this.#given.delete(oldest);
    }
    this.#parts.onRecord(record);
  }

  #isGiven(record: FollowedRecord): boolean {
    const highest = this.#given.get(topicOf(record));
    return highest !== undefined && highest >= (record.revision ?? -1);
  }

  #hold(record: FollowedRecord): void {
    this.#pending.set(nameOf(record), record);
    for (const [oldest] of this.#pending) {
      if (this.#pending.size <= MAX_PENDING) break;
      this.#pending.delete(oldest);
    }
  }
}

function topicOf({ type, session, about }: FollowedRecord): string {
  return `${type}\n${session}\n${about}`;
}

function nameOf(record: FollowedRecord): string {
  return `${topicOf(record)}\n${record.revision}`;
}

/** `/venues/<venue>/boxes/<box>/sessions/<session>` */
const SOURCE = /^\/venues\/(.*)\/boxes\/(.*)\/sessions\/(.*)$/;

function venueOf(message: AggregateRecord): string {
  return unescaped(SOURCE.exec(message.header("ce-source"))?.[1] ?? "");
}

/** `null` for what is no record of a box. */
function toRecord(message: AggregateRecord): FollowedRecord | null {
  const [, , box, session] = SOURCE.exec(message.header("ce-source")) ?? [];
  const sequence = Number(message.header("ce-sequence"));
  if (box === undefined || session === undefined || !Number.isSafeInteger(sequence) || sequence < 1) return null;
  const data = objectOf(message);
  if (data === null) return null;
  return {
    box: unescaped(box),
    session: unescaped(session),
    epoch: message.header("ce-epoch"),
    lane: message.header("ce-lane"),
    sequence,
    type: message.header("ce-type"),
    about: unescaped(message.header("ce-subject")),
    revision: typeof data.revision === "number" ? data.revision : null,
    data,
  };
}

function objectOf(message: AggregateRecord): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(textOf(message));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function textOf(message: AggregateRecord): string {
  const { body } = message;
  if (typeof body === "string") return body;
  const isPacked = message.header("Content-Encoding") === "gzip";
  return new TextDecoder().decode(isPacked ? gunzipSync(body, { maxOutputLength: MAX_BODY_BYTES }) : body);
}

/** Headers are percent-escaped as CloudEvents asks. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
