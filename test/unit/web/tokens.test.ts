import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { loadTokens, TokenSet } from "../../../daemon/web/index.js";

let path: string;
beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), "touchline-tokens-"));
  path = join(folder, "tokens");
  return () => rmSync(folder, { recursive: true, force: true });
});

function load(text: string) {
  writeFileSync(path, text);
  return loadTokens(path);
}

describe("a token file", () => {
  it("holds a token a line, with comments, blank lines and any line ends", () => {
    const tokens = load("# logging desk\r\n  sixteen-characters-1  \r\n\r\nsixteen-characters-2");
    expect(tokens.size).toBe(2);
    expect([tokens.has("sixteen-characters-1"), tokens.has("sixteen-characters-2"), tokens.has("#")]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("names the line of a token that could be guessed, without telling it", () => {
    expect(() => load("# ok\nsecret7\n")).toThrow(`${path}:2`);
    expect(() => load("# ok\nsecret7\n")).not.toThrow("secret7");
  });

  it("is refused when it holds none or is not there: nobody meant that", () => {
    expect(() => load("# later\n")).toThrow("holds no token");
    expect(() => loadTokens(`${path}.missing`)).toThrow("ENOENT");
    expect(() => loadTokens(`${path}.missing`)).toThrow(expect.objectContaining({ exitCode: 78 }));
  });
});

it("an empty set knows no token, not even the empty one", () => {
  expect(new TokenSet([]).has("")).toBe(false);
});
