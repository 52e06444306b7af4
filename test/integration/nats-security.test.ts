import { nkeys } from "nats";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { SYSTEM_CLOCK } from "../../daemon/clock.js";
import type { ConnectFailure, NatsLink, NatsLinkOptions } from "../../daemon/link.js";
import { createNatsLink } from "../../daemon/nats-link.js";
import { type Certificates, HAS_OPENSSL, makeCertificates, makeCredentials, secretFile } from "../nats-security.js";
import { HAS_NATS_SERVER, natsMissing, startNatsServer, type TestServer } from "../nats-server.js";
import { tempFolder, until } from "../store-fixture.js";

// Real servers and processes on a machine that may be busy: the limits are for what hangs, not for what is slow.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

const missing = natsMissing();
const folder = tempFolder();
const title = HAS_NATS_SERVER ? "NATS login" : "skipped: nats-server is not installed: NATS login";
const tlsTitle = HAS_OPENSSL ? "NATS with TLS" : "skipped: openssl is not installed: NATS with TLS";

let server: TestServer;
const links: NatsLink[] = [];
const failures: ConnectFailure[] = [];

afterEach(async () => {
  for (const link of links.splice(0)) await link.stop();
  failures.length = 0;
  await server.dispose();
});
afterAll(() => folder.remove());

async function serve(config: string): Promise<void> {
  server = await startNatsServer({ config });
}

function connectWith(options: Partial<NatsLinkOptions>): NatsLink {
  const link = createNatsLink({
    servers: [server.url],
    name: "test",
    clock: SYSTEM_CLOCK,
    onConnectFailed: (reason) => failures.push(reason),
    ...options,
  });
  links.push(link);
  link.start();
  return link;
}

async function expectUp(options: Partial<NatsLinkOptions>): Promise<void> {
  const link = connectWith(options);
  await until(() => link.status().state === "up", 120_000);
  expect((await link.streamInfo("NONE")).ok).toBe(true);
}

async function expectRefused(options: Partial<NatsLinkOptions>, detail: RegExp, reason: ConnectFailure): Promise<void> {
  const link = connectWith(options);
  await until(() => detail.test(link.status().detail ?? ""));
  expect(link.status().state).not.toBe("up");
  await until(() => failures.includes(reason), 120_000);
}

describe.skipIf(missing)(title, () => {
  it("logs in with an nkey, and says so in words when it is another one", async () => {
    const user = nkeys.createUser();
    await serve(`authorization { users: [ { nkey: ${user.getPublicKey()} } ] }`);
    const seedOf = (pair: ReturnType<typeof nkeys.createUser>): string => new TextDecoder().decode(pair.getSeed());
    await expectUp({ nkeyFile: secretFile(folder.path, "right.nk", `${seedOf(user)}\n`) });
    const other = secretFile(folder.path, "wrong.nk", seedOf(nkeys.createUser()));
    await expectRefused({ nkeyFile: other }, /refuses our credentials/, "refused");
  });

  it("logs in with credentials of an account", async () => {
    const { config, creds } = makeCredentials();
    await serve(config);
    await expectUp({ credsFile: secretFile(folder.path, "box.creds", creds) });
    const stranger = secretFile(folder.path, "stranger.creds", makeCredentials().creds);
    await expectRefused({ credsFile: stranger }, /refuses our credentials/, "refused");
  });

  it("logs in with a token", async () => {
    await serve("authorization { token: s3cret-token }");
    await expectUp({ tokenFile: secretFile(folder.path, "token", "s3cret-token\n") });
    await expectRefused({ tokenFile: secretFile(folder.path, "bad-token", "other") }, /refuses our/, "refused");
  });

  it("logs in with name and password from a file, keeps trying while they are wrong, and tells no secret", async () => {
    await serve("authorization { users: [ { user: box, password: s3cret } ] }");
    const login = secretFile(folder.path, "login", "box\nwr0ng\n");
    const told: string[] = [];
    const link = connectWith({ loginFile: login });
    link.onState((status) => told.push(JSON.stringify(status)));
    await until(() => failures.filter((reason) => reason === "refused").length >= 3);
    expect(link.status().detail).toBe("the server refuses our credentials");
    secretFile(folder.path, "login", "box\ns3cret\n"); // replaced on the disk: no restart is needed
    await until(() => link.status().state === "up", 120_000);
    expect(told.join()).not.toMatch(/s3cret|wr0ng/);
  });

  it("names the file that cannot be read", async () => {
    await serve("");
    await expectRefused({ nkeyFile: "/nowhere/box.nk" }, /\/nowhere\/box\.nk/, "files");
  });
});

describe.skipIf(missing || !HAS_OPENSSL)(tlsTitle, () => {
  let ours: Certificates;
  let theirs: Certificates;
  const mutual = (): string =>
    `tls { cert_file: "${ours.serverCert}", key_file: "${ours.serverKey}", ca_file: "${ours.ca}", verify: true }`;

  beforeAll(() => {
    ours = makeCertificates(folder.path, "ours");
    theirs = makeCertificates(folder.path, "theirs");
  });

  it("shows its certificate to a server that asks for one, and checks the server's", async () => {
    await serve(mutual());
    await expectUp({ tls: { caFile: ours.ca, certFile: ours.boxCert, keyFile: ours.boxKey } });
  });

  it("does not talk to a server of an unknown authority", async () => {
    await serve(mutual());
    const tls = { caFile: theirs.ca, certFile: ours.boxCert, keyFile: ours.boxKey };
    await expectRefused({ tls }, /^TLS: .*authority we do not know/, "tls");
  });

  it("tells that the server does not take its certificate, or asks for one", async () => {
    await serve(mutual());
    const tls = { caFile: ours.ca, certFile: theirs.boxCert, keyFile: theirs.boxKey };
    const words = /^TLS: .*(does not accept our certificate|asks for)/;
    for (const shown of [tls, { caFile: ours.ca }]) {
      const link = connectWith({ tls: shown });
      await until(() => words.test(link.status().detail ?? ""));
      expect(link.status().state).not.toBe("up");
    }
  });

  it("does not talk in the clear where tls:// asks for TLS", async () => {
    await serve("");
    await expectRefused({ servers: [server.url.replace("nats:", "tls:")] }, /offers no TLS/, "tls");
  });

  it("tells that key and certificate do not belong together", async () => {
    await serve(mutual());
    const tls = { caFile: ours.ca, certFile: ours.boxCert, keyFile: theirs.boxKey };
    await expectRefused({ tls }, /keyFile is not the key of/, "tls");
  });
});
