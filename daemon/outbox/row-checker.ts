import type Database from "better-sqlite3";
import type { Checked } from "./messages.js";
import { recordCrc } from "./row-crc.js";

/** One slice: about 5 ms. */
const SLICE_ROWS = 500;
const SLICE_BYTES = 2 * 1024 * 1024;

interface Row {
  readonly number: number;
  readonly nats_subject: string;
  readonly head: string;
  readonly data: string;
  readonly crc: number;
}

/** Proves the checksums of all records, a slice per call: what was delivered long ago, and nobody reads, is looked at too. */
export class RowChecker {
  readonly #rows: Database.Statement<[number, number], Row>;

  constructor(db: Database.Database) {
    this.#rows = db.prepare(
      "SELECT number, nats_subject, head, data, crc FROM records WHERE number > ? ORDER BY number LIMIT ?",
    );
  }

  /** Throws SQLITE_CORRUPT on a page that cannot be read. */
  check(afterNumber: number): Checked {
    let rows = 0;
    let bytes = 0;
    let damaged = 0;
    let last = 0;
    for (const row of this.#rows.iterate(afterNumber, SLICE_ROWS)) {
      rows += 1;
      last = row.number;
      bytes += row.head.length + row.data.length;
      if (recordCrc(row.number, row.nats_subject, row.head, row.data) !== row.crc) damaged += 1;
      if (bytes >= SLICE_BYTES) break;
    }
    const isMore = rows === SLICE_ROWS || bytes >= SLICE_BYTES;
    return { next: isMore ? last : 0, rows, damaged };
  }
}
