import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import type { UnixMicros } from "../../../sync/index.js";
import { messageOf, TouchlineError } from "../../errors.js";
import { BEXT_BYTES, writeBext } from "./bext.js";
import { encodeSamples, SAMPLE_BYTES, type WriteFormat } from "./sample-codec.js";

export interface WavWriterOptions {
  readonly sampleRate: number;
  readonly format: WriteFormat;
  /** Unix time of the first sample. */
  readonly startTime: UnixMicros;
  /** For the bext chunk; ASCII, cut at 255 characters. */
  readonly description: string;
}

const FLUSH_BYTES = 64 * 1024;
/** Sound that waits for a slow disk; beyond it, it is dropped and counted, and its place in the file stays silent. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
const UNKNOWN_SIZE = 0xffff_ffff;
/** `ds64` without a table: RIFF size, data size, sample count, table length. */
const DS64_BYTES = 28;

/**
 * Writes one channel as WAV while it comes. Sizes are patched in by `close`; until then the header is a stream's, so that the file of a
 * killed process reads to its end. Above 4 GB it becomes RF64 (EBU Tech 3306: the JUNK chunk turns into ds64).
 *
 *     RIFF  JUNK|ds64  bext  fmt  [fact]  data ...
 */
export class WavWriter {
  readonly path: string;
  readonly #options: WavWriterOptions;
  readonly #file: FileHandle;
  readonly #bytesPerSample: number;
  #block: Buffer;
  #blockUsed = 0;
  #position: number;
  #end: number;
  #waitingBytes = 0;
  #writes: Promise<void> = Promise.resolve();
  #isClosed = false;
  /** Samples the disk had no time for. */
  dropped = 0;
  /** Samples beyond full scale of an integer format. */
  clipped = 0;
  /** Set by the first write that failed; nothing is written after it. */
  failure: TouchlineError | null = null;

  private constructor(path: string, file: FileHandle, options: WavWriterOptions, headerBytes: number) {
    this.path = path;
    this.#file = file;
    this.#options = options;
    this.#bytesPerSample = SAMPLE_BYTES[options.format];
    this.#block = Buffer.allocUnsafe(FLUSH_BYTES);
    this.#position = headerBytes;
    this.#end = headerBytes;
  }

  /**
   * Makes the folder and the file; an existing file is never written over.
   * @throws TouchlineError FILE_UNWRITABLE
   */
  static async create(path: string, options: WavWriterOptions): Promise<WavWriter> {
    try {
      await mkdir(dirname(path), { recursive: true });
      const file = await open(path, "wx");
      const header = wavHeader(options, options.startTime, null);
      await file.write(header, 0, header.length, 0);
      return new WavWriter(path, file, options, header.length);
    } catch (error) {
      throw new TouchlineError("FILE_UNWRITABLE", [path, messageOf(error)], error);
    }
  }

