import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "../../daemon/outbox/database.js";
import { buildDiskShim, HAS_DISK_SHIM } from "../disk-shim.js";
import { START, tempFolder } from "../store-fixture.js";

const CHILD = fileURLToPath(new URL("./children/disk-child.mjs", import.meta.url));
const title = HAS_DISK_SHIM ? "a disk that fails" : "skipped: there is no C compiler: a disk that fails";

interface Told {
  readonly failures: readonly string[];
  readonly reopened: number;
  /** Why the store gave up; `null`: it did not. */
  readonly failed: string | null;
}

describe.skipIf(!HAS_DISK_SHIM)(title, () => {
  let folder: ReturnType<typeof tempFolder>;
  let shim: string;
  beforeEach(() => {
    folder = tempFolder();
    shim = buildDiskShim(folder.path);
  });
  afterEach(() => folder.remove());

  function runChild(rounds: number, name: string, failing: "once" | "always" | null = null): Told {
    const env = { ...process.env, LD_PRELOAD: shim, TOUCHLINE_DISK_FAIL: join(folder.path, "fail") };
    const args = [CHILD, folder.path, String(rounds), name, ...(failing === null ? [] : [failing])];
    const child = spawnSync(process.execPath, args, { env, encoding: "utf8" });
    expect(child.stderr).toBe("");
    const lines = child.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Partial<Told>);
    const failed = lines.find((line) => line.failed !== undefined)?.failed ?? null;
    return { failures: [], reopened: 0, ...lines.at(-1), failed };
  }

  /** Everything that was acknowledged is in the database, once. */
  function expectAllKept(): void {
    const acknowledged = readFileSync(join(folder.path, "t.acks"), "utf8").trim().split("\n");
    const opened = openDatabase({
      path: join(folder.path, "t.db"),
      epoch: null,
      maxBytes: 1e9,
      routes: [],
      now: START,
    });
    const kept = opened.db
      .prepare("SELECT 'message ' || body FROM inbox UNION ALL SELECT 'record ' || subject FROM records")
      .pluck()
      .all();
    expect(opened.setAside).toBeNull();
    expect(new Set(kept).size).toBe(kept.length);
    expect(acknowledged.filter((line) => !kept.includes(line))).toEqual([]);
    opened.close();
  }

  it("once, at a commit, costs nothing: the database is opened again and the step made once more", () => {
    const told = runChild(40, "a", "once");
    expect(existsSync(join(folder.path, "fail"))).toBe(false);
    expect(told).toEqual({ failures: [], reopened: 1, failed: null });
    expectAllKept();
  });

  it("for good ends the store: nothing more is acknowledged, and what was is there at the next start", () => {
    const told = runChild(10, "a", "always");
    expect(told.failed).toMatch(/store failed/);
    expect(told.failures.length).toBeGreaterThan(0);
    expect(readFileSync(join(folder.path, "t.acks"), "utf8")).toContain("a-5");
    expect(readFileSync(join(folder.path, "t.acks"), "utf8")).not.toContain("a-6");
    rmSync(join(folder.path, "fail"));
    expect(runChild(10, "later")).toEqual({ failures: [], reopened: 0, failed: null });
    expectAllKept();
  });
});
