import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { messageOf } from "../../errors.js";
import { parseJson } from "../json-text.js";
import type { InputSink } from "../sink.js";
import { LineSplitter } from "./line-splitter.js";

export interface LogFileOptions {
  readonly name: string;
  readonly path: string;
  readonly sink: InputSink;
  /** Byte offset up to which the file was accepted before the last stop. */
  readonly startOffset: number;
  /** Told after the lines up to `offset` are durable. */
  readonly onOffset: (offset: number) => void;
  /** `place`: the line, or, where the count of lines was lost over a restart, the byte. */
  readonly onProblem: (problem: { readonly place: string; readonly message: string }) => void;
}

interface PlacedLine {
  readonly text: string;
  readonly place: string;
}

const POLL_MS = 250;
const MAX_LINE_BYTES = 1024 * 1024;
const BATCH_LINES = 200;

/**
 * Reads a JSON-lines file of logged events and follows what is appended to it, like `tail -F`: a file that is not there yet is waited
 * for, one that shrank is read from its start. Lines before `startOffset` are not read again; a line accepted just before a kill may
 * be, and is then recognised as a duplicate by its id.
 */
export class LogFileInput {
  readonly #options: LogFileOptions;
  #offset: number;
  #timer: NodeJS.Timeout | null = null;
  #reading: Promise<void> | null = null;
  #isStopped = false;
  /** `null`: unknown, because reading began in the middle. */
  #lineNumber: number | null;
  #isMissingTold = false;

  constructor(options: LogFileOptions) {
    this.#options = options;
    this.#offset = options.startOffset;
    this.#lineNumber = options.startOffset === 0 ? 0 : null;
  }

  start(): void {
    this.#schedule(0);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#reading;
  }

  #schedule(delayMs: number): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#reading = this.#readOn().finally(() => this.#schedule(POLL_MS));
    }, delayMs);
  }

  async #readOn(): Promise<void> {
    try {
      const { size } = await stat(this.#options.path);
      this.#isMissingTold = false;
      if (size < this.#offset) {
        this.#offset = 0;
        this.#lineNumber = 0;
      }
      if (size > this.#offset) await this.#readNew();
    } catch (error) {
      if (this.#isMissingTold) return;
      this.#isMissingTold = true;
      this.#options.onProblem({ place: "file", message: messageOf(error) });
    }
  }

  async #readNew(): Promise<void> {
    const splitter = new LineSplitter(MAX_LINE_BYTES);
    let offset = this.#offset;
    let batch: PlacedLine[] = [];
    const hand = async () => {
      if (batch.length > 0) await this.#accept(batch);
      batch = [];
      this.#offset = offset;
      this.#options.onOffset(offset);
    };
    for await (const chunk of createReadStream(this.#options.path, { start: this.#offset })) {
      if (this.#isStopped) return;
      for (const line of splitter.push(chunk as Buffer)) {
        const place = this.#placeOf(offset);
        offset += line.bytes;
        if (line.text === null) this.#options.onProblem({ place, message: `longer than ${MAX_LINE_BYTES} bytes` });
        else if (line.text.trim() !== "") batch.push({ text: line.text, place });
        if (batch.length >= BATCH_LINES) await hand();
      }
    }
    if (offset > this.#offset) await hand();
  }

  async #accept(lines: readonly PlacedLine[]): Promise<void> {
    const { sink, name, onProblem } = this.#options;
    const good: { readonly place: string; readonly message: unknown }[] = [];
    for (const { text, place } of lines) {
      const parsed = parseJson(text);
      if (parsed.ok) good.push({ place, message: parsed.value });
      else onProblem({ place, message: parsed.message });
    }
    const receipts = await sink.accept(
      "log",
      good.map(({ message }) => message),
      `file:${name}`,
    );
    receipts.forEach((receipt, index) => {
      if (receipt.status === "rejected") onProblem({ place: good[index]?.place ?? "", message: receipt.message });
    });
  }

  #placeOf(offset: number): string {
    if (this.#lineNumber === null) return `byte ${offset}`;
    this.#lineNumber += 1;
    return `line ${this.#lineNumber}`;
  }
}
