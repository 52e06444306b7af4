const LOGIN_IN_ADDRESS = /(?<=^(?:[a-z]+:\/\/)?)([^:@/]+)(?::([^@/]*))?@/;

/** The library takes no login from an address; and what is shown of an address must not hold a password. */
export function splitLogin(servers: readonly string[]): {
  addresses: string[];
  login: { user: string; password: string } | null;
} {
  const found = servers.map((server) => LOGIN_IN_ADDRESS.exec(server)).find((match) => match !== null);
  const [user, password] = [found?.[1] ?? "", found?.[2] ?? ""].map(decodeURIComponent) as [string, string];
  return {
    addresses: servers.map((server) => server.replace(LOGIN_IN_ADDRESS, "")),
    login: found === undefined ? null : { user, password },
  };
}

/** `tls://…`, `natss://…` and `wss://…` ask for TLS whatever the server offers. */
export function asksForTls(server: string): boolean {
  return /^(tls|natss|wss):/i.test(server);
}
