import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";
import { type PageRow, type ReadPage, rowsOfPage } from "./page-rows.js";

/** Ours are made with SQLite's default; believed when neither file says another one. */
const DEFAULT_PAGE_BYTES = 4096;
const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const WAL_MAGICS: readonly number[] = [0x377f0682, 0x377f0683];
/** A list of free pages longer than this is a circle. */
const MOST_TRUNKS = 1_000_000;

/** A database file and its write-ahead log, page by page, however damaged they are. */
export class PageFile {
  readonly #db: number;
  readonly #wal: number | null;
  readonly #pageBytes: number;
  readonly #pages: number;
  /** Frames of the log that were committed, in order: page number and place. */
  readonly #frames: readonly { readonly page: number; readonly at: number }[];
  readonly #newest = new Map<number, number>();

  constructor(path: string) {
    this.#db = openSync(path, "r");
    this.#wal = existsSync(`${path}-wal`) ? openSync(`${path}-wal`, "r") : null;
    this.#pageBytes = this.#findPageBytes();
    this.#pages = Math.floor(fstatSync(this.#db).size / this.#pageBytes);
    this.#frames = this.#wal === null ? [] : this.#committedFrames(this.#wal);
    for (const { page, at } of this.#frames) this.#newest.set(page, at);
  }

  /** Pages to look at, the log's included: for progress. */
  get size(): number {
    return this.#pages + this.#frames.length;
  }

  /** The rows of all pages in use: of the database, then of the log, so that a later version comes later. */
  *rows(): Generator<PageRow> {
    const free = this.#freePages();
    const readNewest: ReadPage = (page) => this.#read(page);
    for (let page = 1; page <= this.#pages; page++) {
      const bytes = free.has(page) ? null : this.#readFrom(this.#db, (page - 1) * this.#pageBytes);
      if (bytes !== null) yield* rowsOfPage(bytes, page === 1, readNewest);
    }
    if (this.#wal === null) return;
    for (const { page, at } of this.#frames) {
      const bytes = this.#readFrom(this.#wal, at);
      if (bytes !== null) yield* rowsOfPage(bytes, page === 1, readNewest);
    }
  }

  close(): void {
    closeSync(this.#db);
    if (this.#wal !== null) closeSync(this.#wal);
  }

  #read(page: number): Buffer | null {
    const inLog = this.#newest.get(page);
    if (inLog !== undefined && this.#wal !== null) return this.#readFrom(this.#wal, inLog);
    return page > this.#pages ? null : this.#readFrom(this.#db, (page - 1) * this.#pageBytes);
  }

  #readFrom(file: number, at: number): Buffer | null {
    const bytes = Buffer.allocUnsafe(this.#pageBytes);
    try {
      return readSync(file, bytes, 0, bytes.length, at) === bytes.length ? bytes : null;
    } catch {
      return null; // a block the disk cannot read any more
    }
  }

  #findPageBytes(): number {
    const header = Buffer.alloc(WAL_HEADER_BYTES);
    readSync(this.#db, header, 0, header.length, 0);
    const told = header.readUInt16BE(16);
    if (hasHeader(header) && isPageSize(told)) return told;
    if (this.#wal !== null) readSync(this.#wal, header, 0, header.length, 0);
    const inLog = header.readUInt32BE(8);
    return WAL_MAGICS.includes(header.readUInt32BE(0)) && isPageSize(inLog) ? inLog : DEFAULT_PAGE_BYTES;
  }

  /**
   * Frames of this run of the log (its salts) up to the last that ends a transaction. Their checksums are not asked: they go on from frame
   * to frame, so behind one damaged byte all would be given up; the rows have checksums of their own.
   */
  #committedFrames(wal: number): { page: number; at: number }[] {
    const header = Buffer.alloc(WAL_HEADER_BYTES);
    readSync(wal, header, 0, header.length, 0);
    const step = FRAME_HEADER_BYTES + this.#pageBytes;
    const count = Math.floor(Math.max(0, fstatSync(wal).size - WAL_HEADER_BYTES) / step);
    const frames: { page: number; at: number }[] = [];
    let committed = 0;
    const frame = Buffer.alloc(FRAME_HEADER_BYTES);
    for (let i = 0; i < count; i++) {
      const at = WAL_HEADER_BYTES + i * step;
      readSync(wal, frame, 0, frame.length, at);
      if (!frame.subarray(8, 16).equals(header.subarray(16, 24))) continue;
      frames.push({ page: frame.readUInt32BE(0), at: at + FRAME_HEADER_BYTES });
      if (frame.readUInt32BE(4) !== 0) committed = frames.length;
    }
    return frames.slice(0, committed);
  }

  /** Pages that hold only what was deleted, as far as their list can be read. */
  #freePages(): Set<number> {
    const free = new Set<number>();
    const first = this.#read(1);
    if (first === null || !hasHeader(first)) return free;
    let trunk = first.readUInt32BE(32);
    for (let n = 0; n < MOST_TRUNKS && trunk > 0 && trunk <= this.#pages && !free.has(trunk); n++) {
      const bytes = this.#read(trunk);
      if (bytes === null) break;
      const leaves = bytes.readUInt32BE(4);
      if (leaves > this.#pageBytes / 4 - 2) break;
      free.add(trunk);
      for (let i = 0; i < leaves; i++) free.add(bytes.readUInt32BE(8 + 4 * i));
      trunk = bytes.readUInt32BE(0);
    }
    return free;
  }
}

function hasHeader(page: Buffer): boolean {
  return page.toString("latin1", 0, 15) === "SQLite format 3";
}

function isPageSize(bytes: number): boolean {
  return bytes >= 512 && bytes <= 32_768 && (bytes & (bytes - 1)) === 0;
}
