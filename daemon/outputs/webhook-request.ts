import { type Agent as HttpAgent, type IncomingMessage, Agent as PlainAgent, request as plainRequest } from "node:http";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import { messageOf } from "../errors.js";

/** What is kept of an answer that is not a yes, for the log. */
const DETAIL_CHARS = 200;
/** An answer's body is of no interest; one that is larger has its connection cut instead of being read to its end. */
const RESPONSE_BYTES = 64 * 1024;
/** A yes whose body does not come must not hold a connection that the next request waits for. */
const YES_BODY_MS = 50;
const LANE_CONNECTIONS = 3;

export interface PostParts {
  readonly url: URL;
  readonly agent: HttpAgent;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For the whole of it: name look-up, connection, request, answer. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** What came of a request. Redirects are answers like others: they are not followed. */
export type PostAnswer =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly retryAfter: string | undefined;
      /** The beginning of its body, in printable characters; empty for a yes. */
      readonly detail: string;
    }
  | { readonly kind: "failed"; readonly reason: "timeout" | "connect"; readonly detail: string };

/** Connections of one output. To be destroyed when it stops. */
export function createAgent(url: URL): HttpAgent {
  const options = { keepAlive: true, maxSockets: LANE_CONNECTIONS, maxFreeSockets: LANE_CONNECTIONS };
  return url.protocol === "https:" ? new TlsAgent(options) : new PlainAgent(options);
}

/** One POST. Never rejects. A yes (2xx) counts from its first line, whatever its body does. */
export async function post(parts: PostParts): Promise<PostAnswer> {
  const answer = await postOnce(parts);
  // A kept connection that the receiver was just closing says nothing of the receiver.
  return answer === "stale" ? await postOnce(parts).then((second) => (second === "stale" ? STALE : second)) : answer;
}

const STALE: PostAnswer = { kind: "failed", reason: "connect", detail: "the connection was closed" };

function postOnce(parts: PostParts): Promise<PostAnswer | "stale"> {
  const { url, agent, headers, body, timeoutMs, signal } = parts;
  return new Promise((resolve) => {
    const send = url.protocol === "https:" ? tlsRequest : plainRequest;
    const length = String(Buffer.byteLength(body));
    const request = send(url, { method: "POST", agent, headers: { ...headers, "content-length": length } });
    const abort = (): void => void request.destroy(new Error("stopping"));
    let hasTimedOut = false;
    const timer = setTimeout(() => {
      hasTimedOut = true;
      request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`));
    }, timeoutMs);
    request.on("close", () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    });
    request.on("error", (error) => {
      if (request.reusedSocket && !hasTimedOut && !signal.aborted) return resolve("stale");
      resolve({ kind: "failed", reason: hasTimedOut ? "timeout" : "connect", detail: messageOf(error) });
    });
    request.on("response", (response) => takeAnswer(response, resolve));
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    request.end(body);
  });
}

function takeAnswer(response: IncomingMessage, resolve: (answer: PostAnswer) => void): void {
  const status = response.statusCode ?? 0;
  let bytes = 0;
  let text = "";
  const done = (): void =>
    resolve({ kind: "answer", status, retryAfter: response.headers["retry-after"], detail: printable(text) });
  if (status >= 200 && status < 300) {
    done();
    const cut = setTimeout(() => response.destroy(), YES_BODY_MS);
    response.once("close", () => clearTimeout(cut));
  }
  response.on("data", (chunk: Buffer) => {
    if (text.length < DETAIL_CHARS) text += chunk.toString("utf8", 0, DETAIL_CHARS);
    bytes += chunk.length;
    if (bytes > RESPONSE_BYTES) response.destroy();
  });
  response.on("error", () => undefined); // its "close" follows
  response.on("close", done);
}

function printable(text: string): string {
  return text
    .slice(0, DETAIL_CHARS)
    .replace(/[^\x20-\x7e]+/g, " ")
    .trim();
}
