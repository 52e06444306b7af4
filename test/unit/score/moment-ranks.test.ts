import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { momentTable, rankGoals } from "../../../daemon/score/moment-ranks.js";
import type { TrueEvent } from "../../../daemon/score/truth-files.js";
import { parseRfc3339, type UnixMicros } from "../../../sync/index.js";

const folder = mkdtempSync(join(tmpdir(), "touchline-ranks-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const time = (second: number) => `2026-05-16T18:30:${String(second).padStart(2, "0")}.000000Z`;
const goalAt = (second: number, eventId = `a/${second}`): TrueEvent => ({
  eventId,
  time: parseRfc3339(time(second)) as UnixMicros,
  anchor: "roar",
  cueId: null,
  class: "goal",
  period: "1",
  fault: null,
});
const moment = (momentId: string, revision: number, from: number, to: number, interest: number, state = "closed") => ({
  type: "touchline.moment.v1",
  data: { momentId, revision, state, in: time(from), out: time(to), interest },
});

function outputOf(name: string, lines: readonly object[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return path;
}

describe("rankGoals", () => {
  it("ranks each goal once by the last revision of what stands, and says which are in no moment", async () => {
    const path = outputOf("moments.jsonl", [
      { type: "touchline.event.v1", data: { eventId: "a/5" } },
      moment("m1", 1, 0, 10, 0.9),
      moment("m2", 1, 11, 20, 0.5),
      moment("m3", 1, 21, 30, 0.99),
      moment("m1", 2, 0, 10, 0.4),
      moment("m3", 2, 21, 30, 0.99, "retracted"),
    ]);
    const ranks = await rankGoals([goalAt(15), goalAt(5), goalAt(5, "b/5"), goalAt(25)], path);
    expect(ranks.map(({ rank, of, momentId }) => ({ rank, of, momentId }))).toEqual([
      { rank: 2, of: 2, momentId: "m1" },
      { rank: 1, of: 2, momentId: "m2" },
      { rank: null, of: 2, momentId: null },
    ]);
    expect(momentTable(ranks).rows[2]).toEqual(["18:30:25", "not told", 2, "-"]);
  });

  it("has nothing to say of records without moments", async () => {
    expect(await rankGoals([goalAt(5)], outputOf("none.jsonl", [{ type: "touchline.cue.v1", data: {} }]))).toEqual([]);
  });
});
