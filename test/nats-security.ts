import { execFileSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nkeys } from "nats";

export const HAS_OPENSSL = found("openssl", ["version"]);

function found(program: string, args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

export interface Certificates {
  readonly ca: string;
  readonly serverCert: string;
  readonly serverKey: string;
  readonly boxCert: string;
  readonly boxKey: string;
}

/** An authority of our own, a server's certificate for this machine and a box's, in a folder. */
export function makeCertificates(folder: string, name = "hub"): Certificates {
  const file = (part: string): string => join(folder, `${name}-${part}`);
  const openssl = (...args: string[]): void => void execFileSync("openssl", args, { stdio: "ignore" });
  const key = (part: string): string[] => [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-keyout",
    file(part),
  ];
  openssl("req", "-x509", ...key("ca.key"), "-out", file("ca.pem"), "-days", "2", "-subj", `/CN=${name} authority`);
  for (const [part, extension] of [
    ["server", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
    ["box", "extendedKeyUsage=clientAuth"],
  ] as const) {
    writeFileSync(file(`${part}.ext`), extension);
    openssl("req", ...key(`${part}.key`), "-out", file(`${part}.csr`), "-subj", `/CN=${part}`);
    openssl(
      ...[
        "x509",
        "-req",
        "-in",
        file(`${part}.csr`),
        "-CA",
        file("ca.pem"),
        "-CAkey",
        file("ca.key"),
        "-CAcreateserial",
      ],
      ...["-out", file(`${part}.pem`), "-days", "2", "-extfile", file(`${part}.ext`)],
    );
  }
  return {
    ca: file("ca.pem"),
    serverCert: file("server.pem"),
    serverKey: file("server.key"),
    boxCert: file("box.pem"),
    boxKey: file("box.key"),
  };
}

/** A file that only we may read. */
export function secretFile(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, 0o600);
  return path;
}

/** Operator, account and user as a server of many boxes has them: the server's configuration, and the user's credentials. */
export function makeCredentials(): { readonly config: string; readonly creds: string } {
  const operator = nkeys.createOperator();
  const account = nkeys.createAccount();
  const user = nkeys.createUser();
  const system = nkeys.createAccount();
  const counts = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, conn: -1, leaf: -1, wildcards: true };
  const storage = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
  const operatorJwt = token(operator, operator, "hub", { type: "operator", version: 2 });
  const accountJwt = token(operator, account, "venue", {
    type: "account",
    version: 2,
    limits: { ...counts, ...storage },
  });
  const systemJwt = token(operator, system, "SYS", { type: "account", version: 2, limits: counts });
  const userJwt = token(account, user, "box", {
    type: "user",
    version: 2,
    subs: -1,
    data: -1,
    payload: -1,
    pub: {},
    sub: {},
  });
  const seed = new TextDecoder().decode(user.getSeed());
  return {
    config: [
      `operator: ${operatorJwt}`,
      `system_account: ${system.getPublicKey()}`,
      "resolver: MEMORY",
      `resolver_preload: { ${account.getPublicKey()}: ${accountJwt}, ${system.getPublicKey()}: ${systemJwt} }`,
    ].join("\n"),
    creds: [
      "-----BEGIN NATS USER JWT-----",
      userJwt,
      "------END NATS USER JWT------",
      "",
      "-----BEGIN USER NKEY SEED-----",
      seed,
      "------END USER NKEY SEED------",
      "",
    ].join("\n"),
  };
}

type Pair = ReturnType<typeof nkeys.createUser>;

function token(issuer: Pair, subject: Pair, name: string, claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const body = { jti: name, iat: now, iss: issuer.getPublicKey(), name, sub: subject.getPublicKey(), nats: claims };
  const text = `${part({ typ: "JWT", alg: "ed25519-nkey" })}.${part(body)}`;
  return `${text}.${Buffer.from(issuer.sign(new TextEncoder().encode(text))).toString("base64url")}`;
}
