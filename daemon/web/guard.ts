import type { IncomingMessage } from "node:http";
import { hostname } from "node:os";
import { ApiError } from "./api-error.js";
import { hostOf, isIpLiteral, isLoopback } from "./listen-address.js";
import type { TokenSet } from "./tokens.js";

export interface GuardDeps {
  /** `null`: no token file, writing is for this machine only. */
  readonly tokens: TokenSet | null;
  /** Names beside addresses, `localhost` and the machine's own name under which the box is reached. */
  readonly allowedHosts: readonly string[];
}

/** What the guard looks at; an `IncomingMessage` has it. */
export type GuardedRequest = Pick<IncomingMessage, "headers" | "url"> & {
  readonly socket: { readonly remoteAddress?: string | undefined };
};

const FORWARDED_HEADERS = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/**
 * Who may ask what. Three attacks from a browser on the venue's network are what it is for:
 * a site that makes its name point to the box (DNS rebinding: the Host header is foreign), a site that posts to the box (the Origin is foreign),
 * and one that opens a WebSocket to it (no same-origin rule there: the Origin is checked). A valid token opens the last two.
 */
export class Guard {
  readonly #tokens: TokenSet | null;
  readonly #names: ReadonlySet<string>;

  constructor({ tokens, allowedHosts }: GuardDeps) {
    this.#tokens = tokens;
    const own = hostname().toLowerCase();
    this.#names = new Set(["localhost", own, `${own}.local`, ...allowedHosts.map((name) => name.toLowerCase())]);
  }

  /** @throws ApiError `HOST_UNKNOWN` unless the Host header is an address or a name of the box */
  checkHost(request: GuardedRequest): void {
    const host = hostOf(request.headers.host ?? "");
    if (host !== null && (isIpLiteral(host) || this.#names.has(host) || host.endsWith(".localhost"))) return;
    throw new ApiError("HOST_UNKNOWN", `'${request.headers.host ?? ""}' is not a name of this box`);
  }

  /** @throws ApiError `CROSS_SITE` when a page of another site asks without a token */
  checkOrigin(request: GuardedRequest): void {
    const { origin, host } = request.headers;
    const isForeign = origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
    const isCrossSite = isForeign || request.headers["sec-fetch-site"] === "cross-site";
    if (!isCrossSite || this.#hasToken(request)) return;
    throw new ApiError("CROSS_SITE", `a page of ${origin ?? "another site"} asked`);
  }

  /** @throws ApiError `TOKEN_NEEDED` or `LOOPBACK_ONLY` when the sender may not write */
  checkMayWrite(request: GuardedRequest): void {
    if (this.#tokens !== null) {
      if (this.#hasToken(request)) return;
      throw new ApiError("TOKEN_NEEDED", tokenOf(request) === null ? "no token was sent" : "the token is not known");
    }
    // A proxy on this machine makes the whole world look like loopback; its headers give it away.
    const isForwarded = FORWARDED_HEADERS.some((name) => request.headers[name] !== undefined);
    if (isLoopback(request.socket.remoteAddress) && !isForwarded) return;
    throw new ApiError("LOOPBACK_ONLY", "without a token file only this machine may write");
  }

  #hasToken(request: GuardedRequest): boolean {
    const token = tokenOf(request);
    return token !== null && this.#tokens?.has(token) === true;
  }
}

/** From `Authorization: Bearer`, or `?token=` where a browser cannot set a header (WebSocket, an overlay's address). */
function tokenOf({ headers, url }: GuardedRequest): string | null {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
  if (bearer !== undefined) return bearer;
  const query = url?.split("?", 2)[1];
  return query === undefined ? null : new URLSearchParams(query).get("token");
}
