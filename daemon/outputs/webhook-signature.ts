import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { messageOf, TouchlineError } from "../errors.js";

const PREFIX = "whsec_";
/** Shorter secrets can be guessed. */
const MIN_SECRET_BYTES = 16;

/**
 * The secrets of a file, one a line: `whsec_` and base64, or any text of 16 bytes or more. Empty lines and lines that begin with `#` are
 * skipped. All of them sign, so that a receiver can change from one to the next while both stand in the file.
 * @throws TouchlineError `OUT_SECRET_INVALID`
 */
export function loadSecrets(path: string): readonly Buffer[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (thrown) {
    throw new TouchlineError("OUT_SECRET_INVALID", [path, messageOf(thrown)], thrown);
  }
  const secrets = text.split("\n").flatMap((line, index) => {
    const word = line.trim();
    return word === "" || word.startsWith("#") ? [] : [secretOf(word, `${path}:${index + 1}`)];
  });
  if (secrets.length === 0) throw new TouchlineError("OUT_SECRET_INVALID", [path, "it holds no secret"]);
  return secrets;
}

function secretOf(word: string, place: string): Buffer {
  const coded = word.startsWith(PREFIX) ? word.slice(PREFIX.length) : null;
  if (coded !== null && !/^[A-Za-z0-9+/]+={0,2}$/.test(coded)) {
    throw new TouchlineError("OUT_SECRET_INVALID", [place, `what follows ${PREFIX} is not base64`]);
  }
  const secret = coded === null ? Buffer.from(word, "utf8") : Buffer.from(coded, "base64");
  if (secret.length < MIN_SECRET_BYTES)
    throw new TouchlineError("OUT_SECRET_INVALID", [place, `a secret has ${MIN_SECRET_BYTES} bytes or more`]);
  return secret;
}

export interface SignedMessage {
  /** Must hold no full stop: that divides what is signed. */
  readonly id: string;
  /** Seconds since the Unix epoch, of the sending, not of the record: receivers refuse what was signed minutes ago. */
  readonly timestamp: number;
  readonly body: string;
}

/** The headers of Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`, one signature for each secret. */
export function signatureHeaders(message: SignedMessage, secrets: readonly Buffer[]): Record<string, string> {
  const { id, timestamp, body } = message;
  const signatures = secrets.map(
    (secret) => `v1,${createHmac("sha256", secret).update(`${id}.${timestamp}.${body}`).digest("base64")}`,
  );
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    ...(signatures.length === 0 ? {} : { "webhook-signature": signatures.join(" ") }),
  };
}
