import { maybe, NAME, section, TEXT, withDefault } from "./declare.js";

/** The NATS server: where it is, who we are, how the line is made safe. Secrets stand in files only, so that no dump of the configuration holds one. */
export const NATS = section("The NATS server, for the jetstream outputs and the nats inputs.", {
  servers: withDefault<string[]>(
    { type: "array", items: { ...TEXT, format: "nats-url" }, maxItems: 32, uniqueItems: true },
    [],
    { description: "Addresses of the server or cluster.", example: ["nats://127.0.0.1:4222"], isUrl: true },
  ),
  credsFile: maybe<string>(TEXT, {
    description: "NATS credentials file (.creds). At most one of credsFile, nkeyFile, tokenFile and loginFile.",
    example: "touchline.creds",
    isPath: true,
  }),
  nkeyFile: maybe<string>(TEXT, {
    description: "File with the seed of an nkey user (SU...).",
    example: "touchline.nk",
    isPath: true,
  }),
  tokenFile: maybe<string>(TEXT, {
    description: "File with a token of the server.",
    example: "nats.token",
    isPath: true,
  }),
  loginFile: maybe<string>(TEXT, {
    description: "File with a user's name on the first line and the password on the second.",
    example: "nats.login",
    isPath: true,
  }),
  inboxPrefix: maybe<string>(NAME, {
    description:
      "First token of the subjects on which answers come, where the server's permissions give each box its own.",
    example: "_INBOX_arena_a",
  }),
  tls: section("TLS to the server. Any of these files, or an address that begins with tls://, asks for it.", {
    caFile: maybe<string>(TEXT, {
      description: "Certificate authority of the server, PEM; without it those that Node.js knows.",
      example: "hub-ca.pem",
      isPath: true,
    }),
    certFile: maybe<string>(TEXT, {
      description: "Our own certificate, PEM, where the server asks for one; with keyFile.",
      example: "box.pem",
      isPath: true,
    }),
    keyFile: maybe<string>(TEXT, {
      description: "Private key of our certificate, PEM.",
      example: "box.key",
      isPath: true,
    }),
    handshakeFirst: withDefault<boolean>({ type: "boolean" }, false, {
      description: "TLS from the first byte on, where the server is set to handshake_first (2.10 and later).",
      example: true,
    }),
  }),
});
