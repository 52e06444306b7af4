import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { Guard, type GuardedRequest } from "../../../daemon/web/guard.js";
import { hostOf, isLoopback, parseListen } from "../../../daemon/web/listen-address.js";
import { TokenSet } from "../../../daemon/web/tokens.js";

const TOKEN = "a-token-of-sixteen-characters";
const guard = new Guard({ tokens: null, allowedHosts: [] });

function from(remoteAddress: string, headers: Record<string, string> = {}, url = "/"): GuardedRequest {
  return { socket: { remoteAddress }, headers: { host: "127.0.0.1:8470", ...headers }, url };
}

describe("writing without a token file", () => {
  it.each(["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])("is open to %s", (address) => {
    expect(() => guard.checkMayWrite(from(address))).not.toThrow();
  });

  it.each(["10.0.0.7", "::ffff:10.0.0.7", "fe80::1", "128.0.0.1", ""])("is closed to '%s'", (address) => {
    expect(() => guard.checkMayWrite(from(address))).toThrow("only this machine");
  });
});

describe("writing with a token file", () => {
  const strict = new Guard({ tokens: new TokenSet([TOKEN, "another-token-of-theirs"]), allowedHosts: [] });

  it("is open to every address with a token, in the header or the address", () => {
    expect(() => strict.checkMayWrite(from("10.0.0.7", { authorization: `Bearer ${TOKEN}` }))).not.toThrow();
    expect(() => strict.checkMayWrite(from("10.0.0.7", { authorization: `bearer  ${TOKEN}` }))).not.toThrow();
    expect(() => strict.checkMayWrite(from("10.0.0.7", {}, `/v1/in/log?token=${TOKEN}`))).not.toThrow();
  });

  it("is closed to loopback without one, and to half a token", () => {
    expect(() => strict.checkMayWrite(from("127.0.0.1"))).toThrow("no token");
    expect(() => strict.checkMayWrite(from("127.0.0.1", { authorization: `Bearer ${TOKEN.slice(0, 9)}` }))).toThrow();
    expect(() => strict.checkMayWrite(from("127.0.0.1", { authorization: `Basic ${TOKEN}` }))).toThrow();
  });
});

describe("the Host", () => {
  it.each(["10.0.0.5", "10.0.0.5:80", "[fe80::1]:8470", "LOCALHOST:8470", "app.localhost", hostname()])(
    "may be %s",
    (host) => {
      expect(() => guard.checkHost(from("10.0.0.7", { host }))).not.toThrow();
    },
  );

  it.each([
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "",
    "a b",
    "user@evil.example",
    "user@127.0.0.1",
    "127.0.0.1/;x",
  ])("may not be '%s'", (host) => {
    expect(() => guard.checkHost(from("127.0.0.1", { host }))).toThrow("not a name of this box");
  });
});

describe("the Origin", () => {
  it("may be missing (no browser) or the box's own", () => {
    expect(() => guard.checkOrigin(from("10.0.0.7"))).not.toThrow();
    expect(() => guard.checkOrigin(from("10.0.0.7", { origin: "http://127.0.0.1:8470" }))).not.toThrow();
  });

  it("may not be another port, scheme trick or site", () => {
    for (const origin of ["http://127.0.0.1:9", "http://127.0.0.1:8470.evil.example", "null", "file://"]) {
      expect(() => guard.checkOrigin(from("127.0.0.1", { origin }))).toThrow("asked");
    }
  });
});

describe("addresses", () => {
  it("are read as the configuration writes them", () => {
    expect(parseListen("127.0.0.1:8470")).toEqual({ host: "127.0.0.1", port: 8470 });
    expect(parseListen("[::1]:0")).toEqual({ host: "::1", port: 0 });
    expect(parseListen(":8470")).toEqual({ host: "::", port: 8470 });
    expect(parseListen("8470")).toEqual({ host: "127.0.0.1", port: 8470 });
    expect(parseListen("box.local:80")).toEqual({ host: "box.local", port: 80 });
    for (const text of ["", "box", "1.2.3.4:70000", "::1:80", "http://x:1"]) expect(parseListen(text)).toBeNull();
  });

  it("are taken apart without being fooled", () => {
    expect(hostOf("[::1]:8470")).toBe("::1");
    expect(hostOf("Box.Local:80")).toBe("box.local");
    expect(hostOf("")).toBeNull();
    expect(isLoopback(undefined)).toBe(false);
  });
});