  get samples(): number {
    return (this.#end - headerLength(this.#options)) / this.#bytesPerSample;
  }

  /** Takes the samples and returns at once. */
  write(samples: Float32Array): void {
    const most = Math.floor(FLUSH_BYTES / this.#bytesPerSample);
    for (let from = 0; from < samples.length; from += most) this.#append(samples.subarray(from, from + most));
  }

  /** Leaves a place without sound: a hole, which reads as zeros. */
  skip(samples: number): void {
    this.#flush();
    this.#position += samples * this.#bytesPerSample;
    this.#end = this.#position;
  }

  /**
   * Writes what waits, patches the sizes and makes it durable. May be called twice.
   * @param startTime the first sample's time where it is known better by now, else `null`
   * @throws TouchlineError FILE_UNWRITABLE when any write failed
   */
  async close(startTime: UnixMicros | null = null): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#flush();
    await this.#writes;
    try {
      if (this.failure === null) await this.#finish(startTime ?? this.#options.startTime);
    } catch (error) {
      this.failure = new TouchlineError("FILE_UNWRITABLE", [this.path, messageOf(error)], error);
    } finally {
      await this.#file.close();
    }
    if (this.failure !== null) throw this.failure;
  }

  async #finish(startTime: UnixMicros): Promise<void> {
    const dataBytes = this.#end - headerLength(this.#options);
    const isOdd = dataBytes % 2 === 1;
    await this.#file.truncate(this.#end + (isOdd ? 1 : 0));
    const header = wavHeader(this.#options, startTime, dataBytes);
    await this.#file.write(header, 0, header.length, 0);
    await this.#file.sync();
  }

  #append(samples: Float32Array): void {
    const bytes = samples.length * this.#bytesPerSample;
    if (this.#waitingBytes + bytes > MAX_WAITING_BYTES) {
      this.dropped += samples.length;
      this.skip(samples.length);
      return;
    }
    if (this.#blockUsed + bytes > FLUSH_BYTES) this.#flush();
    this.clipped += encodeSamples(this.#options.format, samples, this.#block.subarray(this.#blockUsed));
    this.#blockUsed += bytes;
    this.#end += bytes;
  }

  #flush(): void {
    if (this.#blockUsed === 0) return;
    const block = this.#block.subarray(0, this.#blockUsed);
    const position = this.#position;
    this.#position += this.#blockUsed;
    this.#waitingBytes += block.length;
    this.#block = Buffer.allocUnsafe(FLUSH_BYTES);
    this.#blockUsed = 0;
    this.#writes = this.#writes.then(() => this.#put(block, position));
  }

  async #put(block: Buffer, position: number): Promise<void> {
    try {
      if (this.failure === null) await this.#file.write(block, 0, block.length, position);
    } catch (error) {
      this.failure = new TouchlineError("FILE_UNWRITABLE", [this.path, messageOf(error)], error);
    }
    this.#waitingBytes -= block.length;
  }
}

function headerLength(options: WavWriterOptions): number {
  return 12 + 8 + DS64_BYTES + 8 + BEXT_BYTES + (options.format === "f32" ? 26 + 12 : 24) + 8;
}

/** @param dataBytes `null`: a stream's header */
function wavHeader(options: WavWriterOptions, startTime: UnixMicros, dataBytes: number | null): Buffer {
  const length = headerLength(options);
  const riffBytes = dataBytes === null ? UNKNOWN_SIZE : length - 8 + dataBytes + (dataBytes % 2);
  const isLong = dataBytes !== null && riffBytes >= UNKNOWN_SIZE;
  const parts = [
    chunk(isLong ? "RF64" : "RIFF", isLong ? UNKNOWN_SIZE : riffBytes, Buffer.from("WAVE")),
    isLong ? ds64Chunk(options, riffBytes, dataBytes) : chunk("JUNK", DS64_BYTES, Buffer.alloc(DS64_BYTES)),
    chunk("bext", BEXT_BYTES, writeBext(startTime, options.sampleRate, options.description)),
    fmtChunk(options),
    chunk("data", dataBytes === null || isLong ? UNKNOWN_SIZE : dataBytes, Buffer.alloc(0)),
  ];
  if (options.format === "f32") parts.splice(4, 0, factChunk(dataBytes));
  return Buffer.concat(parts);
}

function chunk(id: string, size: number, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 0, "latin1");
  head.writeUInt32LE(size, 4);
  return Buffer.concat([head, body]);
}

function ds64Chunk(options: WavWriterOptions, riffBytes: number, dataBytes: number): Buffer {
  const body = Buffer.alloc(DS64_BYTES);
  body.writeBigUInt64LE(BigInt(riffBytes), 0);
  body.writeBigUInt64LE(BigInt(dataBytes), 8);
  body.writeBigUInt64LE(BigInt(dataBytes / SAMPLE_BYTES[options.format]), 16);
  return chunk("ds64", DS64_BYTES, body);
}

function fmtChunk({ sampleRate, format }: WavWriterOptions): Buffer {
  const bytes = SAMPLE_BYTES[format];
  const body = Buffer.alloc(format === "f32" ? 18 : 16);
  body.writeUInt16LE(format === "f32" ? 3 : 1, 0);
  body.writeUInt16LE(1, 2);
  body.writeUInt32LE(sampleRate, 4);
  body.writeUInt32LE(sampleRate * bytes, 8);
  body.writeUInt16LE(bytes, 12);
  body.writeUInt16LE(bytes * 8, 14);
  return chunk("fmt ", body.length, body);
}

function factChunk(dataBytes: number | null): Buffer {
  const body = Buffer.alloc(4);
  body.writeUInt32LE(dataBytes === null ? UNKNOWN_SIZE : Math.min(dataBytes / SAMPLE_BYTES.f32, UNKNOWN_SIZE));
  return chunk("fact", 4, body);
}
