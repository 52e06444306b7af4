/**
 * Reads rows out of the pages of a SQLite file without going through its trees: for a database whose trees are broken.
 * Source: "Database File Format", sqlite.org/fileformat2.html, sections 1.6 (b-tree pages) and 2.1 (record format).
 */
export type Value = null | number | string | Uint8Array;

export interface PageRow {
  /** Of a table; `null`: an entry of an index, or of a table without rowids. */
  readonly rowid: number | null;
  readonly values: readonly Value[];
}

/** A page by its number, from 1; `null` when it cannot be read. */
export type ReadPage = (page: number) => Buffer | null;

const TABLE_LEAF = 0x0d;
const INDEX_LEAF = 0x0a;
const INDEX_INTERIOR = 0x02;
const FILE_HEADER_BYTES = 100;
const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024;

/** All rows that lie on the page, as far as they can be read. `isFirst`: the file's header is on it. */
export function* rowsOfPage(page: Buffer, isFirst: boolean, readPage: ReadPage): Generator<PageRow> {
  const at = isFirst ? FILE_HEADER_BYTES : 0;
  const type = page[at];
  if (type !== TABLE_LEAF && type !== INDEX_LEAF && type !== INDEX_INTERIOR) return;
  const pointers = at + (type === INDEX_INTERIOR ? 12 : 8);
  const count = Math.min(page.readUInt16BE(at + 3), Math.floor((page.length - pointers) / 2));
  for (let i = 0; i < count; i++) {
    const row = readCell(page, page.readUInt16BE(pointers + 2 * i), type, readPage);
    if (row !== null) yield row;
  }
}

function readCell(page: Buffer, offset: number, type: number, readPage: ReadPage): PageRow | null {
  try {
    const bytes = new Cursor(page, offset + (type === INDEX_INTERIOR ? 4 : 0));
    const length = bytes.varint();
    const rowid = type === TABLE_LEAF ? bytes.varint() : null;
    if (length < 2 || length > MAX_PAYLOAD_BYTES) return null;
    const payload = readPayload(page, bytes.at, length, type === TABLE_LEAF, readPage);
    return payload === null ? null : { rowid, values: readRecord(payload) };
  } catch {
    return null; // it points outside of its page: damaged
  }
}

/** What does not fit on the page goes on in a chain of overflow pages. Formulas: section 1.6. */
function readPayload(page: Buffer, at: number, length: number, isTable: boolean, readPage: ReadPage): Buffer | null {
  const usable = page.length;
  const most = isTable ? usable - 35 : Math.floor(((usable - 12) * 64) / 255) - 23;
  if (length <= most) return inside(page, at, length);
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const fitted = least + ((length - least) % (usable - 4));
  const local = fitted <= most ? fitted : least;
  const parts = [inside(page, at, local)];
  let left = length - local;
  let next = page.readUInt32BE(at + local);
  while (left > 0) {
    const overflow = next === 0 ? null : readPage(next);
    if (overflow === null) return null;
    const part = inside(overflow, 4, Math.min(left, usable - 4));
    parts.push(part);
    left -= part.length;
    next = overflow.readUInt32BE(0);
  }
  return Buffer.concat(parts);
}

function inside(page: Buffer, at: number, length: number): Buffer {
  if (at + length > page.length) throw new RangeError("outside of the page");
  return page.subarray(at, at + length);
}

function readRecord(payload: Buffer): Value[] {
  const header = new Cursor(payload, 0);
  const headerBytes = header.varint();
  const body = new Cursor(payload, headerBytes);
  const values: Value[] = [];
  while (header.at < headerBytes) values.push(body.value(header.varint()));
  return values;
}

const INTEGER_BYTES = [0, 1, 2, 3, 4, 6, 8];

class Cursor {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  varint(): number {
    let result = 0;
    for (let i = 0; i < 8; i++) {
      const byte = this.#bytes.readUInt8(this.at++);
      result = result * 128 + (byte & 0x7f);
      if (byte < 0x80) return result;
    }
    return result * 256 + this.#bytes.readUInt8(this.at++);
  }

  value(type: number): Value {
    if (type === 0) return null;
    if (type === 8 || type === 9) return type - 8;
    if (type <= 6) return this.#integer(INTEGER_BYTES[type] ?? 0);
    if (type === 7) return this.#take(8).readDoubleBE(0);
    const bytes = this.#take(Math.floor((type - 12) / 2));
    return type % 2 === 1 ? bytes.toString("utf8") : bytes;
  }

  #integer(bytes: number): number {
    const taken = this.#take(bytes);
    return bytes === 8 ? Number(taken.readBigInt64BE(0)) : taken.readIntBE(0, bytes);
  }

  #take(length: number): Buffer {
    const taken = inside(this.#bytes, this.at, length);
    this.at += length;
    return taken;
  }
}
