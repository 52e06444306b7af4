import type { IncomingHttpHeaders } from "node:http";
import { messageOf } from "../../errors.js";

/** A feed's address and what is sent along. */
export interface HttpSource {
  readonly url: URL;
  /** Sent as a bearer token; `null`: none. Never logged. */
  readonly token: string | null;
}

export interface HttpLimits {
  /** Until the answer's first line, and between two pieces of its body. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** What came of one look at a source. */
export type HttpAnswer =
  | { readonly kind: "document"; readonly text: string; readonly validators: Validators }
  | { readonly kind: "unchanged" }
  | { readonly kind: "failed"; readonly detail: string; readonly retryAfter: string | undefined };

/** What the server said its document can be recognised by (RFC 9110, 8.8). */
export interface Validators {
  readonly etag: string | null;
  readonly lastModified: string | null;
}

export const NO_VALIDATORS: Validators = { etag: null, lastModified: null };

/** One GET of a whole document. Never rejects. */
export async function getDocument(
  source: HttpSource,
  validators: Validators,
  limits: HttpLimits,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const timeout = AbortSignal.timeout(limits.timeoutMs);
  try {
    const response = await fetch(source.url, {
      headers: { ...headersOf(source), ...conditionsOf(validators) },
      signal: AbortSignal.any([signal, timeout]),
    });
    if (response.status === 304) return { kind: "unchanged" };
    if (!response.ok) {
      await response.body?.cancel();
      return failed(`the server answered ${response.status}`, response.headers.get("retry-after"));
    }
    const text = await readBody(response, limits.maxBytes);
    if (text === null) return failed(`the document has more than ${limits.maxBytes} bytes`, null);
    const { headers } = response;
    return {
      kind: "document",
      text,
      validators: { etag: headers.get("etag"), lastModified: headers.get("last-modified") },
    };
  } catch (thrown) {
    const why = timeout.aborted ? `no answer within ${limits.timeoutMs / 1000} s` : reasonOf(thrown);
    return failed(why, null);
  }
}

/** Opens a stream of lines. @throws Error in words for a person when there is none */
export async function openStream(
  source: HttpSource,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const opening = new AbortController();
  const timer = setTimeout(() => opening.abort(), timeoutMs);
  try {
    const response = await fetch(source.url, {
      headers: headersOf(source),
      signal: AbortSignal.any([signal, opening.signal]),
    });
    if (response.ok && response.body !== null) return response.body;
    await response.body?.cancel();
    throw new StreamRefused(`the server answered ${response.status}`, response.headers.get("retry-after"));
  } catch (thrown) {
    if (thrown instanceof StreamRefused) throw thrown;
    const why = opening.signal.aborted ? `no answer within ${timeoutMs / 1000} s` : reasonOf(thrown);
    throw new StreamRefused(why, null);
  } finally {
    clearTimeout(timer);
  }
}

export class StreamRefused extends Error {
  readonly retryAfter: string | null;

  constructor(message: string, retryAfter: string | null) {
    super(message);
    this.retryAfter = retryAfter;
  }
}

/** The address without what may be secret in it: user, password and query. */
export function publicUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/** `fetch` hides the reason of a failed connection one level down. */
export function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  return messageOf(cause instanceof Error ? cause : thrown);
}

function headersOf({ token }: HttpSource): Record<string, string> {
  return {
    accept: "application/json, application/xml;q=0.9, */*;q=0.1",
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
  } satisfies IncomingHttpHeaders;
}

function conditionsOf({ etag, lastModified }: Validators): Record<string, string> {
  if (etag !== null) return { "if-none-match": etag };
  return lastModified === null ? {} : { "if-modified-since": lastModified };
}

/** `null`: more than `maxBytes`, the rest is not read. */
async function readBody(response: Response, maxBytes: number): Promise<string | null> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.byteLength;
    if (bytes > maxBytes) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function failed(detail: string, retryAfter: string | null): HttpAnswer {
  return { kind: "failed", detail, retryAfter: retryAfter ?? undefined };
}
