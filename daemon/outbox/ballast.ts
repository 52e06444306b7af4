import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statfsSync, writeSync } from "node:fs";
import { dirname } from "node:path";

const CHUNK_BYTES = 1024 * 1024;
/** Free space, in ballasts, from which on it is made (again): it must not be what fills the disk. */
const ROOM_FOR = 3;

/**
 * A file whose only use is that it can be deleted. On a full disk SQLite cannot even delete or checkpoint: it needs space to free space.
 * With the ballast gone what was accepted can be worked in, delivered and pruned; when there is room again it comes back.
 */
export class Ballast {
  readonly #path: string;
  readonly #bytes: number;
  #isGone: boolean;

  /** `bytes` 0: none is kept. */
  constructor(databasePath: string, bytes: number) {
    this.#path = `${databasePath}.ballast`;
    this.#bytes = bytes;
    this.#isGone = bytes > 0 && !existsSync(this.#path);
  }

  get isKept(): boolean {
    return this.#bytes > 0;
  }

  /** It is wanted and not there: room is short. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Whether there was one, and the disk (not only a limit of our own) is full. */
  drop(): boolean {
    if (!this.isKept || this.#isGone || this.#freeBytes() > this.#bytes) return false;
    rmSync(this.#path, { force: true });
    this.#isGone = true;
    return true;
  }

  /** Makes it where it is missing and there is room. A disk that fills up meanwhile is tried again later. */
  restore(): void {
    if (!this.#isGone || this.#freeBytes() < ROOM_FOR * this.#bytes) return;
    const draft = `${this.#path}.new`;
    try {
      this.#write(draft);
      renameSync(draft, this.#path);
      this.#isGone = false;
    } catch {
      rmSync(draft, { force: true });
    }
  }

  /** Random bytes: zeros would take no room on a file system that compresses. */
  #write(path: string): void {
    const file = openSync(path, "w", 0o600);
    try {
      const chunk = randomBytes(CHUNK_BYTES);
      for (let done = 0; done < this.#bytes; done += chunk.length)
        writeSync(file, chunk, 0, Math.min(chunk.length, this.#bytes - done));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }

  #freeBytes(): number {
    const { bavail, bsize } = statfsSync(dirname(this.#path));
    return bavail * bsize;
  }
}
