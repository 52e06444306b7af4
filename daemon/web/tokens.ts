import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { messageOf, TouchlineError } from "../errors.js";

/** Shorter tokens can be guessed. */
const MIN_TOKEN_LENGTH = 16;

/** The tokens that may write. Kept as digests, compared in constant time. */
export class TokenSet {
  readonly #digests: readonly Buffer[];

  constructor(tokens: readonly string[]) {
    this.#digests = tokens.map(digest);
  }

  get size(): number {
    return this.#digests.length;
  }

  /** Whether `token` is one of them; every one is compared, so that the time tells nothing. */
  has(token: string): boolean {
    const asked = digest(token);
    let found = false;
    for (const known of this.#digests) found = timingSafeEqual(known, asked) || found;
    return found;
  }
}

/**
 * One token per line; empty lines and lines that begin with `#` are skipped.
 * @throws TouchlineError `HTTP_TOKENS_INVALID` when the file cannot be read, holds no token or a short one
 */
export function loadTokens(path: string): TokenSet {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (thrown) {
    throw new TouchlineError("HTTP_TOKENS_INVALID", [path, messageOf(thrown)], thrown);
  }
  const lines = text.split("\n").map((line) => line.trim());
  lines.forEach((line, index) => {
    if (line === "" || line.startsWith("#")) return;
    if (line.length >= MIN_TOKEN_LENGTH && !/\s/.test(line)) return;
    const why = `a token has ${MIN_TOKEN_LENGTH} characters or more, without spaces`;
    throw new TouchlineError("HTTP_TOKENS_INVALID", [`${path}:${index + 1}`, why]);
  });
  const tokens = lines.filter((line) => line !== "" && !line.startsWith("#"));
  if (tokens.length === 0) throw new TouchlineError("HTTP_TOKENS_INVALID", [path, "it holds no token"]);
  return new TokenSet(tokens);
}

function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
