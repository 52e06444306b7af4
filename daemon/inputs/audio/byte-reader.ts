/** Where bytes come from: a file, a pipe, a child's output. */
export interface ByteSource {
  /** For messages: the path as given, `standard input`, a URL. */
  readonly label: string;
  /** Of a regular file; `null` where nobody knows. */
  readonly sizeBytes: number | null;
  /** Fills `target` from its start with what there is, waits only when there is nothing; 0 means the end. */
  read(target: Uint8Array): Promise<number>;
  /** Moves over bytes without reading them; `null` where that cannot be done. */
  readonly seek: ((offsetBytes: number) => void) | null;
  close(): Promise<void>;
}

const BUFFER_BYTES = 256 * 1024;

/**
 * Reads ahead through one buffer of fixed size and hands out views of it: no copy, no allocation, whatever the file's length.
 *
 *     buffer: [ consumed | start ..... end | free ]        position = bytes of the source before `start`
 */
export class ByteReader {
  #start = 0;
  #end = 0;
  #position = 0;
  #atEnd = false;
  readonly #buffer: Buffer;
  readonly #source: ByteSource;

  /** @param bufferBytes the most that one `view` can hold */
  constructor(source: ByteSource, bufferBytes = BUFFER_BYTES) {
    this.#source = source;
    this.#buffer = Buffer.allocUnsafeSlow(bufferBytes);
  }

  get label(): string {
    return this.#source.label;
  }

  get sizeBytes(): number | null {
    return this.#source.sizeBytes;
  }

  /** Offset in the source of the next byte. */
  get position(): number {
    return this.#position;
  }

  /** The most bytes that one view can hold. */
  get capacity(): number {
    return this.#buffer.length;
  }

  get canSeek(): boolean {
    return this.#source.seek !== null;
  }

  /**
   * A view of at least `least` bytes (fewer only at the end) and at most `most`; not consumed. It lives until the next call.
   * It begins at an even address whenever the bytes consumed so far came in multiples of the sample size: see `compact`.
   */
  async view(least: number, most: number): Promise<Buffer> {
    while (this.#end - this.#start < least && !this.#atEnd) await this.#fill(least);
    return this.#buffer.subarray(this.#start, Math.min(this.#end, this.#start + most));
  }

  consume(bytes: number): void {
    this.#start += bytes;
    this.#position += bytes;
  }

  /** Moves what is buffered to the buffer's start, so that samples which follow are aligned for typed arrays. */
  compact(): void {
    this.#buffer.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
  }

  /** Skips forward; returns how many bytes were there to skip. */
  async skip(bytes: number): Promise<number> {
    const buffered = Math.min(bytes, this.#end - this.#start);
    this.consume(buffered);
    const rest = bytes - buffered;
    if (rest === 0) return bytes;
    if (this.#source.seek !== null) return buffered + this.#jump(rest);
    return buffered + (await this.#readOver(rest));
  }

  /** Goes to an absolute offset; only where `canSeek`. */
  seekTo(offsetBytes: number): void {
    this.#start = 0;
    this.#end = 0;
    this.#atEnd = false;
    this.#position = offsetBytes;
    this.#source.seek?.(offsetBytes);
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  #jump(bytes: number): number {
    const left = this.sizeBytes === null ? bytes : Math.max(0, this.sizeBytes - this.#position);
    const moved = Math.min(bytes, left);
    this.seekTo(this.#position + moved);
    return moved;
  }

  async #readOver(bytes: number): Promise<number> {
    let left = bytes;
    while (left > 0) {
      const view = await this.view(1, left);
      if (view.length === 0) break;
      this.consume(view.length);
      left -= view.length;
    }
    return bytes - left;
  }

  async #fill(least: number): Promise<void> {
    if (this.#start + least > this.#buffer.length || this.#start === this.#end) this.compact();
    const read = await this.#source.read(this.#buffer.subarray(this.#end));
    if (read === 0) this.#atEnd = true;
    this.#end += read;
  }
}
