import { readFileSync } from "node:fs";
import {
  type Authenticator,
  type ConnectionOptions,
  credsAuthenticator,
  NatsError,
  nkeyAuthenticator,
  type TlsOptions,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from "nats";
import { messageOf } from "./errors.js";
import type { ConnectFailure, NatsLinkOptions } from "./link.js";
import { asksForTls, splitLogin } from "./server-address.js";

/** What logs in and what secures the line. Files are read anew for each attempt: what was replaced on the disk works without a restart. */
export function securityOf(options: NatsLinkOptions): Pick<ConnectionOptions, "servers" | "authenticator" | "tls"> {
  const { addresses, login } = splitLogin(options.servers);
  const authenticator = authenticatorOf(options, login);
  const tls = tlsOf(options);
  return { servers: addresses, ...(authenticator === null ? {} : { authenticator }), ...(tls === null ? {} : { tls }) };
}

function authenticatorOf(
  { credsFile, nkeyFile, tokenFile, loginFile }: NatsLinkOptions,
  login: { readonly user: string; readonly password: string } | null,
): Authenticator | null {
  if (credsFile !== undefined) return credsAuthenticator(readFileSync(credsFile));
  if (nkeyFile !== undefined) return nkeyAuthenticator(new TextEncoder().encode(textOf(nkeyFile)));
  if (tokenFile !== undefined) return tokenAuthenticator(textOf(tokenFile));
  if (loginFile !== undefined) {
    const [user = "", password = ""] = textOf(loginFile).split(/\r?\n/);
    return usernamePasswordAuthenticator(user, password);
  }
  return login === null ? null : usernamePasswordAuthenticator(login.user, login.password);
}

export function usesTls({ servers, tls }: NatsLinkOptions): boolean {
  const { caFile, certFile, keyFile, handshakeFirst = false } = tls ?? {};
  return servers.some(asksForTls) || handshakeFirst || [caFile, certFile, keyFile].some((file) => file !== undefined);
}

function tlsOf(options: NatsLinkOptions): TlsOptions | null {
  const { caFile, certFile, keyFile, handshakeFirst = false } = options.tls ?? {};
  if (!usesTls(options)) return null;
  return {
    handshakeFirst,
    ...(caFile === undefined ? {} : { ca: textOf(caFile) }),
    ...(certFile === undefined ? {} : { cert: textOf(certFile) }),
    ...(keyFile === undefined ? {} : { key: textOf(keyFile) }),
  };
}

function textOf(path: string): string {
  return readFileSync(path, "utf8").trim();
}

/** The library's messages are codes in capitals; a person gets the sentence. */
export function describe(error: unknown, isTls = false): string {
  const tls = tlsTrouble(error);
  if (tls !== null) return tls;
  if (isTls && codeOf(error) === "TIMEOUT") return TLS_SILENCE;
  if (!(error instanceof NatsError)) return messageOf(error);
  const known: Readonly<Record<string, string>> = {
    CONNECTION_REFUSED: "no server answers there",
    TIMEOUT: "no answer in time",
    "503": "no stream listens there, or the server has no JetStream",
    AUTHORIZATION_VIOLATION: "the server refuses our credentials",
    AUTHENTICATION_EXPIRED: "our credentials have expired",
    AUTHENTICATION_TIMEOUT: "the server waited in vain for our credentials",
    SERVER_OPT_NA: "the server offers no TLS, which the configuration asks for",
    PERMISSIONS_VIOLATION: `not permitted: ${error.permissionContext?.operation ?? ""} ${error.permissionContext?.subject ?? error.message}`,
  };
  return error.api_error?.description ?? known[error.code] ?? error.message;
}

/** Why a connection did not come about, in one of a few words. */
export function connectFailureOf(error: unknown): ConnectFailure {
  if (tlsTrouble(error) !== null) return "tls";
  const code = codeOf(error);
  if (error instanceof NatsError) {
    if (code === "SERVER_OPT_NA" || code === "TLS") return "tls";
    if (code === "TIMEOUT") return "timeout";
    if (code === "CONNECTION_REFUSED") return "unreachable";
    if (
      ["AUTHORIZATION_VIOLATION", "AUTHENTICATION_EXPIRED", "AUTHENTICATION_TIMEOUT", "BAD_AUTHENTICATION"].includes(
        code,
      )
    )
      return "refused";
  }
  if (["ENOENT", "EACCES", "EISDIR", "BAD_CREDS", "INVALID_CONFIG"].includes(code)) return "files";
  if (["ENOTFOUND", "EAI_AGAIN", "ECONNRESET", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT"].includes(code))
    return "unreachable";
  return "other";
}

/** In TLS 1.3 a server refuses a certificate after the handshake, and the library does not hand on what it says then. */
const TLS_SILENCE =
  "TLS: no answer in time, as from a server that does not accept our certificate, or asks for one (nats.tls.certFile)";

/** OpenSSL's and Node's codes of certificates and handshakes. */
const TLS_CODE = /^(ERR_SSL|ERR_TLS|ERR_OSSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/;

function tlsTrouble(error: unknown): string | null {
  const origin = originOf(error);
  const code = codeOf(origin);
  if (!TLS_CODE.test(code)) return null;
  const known: Readonly<Record<string, string>> = {
    ERR_TLS_CERT_ALTNAME_INVALID: "the server's certificate is for another name",
    CERT_HAS_EXPIRED: "the server's certificate has expired",
    SELF_SIGNED_CERT_IN_CHAIN: "the server's certificate is signed by an authority we do not know (nats.tls.caFile)",
    DEPTH_ZERO_SELF_SIGNED_CERT: "the server's certificate is signed by an authority we do not know (nats.tls.caFile)",
    UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      "the server's certificate is signed by an authority we do not know (nats.tls.caFile)",
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
      "the server's certificate is signed by an authority we do not know (nats.tls.caFile)",
    ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "the server asks for our certificate (nats.tls.certFile)",
    ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: "the server does not accept our certificate",
    ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: "the server does not accept our certificate",
    ERR_OSSL_X509_KEY_VALUES_MISMATCH: "nats.tls.keyFile is not the key of nats.tls.certFile",
  };
  return `TLS: ${known[code] ?? messageOf(origin)}`;
}

/** The library wraps what the socket said. */
function originOf(error: unknown): unknown {
  return error instanceof NatsError && error.chainedError !== undefined ? error.chainedError : error;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
