import { isIP, isIPv4 } from "node:net";

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Reads `host:port`, `[v6]:port`, `:port` (all addresses) or `port` alone (loopback); port 0 takes a free one. `null` when it is none of them. */
export function parseListen(text: string): ListenAddress | null {
  const match = /^(?:(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s]*)):)?(\d{1,5})$/.exec(text.trim());
  if (match === null) return null;
  const port = Number(match[3]);
  if (port > 65_535) return null;
  const host = match[1] ?? match[2];
  if (host === undefined) return { host: "127.0.0.1", port };
  return { host: host === "" ? "::" : host, port };
}

/** The host part of a Host header or of an origin, lower case, without port and brackets; `null` when it is not one. */
export function hostOf(authority: string): string | null {
  // A URL would take these as the end of the host or as a user's name before it.
  if (/[\s/?#@\\]/.test(authority)) return null;
  try {
    const { hostname } = new URL(`http://${authority}`);
    return hostname === "" ? null : hostname.replace(/^\[|\]$/g, "");
  } catch {
    // Not a host at all: the caller refuses it.
    return null;
  }
}

export function isIpLiteral(host: string): boolean {
  return isIP(host) !== 0;
}

/** Whether a peer's address is this machine's own loopback (v4, v6, v4 in v6). */
export function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  const plain = address.replace(/^::ffff:/i, "");
  return plain === "::1" || (isIPv4(plain) && plain.startsWith("127."));
}
