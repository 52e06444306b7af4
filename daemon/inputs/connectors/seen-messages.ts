import { createHash } from "node:crypto";
import type { LogObject } from "./document.js";

/** Messages remembered; the oldest are forgotten first, which at worst sends one again that the aligner then knows. */
const MAX_SEEN = 20_000;
/** A record must be missing from this many documents in a row: one may be written while it is read. */
const LOOKS_UNTIL_GONE = 2;
/** More than this vanishing at once is a fault of the feed, not many retractions: a share of what it had, and a number always allowed. */
const MAX_GONE_SHARE = 0.2;
const ALWAYS_ALLOWED_GONE = 3;

interface Seen {
  readonly digest: string;
  /** Documents in a row that did not hold it. */
  missed: number;
}

/**
 * What a feed has said so far, so that a document that is read again and again gives each message once, and again when it changed.
 * Not the guarantee against duplicates (that is the aligner's, by the id): it saves work and lets a vanished record be noticed.
 */
export class SeenMessages {
  readonly #seen = new Map<string, Seen>();

  get size(): number {
    return this.#seen.size;
  }

  /** Those that are new or not as they were, in their order. */
  changed(messages: readonly LogObject[]): LogObject[] {
    return messages.filter((message) => this.#seen.get(keyOf(message))?.digest !== digestOf(message));
  }

  /** To be called when they are durable. */
  accepted(messages: readonly LogObject[]): void {
    for (const message of messages) {
      const key = keyOf(message);
      this.#seen.delete(key);
      this.#seen.set(key, { digest: digestOf(message), missed: 0 });
    }
    for (const key of this.#seen.keys()) {
      if (this.#seen.size <= MAX_SEEN) break;
      this.#seen.delete(key);
    }
  }

  /**
   * Notes a whole document. Returns the deletes for records that it no longer holds; `refused` counts those of a document that lost so
   * many at once that it is not believed.
   */
  vanished(document: readonly LogObject[]): { readonly deletes: readonly LogObject[]; readonly refused: number } {
    const present = new Set(document.map(keyOf));
    const missing: string[] = [];
    for (const [key, seen] of this.#seen) if (!present.has(key) && seen.digest !== DELETED) missing.push(key);
    for (const key of present) {
      const seen = this.#seen.get(key);
      if (seen !== undefined) seen.missed = 0;
    }
    if (missing.length > Math.max(ALWAYS_ALLOWED_GONE, this.#seen.size * MAX_GONE_SHARE)) {
      return { deletes: [], refused: missing.length };
    }
    const gone = missing.filter((key) => {
      const seen = this.#seen.get(key);
      return seen !== undefined && ++seen.missed >= LOOKS_UNTIL_GONE;
    });
    return { deletes: gone.map(deleteOf), refused: 0 };
  }

  /** To be called when the deletes are durable: a record that comes back is then new. */
  retracted(deletes: readonly LogObject[]): void {
    for (const message of deletes) this.#seen.set(keyOf(message), { digest: DELETED, missed: 0 });
  }

  snapshot(): string {
    return JSON.stringify([...this.#seen].map(([key, { digest }]) => [key, digest]));
  }

  /** A snapshot that cannot be read is an empty memory: every message is then sent once more. */
  restore(body: string): void {
    this.#seen.clear();
    for (const [key, digest] of entriesOf(body).slice(-MAX_SEEN)) this.#seen.set(key, { digest, missed: 0 });
  }
}

const DELETED = "deleted";
const DIGEST_CHARACTERS = 16;

function keyOf(message: LogObject): string {
  return JSON.stringify([String(message.logger ?? ""), String(message.id ?? "")]);
}

function deleteOf(key: string): LogObject {
  const [logger, id] = JSON.parse(key) as [string, string];
  return { id, logger, op: "delete" };
}

function digestOf(message: LogObject): string {
  if (message.op === "delete") return DELETED;
  return createHash("sha256").update(JSON.stringify(message)).digest("hex").slice(0, DIGEST_CHARACTERS);
}

function entriesOf(body: string): [string, string][] {
  try {
    const value: unknown = JSON.parse(body);
    if (!Array.isArray(value)) return [];
    return value.filter(
      (entry): entry is [string, string] =>
        Array.isArray(entry) && typeof entry[1] === "string" && isKey(entry[0] as unknown),
    );
  } catch {
    return [];
  }
}

function isKey(value: unknown): boolean {
  if (typeof value !== "string") return false;
  try {
    const key: unknown = JSON.parse(value);
    return Array.isArray(key) && key.length === 2 && key.every((part) => typeof part === "string");
  } catch {
    return false;
  }
}
