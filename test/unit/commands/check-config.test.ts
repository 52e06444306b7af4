import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { checkConfigCommand } from "../../../daemon/commands/check-config.js";
import { versionCommand } from "../../../daemon/commands/version.js";
import { TouchlineError } from "../../../daemon/errors.js";
import { packageVersion } from "../../../daemon/package-files.js";

let folder = "";
let out = "";
let err = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "check-config-"));
  [out, err] = ["", ""];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    out += text;
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    err += text;
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function file(text: string): string {
  const path = join(folder, "venue.yaml");
  writeFileSync(path, text);
  return path;
}

async function run(...args: string[]): Promise<TouchlineError | null> {
  try {
    await new Command()
      .addCommand(checkConfigCommand())
      .addCommand(versionCommand())
      .parseAsync(args, { from: "user" });
    return null;
  } catch (thrown) {
    if (thrown instanceof TouchlineError) return thrown;
    throw thrown;
  }
}

const BAD = "venue: arena\nhttp:\n  lisen: x\nbox: 7\n";

describe("check-config", () => {
  it("writes a line for each problem on stderr, nothing on stdout, and ends with 78", async () => {
    const path = file(BAD);
    const error = await run("check-config", path);
    expect([error?.code, error?.exitCode, error?.message]).toEqual(["CFG_PROBLEMS", 78, `${path}: 2 problems`]);
    expect(err.split("\n")[0]).toBe(`${path}:3:3 http.lisen: unknown key. Did you mean listen?`);
    expect(out).toBe("");
  });

  it("with --json writes a line for each problem on stdout and nothing else", async () => {
    const path = file(BAD);
    expect((await run("check-config", path, "--json"))?.exitCode).toBe(78);
    const lines = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toEqual([
      { file: path, line: 3, column: 3, path: "http.lisen", message: "unknown key. Did you mean listen?" },
      { file: path, line: 4, column: 6, path: "box", message: expect.stringContaining("Put it in quotes") },
    ]);
    expect(err).toBe("");
  });

  it("sums up what is in force when the file is good", async () => {
    expect(await run("check-config", file("venue: arena\nstore: { maxBytes: 500MB }"))).toBeNull();
    expect(out).toContain("is good");
    expect(out).toContain("at most 500 MB");
    expect(err).toContain("warning: ");
  });

  it("with --json says so in one line when the file is good", async () => {
    await run("check-config", file("venue: arena"), "--json");
    expect(JSON.parse(out)).toMatchObject({
      ok: true,
      venue: "arena",
      box: "a",
      hash: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
  });

  it("with --show tells where each value comes from, without secrets", async () => {
    vi.stubEnv("TOUCHLINE_NATS_SERVERS", "nats://u:hush@h:4222");
    await run("check-config", file("venue: arena"), "--show", "--json");
    const lines = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { path: string });
    expect(lines.find(({ path }) => path === "nats.servers")).toEqual({
      path: "nats.servers",
      value: ["nats://***@h:4222"],
      origin: "env TOUCHLINE_NATS_SERVERS",
    });
    expect(lines.find(({ path }) => path === "venue")).toMatchObject({ origin: "file" });
    expect(out).not.toContain("hush");
  });

  it("ends with 78 for a file that is not there", async () => {
    expect((await run("check-config", join(folder, "none.yaml")))?.exitCode).toBe(78);
    expect(err).toContain("there is no such file");
  });
});

describe("version", () => {
  it("tells the package's version, Node's and the platform", async () => {
    await run("version", "--json");
    expect(JSON.parse(out)).toEqual({
      version: packageVersion(),
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
    });
    expect(packageVersion()).toMatch(/^\d+\.\d+\.\d+/);
  });
});
