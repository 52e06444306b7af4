import { backOffMs, retryAfterMs } from "../../back-off.js";
import { messageOf } from "../../errors.js";
import type { ConnectorParts } from "./connector.js";
import { ConnectorLoop } from "./connector-loop.js";
import { getDocument, type HttpSource, NO_VALIDATORS, type Validators } from "./http-source.js";

export interface PollOptions {
  readonly source: HttpSource;
  readonly everyMs: number;
}

const TIMEOUT_MS = 10_000;
export const MAX_DOCUMENT_BYTES = 32 * 1024 * 1024;
/** Failures are waited out no longer than this: the match goes on. */
const LONGEST_BACKOFF_MS = 30_000;
/** Longer than this nobody is believed who says when to come again. */
const LONGEST_RETRY_AFTER_MS = 600_000;

/** Asks a URL for the whole document again and again, with its ETag, and hands on what is new in it. */
export class PollConnector extends ConnectorLoop {
  readonly #options: PollOptions;
  #validators: Validators = NO_VALIDATORS;
  /** The document of the last answer, which "unchanged" stands for: a vanished record is looked for twice. */
  #lastText: string | null = null;
  #failures = 0;

  constructor(parts: ConnectorParts, options: PollOptions) {
    super(parts);
    this.#options = options;
  }

  protected async look(): Promise<number> {
    const { observer } = this.parts;
    const signal = this.stopping;
    const limits = { timeoutMs: TIMEOUT_MS, maxBytes: MAX_DOCUMENT_BYTES };
    const answer = await getDocument(this.#options.source, this.#validators, limits, signal);
    if (signal.aborted) return 0;
    if (answer.kind === "failed") return this.#failed(answer.detail, answer.retryAfter);
    try {
      const isSame = answer.kind === "unchanged" || answer.text === this.#lastText;
      if (answer.kind === "document") this.#lastText = answer.text;
      if (this.#lastText !== null && (!isSame || this.parts.retractsVanished)) {
        await this.taker.takeDocument(this.#lastText);
      }
      // Only now: a document that could not be stored must be asked for again.
      if (answer.kind === "document") this.#validators = answer.validators;
      observer.answered(isSame ? "unchanged" : "changed");
    } catch (thrown) {
      this.#lastText = null;
      this.#validators = NO_VALIDATORS;
      return this.#failed(messageOf(thrown), undefined);
    }
    this.#failures = 0;
    observer.state("up", null);
    return this.#options.everyMs;
  }

  #failed(detail: string, retryAfter: string | undefined): number {
    const { observer, clock, random } = this.parts;
    this.#failures += 1;
    observer.answered("failed");
    observer.state("down", detail);
    const asked = Math.min(LONGEST_RETRY_AFTER_MS, retryAfterMs(retryAfter, clock.wall() / 1000) ?? 0);
    const waited = backOffMs(this.#failures, random, LONGEST_BACKOFF_MS);
    return Math.max(asked, waited, Math.min(this.#options.everyMs, LONGEST_BACKOFF_MS));
  }
}
