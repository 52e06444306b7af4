import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PACKAGE_ROOT } from "../../daemon/package-files.js";
import { validateRecord } from "../../daemon/records/index.js";
import { runTouchline } from "../touchline-process.js";

const EXAMPLE = join(PACKAGE_ROOT, "config", "example");
/** A line of `score session --json`: shares within 0.25, 0.5, 1 and 2 s. */
interface ScoreRow {
  readonly method?: string;
  readonly group?: string;
  readonly n: number;
  readonly within: readonly number[];
}

const COMMANDS = [
  "demo",
  "run",
  "listen",
  "align",
  "replay",
  "simulate",
  "score",
  "check-config",
  "completion",
  "version",
];

describe("the command line", () => {
  const folder = mkdtempSync(join(tmpdir(), "touchline-cli-"));
  const match = join(folder, "match");

  beforeAll(async () => {
    const made = await runTouchline(["simulate", "--seed", "5", "--out", match, "--minutes", "12", "--break", "0.5"]);
    expect({ code: made.code, stderr: made.stderr }).toMatchObject({ code: 0 });
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(COMMANDS)("%s explains itself with examples", async (command) => {
    const { code, stdout } = await runTouchline([command, "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("Usage: touchline");
    expect(stdout).toMatch(/Examples?:/);
  });

  it("completes commands and options in bash", async () => {
    const { stdout: script } = await runTouchline(["completion", "bash"]);
    const complete = (line: string[]) =>
      execFileSync(
        "bash",
        [
          "-c",
          `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _touchline; echo "\${COMPREPLY[@]}"`,
          "bash",
          ...line,
        ],
        { encoding: "utf8" },
      ).trim();
    expect(complete(["touchline", "rep"])).toBe("replay");
    expect(complete(["touchline", "score", "ses"])).toBe("session");
    expect(complete(["touchline", "replay", "--out"])).toBe("--output");
    expect(complete(["touchline", "score", "align", "--sim"])).toBe("--simulate");
  });

  it("ends with 64 on wrong usage", async () => {
    expect((await runTouchline(["no-such-command"])).code).toBe(64);
    expect((await runTouchline(["replay"])).code).toBe(64);
    expect((await runTouchline(["simulate", "--seed", "x", "--out", join(folder, "x")])).code).toBe(64);
  });

  it("replays a session to the same bytes each time", async () => {
    const outputs = [join(folder, "one.jsonl"), join(folder, "two.jsonl")];
    for (const output of outputs) expect((await runTouchline(["replay", match, "--output", output])).code).toBe(0);
    const [one, two] = outputs.map((output) => readFileSync(output));
    expect(one?.length).toBeGreaterThan(1000);
    expect(one?.equals(two ?? Buffer.alloc(0))).toBe(true);
    for (const line of String(one).trimEnd().split("\n")) {
      const record = JSON.parse(line) as { id: string };
      expect({ id: record.id, problems: validateRecord(record) }).toEqual({ id: record.id, problems: [] });
    }
  }, 60_000);

  it("scores a simulated session against its truth: whistle-anchored events are put right", async () => {
    const { code, stdout, stderr } = await runTouchline(["score", "session", match, "--json"]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const rows = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as ScoreRow);
    const row = (method: string) => rows.find((one) => one.method === method && one.group === "whistle");
    expect(row("touchline")?.n).toBeGreaterThan(5);
    expect(row("touchline")?.within[0]).toBeGreaterThan(0.75);
    expect(row("touchline")?.within[0]).toBeGreaterThan(row("raw log")?.within[0] ?? 1);
  }, 60_000);

  it("says what is missing of a recording", async () => {
    const empty = join(folder, "empty");
    mkdirSync(empty);
    const missing = await runTouchline(["replay", empty]);
    expect(missing.code).toBe(69);
    expect(missing.stderr).toContain("session.yaml");
    writeFileSync(join(empty, "session.yaml"), "venue: x\nsession: { session: s }\n");
    const wrong = await runTouchline(["replay", empty]);
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain("sport");
  });

  it("leaves broken lines of a log out, names them, and replays the rest", async () => {
    const broken = join(folder, "broken");
    mkdirSync(broken);
    writeFileSync(join(broken, "session.yaml"), "venue: x\nsession: { session: s, sport: football }\n");
    const good = { id: "1", logger: "a", class: "foul", arrival: "2026-05-16T18:31:00Z" };
    const lines = ['{"id":', JSON.stringify(good), '{"id":"2","logger":"a","class":"foul"}', "[]"];
    writeFileSync(join(broken, "log.jsonl"), lines.join("\n"));
    const { code, stdout, stderr } = await runTouchline(["replay", broken, "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ skippedLines: 3 });
    for (const line of [1, 3, 4]) expect(stderr).toContain(`log.jsonl:${line}: left out`);
  });

  it("hears the whistles of the shipped example", async () => {
    const { code, stdout } = await runTouchline(["listen", join(EXAMPLE, "whistles.wav"), "--json"]);
    expect(code).toBe(0);
    const cues = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { kind: string; onsetSec: number });
    const truth = readFileSync(join(EXAMPLE, "truth", "cues.jsonl"), "utf8")
      .trimEnd()
      .split("\n").length;
    expect(truth).toBeGreaterThan(3);
    expect(cues.filter(({ kind }) => kind === "whistle").length).toBeGreaterThan(3);
  });

  it("plays the demo to its end: tables, exit 0", async () => {
    const { code, stdout, stderr } = await runTouchline(["demo", "--exit", "--minutes", "8", "--port", "0"]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toMatch(/The page is open at http:\/\/127\.0\.0\.1:\d+/);
    for (const words of ["logged", "corrected", "95 % interval", "anchor", "true time", "error", "within 0.25 s"]) {
      expect(stdout).toContain(words);
    }
  }, 60_000);
});
