import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { scoreCommand } from "../../daemon/commands/score.js";
import { simulateCommand } from "../../daemon/commands/simulate.js";
import { TouchlineError } from "../../daemon/errors.js";
import { builtThread, PACKAGE_ROOT } from "../../daemon/package-files.js";

const root = mkdtempSync(join(tmpdir(), "touchline-score-"));
const recordings = join(PACKAGE_ROOT, "..", "shared", "data", "whistle");
const isBuilt = existsSync(fileURLToPath(builtThread("daemon/inputs/audio/audio-thread.ts")));

async function printed(command: "simulate" | "score", ...args: string[]): Promise<string> {
  const written: string[] = [];
  const write = process.stdout.write;
  process.stdout.write = (text: string | Uint8Array) => written.push(String(text)) > 0;
  try {
    await (command === "simulate" ? simulateCommand() : scoreCommand()).parseAsync(args, { from: "user" });
  } finally {
    process.stdout.write = write;
  }
  return written.join("");
}

type Row = Record<string, unknown>;

async function rows(...args: string[]): Promise<Row[]> {
  const text = await printed("score", ...args, "--json");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
}

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return "none";
  } catch (error) {
    return error instanceof TouchlineError ? error.code : String(error);
  }
}

const find = (all: Row[], row: Row) =>
  all.find((one) => Object.entries(row).every(([key, value]) => one[key] === value))!;

describe("touchline score", () => {
  const session = join(root, "session");

  beforeAll(() => printed("simulate", "--seed", "7", "--out", session, "--minutes", "8", "--break", "0.5"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it.skipIf(!isBuilt)(
    `${isBuilt ? "" : "skipped: build first: "}replays a session and scores it, twice the same`,
    async () => {
      const first = await rows("session", session);
      expect(await rows("session", session)).toEqual(first);
      const groups = first.filter((row) => row.table === "corrections");
      expect(groups.map((row) => row.group)).toEqual(["whistle", "roar", "none", "all"]);
      expect(find(first, { table: "links" }).missing).toBe(0);
      const methods = new Set(first.filter((row) => row.table === "methods").map((row) => row.method));
      for (const method of ["raw log", "nearest whistle", "touchline", "oracle"]) expect(methods).toContain(method);
      expect(find(first, { table: "cues", kind: "whistle" }).targets).toBeGreaterThan(8);
      expect(existsSync(join(session, "output.jsonl"))).toBe(false);
    },
  );

  it("scores the alignment of simulated matches, the same each time", async () => {
    const args = ["align", "--simulate", "venue", "--matches", "2", "--minutes", "45", "--seed", "3"];
    // What a run costs is the machine's, all else the seed's.
    const seeded = async (...of: string[]) => (await rows(...of)).filter(({ what }) => what !== "CPU per record, ms");
    const first = await seeded(...args);
    expect(await seeded(...args)).toEqual(first);
    const product = find(first, { table: "methods", method: "touchline", group: "all" });
    expect(product.n).toBeGreaterThan(100);
    expect(await seeded(...args.slice(0, -1), "4")).not.toEqual(first);
  });

  it("scores the alignment of a recording, with cues of a given quality or those beside it", async () => {
    const degraded = await rows("align", session, "--detector", "perfect");
    expect(find(degraded, { table: "links" }).linkable).toBeGreaterThan(3);
    const silent = join(root, "silent");
    cpSync(session, silent, { recursive: true });
    writeFileSync(join(silent, "cues.jsonl"), "");
    expect(find(await rows("align", silent), { table: "links" }).linkable).toBe(0);
  });

  it("prints tables for people", async () => {
    const text = await printed("score", "align", "--simulate", "tv", "--matches", "1", "--minutes", "20");
    expect(text).toContain("Methods compared");
    expect(text).toContain("nearest whistle");
  });

  it("refuses what it cannot score and says why", async () => {
    expect(await codeOf(printed("score", "align"))).toBe("USAGE");
    expect(await codeOf(printed("score", "align", "--simulate", "robot"))).toBe("SIM_BAD_OPTION");
    expect(await codeOf(printed("score", "align", "--simulate", "venue", "--matches", "0"))).toBe("SIM_BAD_OPTION");
    expect(await codeOf(printed("score", "align", "--simulate", "venue", "--detector", "1/1"))).toBe("SIM_BAD_OPTION");
    expect(await codeOf(printed("score", "align", root))).toBe("REC_INVALID");
    expect(await codeOf(printed("score", "listen", root))).toBe("FILE_UNREADABLE");
    const untrue = join(root, "untrue");
    cpSync(session, untrue, { recursive: true });
    rmSync(join(untrue, "truth"), { recursive: true });
    expect(await codeOf(printed("score", "session", untrue))).toBe("REC_INVALID");
  });

  const canListen = existsSync(join(recordings, "labels.json"));
  it.skipIf(!canListen)(
    `${canListen ? "" : "skipped: no labelled recordings beside the checkout: "}scores what is heard in labelled recordings`,
    async () => {
      const all = await rows("listen", recordings);
      expect(all.map((row) => row.group)).toEqual(["bank", "bed", "hard-negative", "real", "all"]);
      expect(find(all, { group: "real" })).toMatchObject({ files: 16, targets: 84 });
    },
  );
});
