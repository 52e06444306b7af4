const NEWLINE = 0x0a;

/** One line without its newline; `text` is null when it was longer than allowed. `bytes` counts the newline. */
export interface Line {
  readonly text: string | null;
  readonly bytes: number;
}

/** Splits a byte stream into lines with a bound on what one line may hold. An unfinished last line stays inside. */
export class LineSplitter {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #heldBytes = 0;
  /** Bytes of the current line, also of what was thrown away because it is too long. */
  #lineBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE, from); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      this.#hold(chunk.subarray(from, at));
      lines.push({ text: this.#take(), bytes: this.#lineBytes + 1 });
      this.#lineBytes = 0;
      from = at + 1;
    }
    this.#hold(chunk.subarray(from));
    return lines;
  }

  #hold(part: Buffer): void {
    this.#lineBytes += part.length;
    if (this.#lineBytes > this.#maxBytes) {
      this.#parts = [];
      this.#heldBytes = 0;
    } else if (part.length > 0) {
      this.#parts.push(part);
      this.#heldBytes += part.length;
    }
  }

  #take(): string | null {
    const isWhole = this.#heldBytes === this.#lineBytes;
    const text = isWhole ? Buffer.concat(this.#parts).toString("utf8") : null;
    this.#parts = [];
    this.#heldBytes = 0;
    return text;
  }
}
