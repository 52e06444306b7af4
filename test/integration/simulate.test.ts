import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { simulateCommand } from "../../daemon/commands/simulate.js";
import { TouchlineError } from "../../daemon/errors.js";
import { firstSampleTime, openWavFile, parseBext } from "../../daemon/inputs/audio/index.js";
import { readSessionFile } from "../../daemon/recording/session-file.js";
import { readTruth } from "../../daemon/score/index.js";
import { formatRfc3339 } from "../../sync/index.js";

const root = mkdtempSync(join(tmpdir(), "touchline-simulate-"));
const SHORT = ["--minutes", "2", "--break", "0.5"];

async function simulate(...args: string[]): Promise<string> {
  const written: string[] = [];
  const write = process.stdout.write;
  process.stdout.write = (text: string | Uint8Array) => written.push(String(text)) > 0;
  try {
    await simulateCommand().parseAsync(args, { from: "user" });
  } finally {
    process.stdout.write = write;
  }
  return written.join("");
}

function digests(dir: string): Record<string, string> {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(dir.length), createHash("sha256").update(readFileSync(path)).digest("hex")] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return "none";
  } catch (error) {
    return error instanceof TouchlineError ? error.code : String(error);
  }
}

describe("touchline simulate", () => {
  const first = join(root, "first");

  beforeAll(() => simulate("--seed", "7", "--out", first, ...SHORT));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it("writes the same bytes for a seed and others for another seed", async () => {
    const again = join(root, "again");
    const other = join(root, "other");
    await simulate("--seed", "7", "--out", again, ...SHORT);
    await simulate("--seed", "8", "--out", other, ...SHORT);
    expect(Object.keys(digests(first))).toEqual([
      "/audio/ambience.wav",
      "/log.jsonl",
      "/session.yaml",
      "/truth/cues.jsonl",
      "/truth/events.jsonl",
      "/truth/loggers.jsonl",
    ]);
    expect(digests(again)).toEqual(digests(first));
    const changed = Object.entries(digests(other)).filter(([path, digest]) => digests(first)[path] !== digest);
    expect(changed).toHaveLength(6);
  });

  it("writes a recording whose session, sound and truth the daemon reads", async () => {
    const info = readSessionFile(first);
    expect(info.session).toMatchObject({ session: "sim-7", sport: "football" });
    expect(info.channels.map((channel) => channel.name)).toEqual(["ambience"]);
    const truth = await readTruth(first);
    expect(truth.events.length).toBeGreaterThan(3);
    const whistles = truth.sounds.filter((sound) => sound.kind === "whistle" && !sound.isDistractor);
    expect(whistles.length).toBeGreaterThan(5);
    const known = new Set(truth.sounds.map((sound) => sound.cueId));
    for (const event of truth.events) if (event.cueId !== null) expect(known).toContain(event.cueId);
  });

  it("stamps the first sample in the bext chunk", async () => {
    const bytes = readFileSync(join(first, "audio", "ambience.wav"));
    expect(bytes.toString("latin1", 12, 16)).toBe("bext");
    const bext = parseBext(bytes.subarray(20, 20 + 602), false)!;
    expect(bext.timeReference).toBe((18 * 3600 + 30 * 60) * 16_000);
    expect(formatRfc3339(firstSampleTime(bext, 16_000)!.time)).toBe("2026-05-16T18:30:00.000000Z");
    const reader = await openWavFile(join(first, "audio", "ambience.wav"));
    expect(reader.format.sampleRate).toBe(16_000);
    await reader.close();
  });

  it("logs in the order of arrival, messages as they come in", () => {
    const lines = readFileSync(join(first, "log.jsonl"), "utf8").trim().split("\n");
    const messages = lines.map((line) => JSON.parse(line) as { arrival: string; logger: string; session: string });
    const arrivals = messages.map((message) => message.arrival);
    expect(arrivals).toEqual([...arrivals].sort());
    expect(new Set(messages.map((message) => message.session))).toEqual(new Set(["sim-7"]));
  });

  it("prints one line of JSON and nothing else with --json, and logs by two loggers when asked", async () => {
    const out = await simulate("--seed", "9", "--out", join(root, "json"), "--loggers", "2", "--json", ...SHORT);
    expect(out.trim().split("\n")).toHaveLength(1);
    expect(JSON.parse(out)).toMatchObject({ session: "sim-9" });
    const log = readFileSync(join(root, "json", "log.jsonl"), "utf8");
    expect(log).toContain('"scout-1"');
    expect(log).toContain('"scout-2"');
  });

  it("writes every rate it offers with that rate in the header", async () => {
    for (const rate of [22_050, 48_000]) {
      const out = join(root, `rate${rate}`);
      await simulate("--seed", "1", "--out", out, "--rate", String(rate), "--minutes", "1", "--break", "0.5");
      const bytes = readFileSync(join(out, "audio", "ambience.wav"));
      expect(bytes.readUInt32LE(bytes.indexOf("fmt ") + 12)).toBe(rate);
      expect(bytes.readUInt32LE(bytes.indexOf("data", 640) + 4)).toBe(bytes.length - bytes.indexOf("data", 640) - 8);
    }
  });

  it("refuses a folder that holds something, replaces an earlier simulation with --force and nothing else", async () => {
    expect(await codeOf(simulate("--seed", "7", "--out", first, ...SHORT))).toBe("SIM_BAD_OPTION");
    const before = digests(first);
    await simulate("--seed", "7", "--out", first, "--force", ...SHORT);
    expect(digests(first)).toEqual(before);
    const precious = join(root, "precious");
    mkdirSync(precious);
    writeFileSync(join(precious, "thesis.txt"), "years of work");
    expect(await codeOf(simulate("--seed", "7", "--out", precious, "--force", ...SHORT))).toBe("SIM_BAD_OPTION");
    expect(readFileSync(join(precious, "thesis.txt"), "utf8")).toBe("years of work");
  });

  it("says so when the folder cannot be written", async () => {
    writeFileSync(join(root, "file"), "");
    expect(await codeOf(simulate("--seed", "7", "--out", join(root, "file", "inside"), ...SHORT))).toBe(
      "FILE_UNWRITABLE",
    );
  });

  it("makes nothing when an option is wrong", async () => {
    const out = join(root, "never");
    expect(await codeOf(simulate("--seed", "x", "--out", out))).toBe("SIM_BAD_OPTION");
    expect(readdirSync(root)).not.toContain("never");
  });
});
