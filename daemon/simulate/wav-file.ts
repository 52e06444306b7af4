import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import type { UnixMicros } from "../../sync/index.js";
import { messageOf, TouchlineError } from "../errors.js";
import { BEXT_BYTES, writeBext } from "../inputs/audio/bext.js";

const SAMPLE_BYTES = 2;
const FULL_SCALE = 32767;

/**
 * A mono 16-bit WAV of known length, written block by block: each `write` waits for the disk, so that memory stays bounded however
 * fast the sound is made, and nothing is ever dropped.
 *
 *     RIFF  bext  fmt  data ...
 */
export class WavFile {
  readonly path: string;
  readonly #file: FileHandle;
  #words = new Int16Array(0);
  /** Samples that were beyond full scale. */
  clipped = 0;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  /** @throws TouchlineError FILE_UNWRITABLE */
  static async create(
    path: string,
    sampleRate: number,
    samples: number,
    start: UnixMicros,
    about: string,
  ): Promise<WavFile> {
    try {
      await mkdir(dirname(path), { recursive: true });
      const file = await open(path, "w");
      await file.write(header(sampleRate, samples, start, about));
      return new WavFile(path, file);
    } catch (error) {
      throw new TouchlineError("FILE_UNWRITABLE", [path, messageOf(error)], error);
    }
  }

  /** Appends `count` samples of the block. */
  async write(block: Float32Array, count: number): Promise<void> {
    if (this.#words.length < count) this.#words = new Int16Array(count);
    const words = this.#words;
    for (let i = 0; i < count; i++) {
      const value = Math.round((block[i] ?? 0) * FULL_SCALE);
      const kept = value > FULL_SCALE ? FULL_SCALE : value < -FULL_SCALE ? -FULL_SCALE : value;
      if (kept !== value) this.clipped += 1;
      words[i] = kept;
    }
    try {
      await this.#file.write(new Uint8Array(words.buffer, 0, count * SAMPLE_BYTES));
    } catch (error) {
      throw new TouchlineError("FILE_UNWRITABLE", [this.path, messageOf(error)], error);
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

function header(sampleRate: number, samples: number, start: UnixMicros, about: string): Buffer {
  const dataBytes = samples * SAMPLE_BYTES;
  const head = Buffer.alloc(12 + 8 + BEXT_BYTES + 8 + 16 + 8);
  let at = 0;
  const chunk = (id: string, size: number) => {
    head.write(id, at, "latin1");
    head.writeUInt32LE(size, at + 4);
    at += 8;
  };
  chunk("RIFF", head.length - 8 + dataBytes);
  at += head.write("WAVE", at, "latin1");
  chunk("bext", BEXT_BYTES);
  at += writeBext(start, sampleRate, about).copy(head, at);
  chunk("fmt ", 16);
  at = head.writeUInt16LE(1, at); // PCM
  at = head.writeUInt16LE(1, at); // mono
  at = head.writeUInt32LE(sampleRate, at);
  at = head.writeUInt32LE(sampleRate * SAMPLE_BYTES, at);
  at = head.writeUInt16LE(SAMPLE_BYTES, at);
  at = head.writeUInt16LE(SAMPLE_BYTES * 8, at);
  chunk("data", dataBytes);
  return head;
}
