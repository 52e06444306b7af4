import { backOffMs, retryAfterMs } from "../../back-off.js";
import { messageOf } from "../../errors.js";
import { LineSplitter } from "../log/line-splitter.js";
import type { ConnectorParts } from "./connector.js";
import { ConnectorLoop } from "./connector-loop.js";
import { type LogObject, readPushedLine } from "./document.js";
import { getDocument, type HttpSource, NO_VALIDATORS, openStream, StreamRefused } from "./http-source.js";
import { MAX_DOCUMENT_BYTES } from "./poll.js";

export interface PushOptions {
  readonly source: HttpSource;
  /** Where what was missed while the stream was away can be read as a whole; `null`: nowhere. */
  readonly recovery: HttpSource | null;
  /** A stream that says nothing for this long, not even a heartbeat, is opened anew. */
  readonly silenceMs: number;
}

const TIMEOUT_MS = 10_000;
const MAX_LINE_BYTES = 1024 * 1024;
const LONGEST_BACKOFF_MS = 30_000;
const LONGEST_RETRY_AFTER_MS = 600_000;

/**
 * Reads a pushed stream of JSON lines. The stream is opened first and what was missed is then read from the recovery address, so that
 * nothing falls between the two; what comes by both ways is sent once.
 */
export class PushConnector extends ConnectorLoop {
  readonly #options: PushOptions;
  #failures = 0;

  constructor(parts: ConnectorParts, options: PushOptions) {
    super(parts);
    this.#options = options;
  }

  protected async look(): Promise<number> {
    const { observer, clock, random } = this.parts;
    const silence = new AbortController();
    let detail = "the stream has ended";
    let retryAfter: string | undefined;
    try {
      const signal = AbortSignal.any([this.stopping, silence.signal]);
      const stream = await openStream(this.#options.source, TIMEOUT_MS, signal);
      await this.#recover(signal);
      observer.answered("changed");
      observer.state("up", null);
      await this.#read(stream, silence);
    } catch (thrown) {
      detail = silence.signal.aborted ? `nothing came for ${this.#options.silenceMs / 1000} s` : messageOf(thrown);
      if (thrown instanceof StreamRefused) retryAfter = thrown.retryAfter ?? undefined;
    }
    if (this.stopping.aborted) return 0;
    this.#failures += 1;
    observer.answered("failed");
    observer.state("down", detail);
    const asked = Math.min(LONGEST_RETRY_AFTER_MS, retryAfterMs(retryAfter, clock.wall() / 1000) ?? 0);
    return Math.max(asked, backOffMs(this.#failures, random, LONGEST_BACKOFF_MS));
  }

  async #recover(signal: AbortSignal): Promise<void> {
    const { recovery } = this.#options;
    if (recovery === null) return;
    const limits = { timeoutMs: TIMEOUT_MS, maxBytes: MAX_DOCUMENT_BYTES };
    const answer = await getDocument(recovery, NO_VALIDATORS, limits, signal);
    if (answer.kind === "document") await this.taker.takeDocument(answer.text);
    // The stream is worth more than what was missed: it is read on, and the failure is told.
    else if (answer.kind === "failed") {
      this.parts.observer.answered("failed");
      this.parts.observer.problem({ place: "recovery", message: answer.detail });
    }
  }

  async #read(stream: AsyncIterable<Uint8Array>, silence: AbortController): Promise<void> {
    const splitter = new LineSplitter(MAX_LINE_BYTES);
    let timer = setTimeout(() => silence.abort(), this.#options.silenceMs);
    try {
      for await (const chunk of stream) {
        clearTimeout(timer);
        const lines = splitter.push(Buffer.from(chunk)).map(({ text }) => text);
        await this.#takeLines(lines);
        if (lines.length > 0) this.#failures = 0;
        timer = setTimeout(() => silence.abort(), this.#options.silenceMs);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async #takeLines(lines: readonly (string | null)[]): Promise<void> {
    const messages: LogObject[] = [];
    const broken: { place: string; reason: string }[] = [];
    for (const line of lines) {
      if (line === null) {
        broken.push({ place: "line", reason: `longer than ${MAX_LINE_BYTES} bytes` });
        continue;
      }
      const read = readPushedLine(line, this.parts.document);
      messages.push(...(read?.messages ?? []));
      broken.push(...(read?.broken ?? []));
    }
    if (messages.length + broken.length > 0) await this.taker.takeMessages({ messages, broken });
  }
}
