import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { alignCommand } from "../../../daemon/commands/align.js";
import { TouchlineError } from "../../../daemon/errors.js";
import { addSeconds, formatRfc3339, type UnixMicros } from "../../../sync/index.js";
import { MATCH_START, type MadeMatch, makeMatch } from "../sync/match-generator.js";

interface Line {
  readonly eventId: string;
  readonly revision: number;
  readonly state: string;
  readonly anchor: string;
  readonly shiftSec: number;
  readonly corrected: { readonly time: string };
  readonly recordedtime?: string;
}

let folder = "";
let output = "";
let complaints = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "touchline-align-"));
  output = "";
  complaints = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    output += String(text);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    complaints += String(text);
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string, lines: readonly (object | string)[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"));
  return path;
}

async function align(...options: string[]): Promise<Line[]> {
  await alignCommand().parseAsync(options, { from: "user" });
  return options.includes("--json")
    ? output
        .trimEnd()
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : [];
}

function eventLines(match: MadeMatch, hasArrival = true): object[] {
  return match.events.map((event) => ({
    id: event.eventId.split("/")[1],
    logger: event.logger,
    class: event.class,
    period: event.period,
    stamp: formatRfc3339(event.stamp!),
    ...(hasArrival ? { arrival: formatRfc3339(event.arrival!) } : {}),
  }));
}

function cueLines(match: MadeMatch): object[] {
  return match.cues.map(({ cueId, kind, onset, score }) => ({ id: cueId, kind, onset: formatRfc3339(onset), score }));
}

describe("touchline align", () => {
  const match = makeMatch(71, { offsetSec: 12 });

  it("gives one line per event in the order of the input, each final, with the whistled ones on their whistle", async () => {
    const lines = await align("--events", file("e", eventLines(match)), "--cues", file("c", cueLines(match)), "--json");
    expect(lines.map(({ eventId }) => eventId)).toEqual(match.events.map(({ eventId }) => eventId));
    expect(new Set(lines.map(({ state }) => state))).toEqual(new Set(["final"]));
    const fouls = lines.filter(({ eventId }) => match.truth.get(eventId)?.class === "foul");
    const right = fouls.filter(({ eventId, corrected }) => {
      const truth = formatRfc3339(match.truth.get(eventId)!.time);
      return Math.abs(Date.parse(corrected.time) - Date.parse(truth)) < 250;
    });
    expect(right.length / fouls.length).toBeGreaterThan(0.85);
  });

  it("works from stamps alone as well", async () => {
    const events = file("e", eventLines(match, false));
    const lines = await align("--events", events, "--cues", file("c", cueLines(match)), "--json");
    expect(lines.filter(({ anchor }) => anchor === "whistle").length).toBeGreaterThan(15);
  });

  it("live: decides only on what was there by then", async () => {
    const events = file("e", eventLines(match));
    const cues = cueLines(match);
    const told = await align("--events", events, "--cues", file("c", cues), "--live", "--json");
    for (let i = 1; i < told.length; i++) expect(told[i]!.recordedtime! >= told[i - 1]!.recordedtime!).toBe(true);
    const until = formatRfc3339(addSeconds(MATCH_START, 1500));
    const soFar = told.filter(({ recordedtime }) => recordedtime! <= until);
    output = "";
    // Half a second is when a whistle can be told, and one and a half a roar: later ones cannot have been used.
    const known = match.cues.filter((cue) => formatRfc3339(cue.reported) <= until).map(({ cueId }) => cueId);
    const again = await align(
      "--events",
      file("e2", eventLines({ ...match, events: match.events.filter((e) => formatRfc3339(e.arrival!) <= until) })),
      "--cues",
      file(
        "c2",
        cues.filter((cue) => known.includes((cue as { id: string }).id)),
      ),
      "--live",
      "--json",
    );
    expect(again.slice(0, soFar.length)).toEqual(soFar);
    expect(soFar.length).toBeGreaterThan(20);
  });

  it("numbers live revisions from 1 without a gap", async () => {
    const told = await align(
      "--events",
      file("e", eventLines(match)),
      "--cues",
      file("c", cueLines(match)),
      "--live",
      "--json",
    );
    const counts = new Map<string, number>();
    for (const { eventId, revision } of told) {
      expect(revision).toBe((counts.get(eventId) ?? 0) + 1);
      counts.set(eventId, revision);
    }
  });

  it("counts broken lines, says where they are and goes on with the rest", async () => {
    const events = file("e", [
      { id: 1, logger: "a", class: "foul", stamp: "2026-05-16T18:31:00Z" },
      "{bad",
      "[1]",
      { id: 2 },
    ]);
    const lines = await align("--events", events, "--json");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ eventId: "a/1", anchor: "none", shiftSec: 0 });
    for (const place of [":2:", ":3:", ":4:"]) expect(complaints).toContain(place);
    expect(complaints).toContain("3 records");
  });

  it("says which numbers of a cue are out of range and hears it all the same", async () => {
    const events = file("e", [{ id: 1, logger: "a", class: "foul", stamp: "2026-05-16T18:31:00Z" }]);
    const odd = { id: "w", kind: "whistle", onset: "2026-05-16T18:30:58Z", score: 7, sdSec: -1, count: 2 };
    await align("--events", events, "--cues", file("c", [odd]), "--json");
    expect(complaints).toContain("score 7 is no number from 0 to 1");
    expect(complaints).toContain("sdSec -1 is no number from 0 to 60");
    expect(complaints).not.toContain("count 2");
  });

  it("shows people a table and a summary", async () => {
    await align("--events", file("e", eventLines(match)), "--cues", file("c", cueLines(match)));
    expect(output).toContain("corrected");
    expect(output).toMatch(/\d+ events \(touchline\): .*whistle/);
    expect(output).toContain("logger scout");
  });

  it("reads a provider's file and puts its clock on the first cue", async () => {
    const annotations = Array.from({ length: 12 }, (_, i) => ({
      gameTime: `1 - ${i}:00`,
      label: "Foul",
      position: String(100_000 + i * 61_000 + ((i * 37) % 7) * 30),
      team: "home",
    }));
    const cues = annotations.map((_, i) => ({
      id: `w${i}`,
      kind: "whistle",
      onset: formatRfc3339(addSeconds(MATCH_START, 100 + i * 61)),
      score: 0.95,
    }));
    const lines = await align("--events", file("e", [{ annotations }]), "--cues", file("c", cues), "--json");
    expect(lines.filter(({ anchor }) => anchor === "whistle")).toHaveLength(12);
  });

  it.each([
    ["a missing file", ["--events", "/nowhere/at-all.jsonl"], "FILE_UNREADABLE"],
    ["an unknown format", ["--events", "E", "--format", "telex"], "USAGE"],
    ["an unknown sport", ["--events", "E", "--sport", "curling"], "USAGE"],
    ["a kick-off that is no time", ["--events", "E", "--kick-off", "half past six"], "USAGE"],
    ["a scan of nothing", ["--events", "E", "--scan", "-1"], "USAGE"],
    ["a file with nothing readable in it", ["--events", "BAD"], "LOG_NO_EVENTS"],
  ])("ends with a coded error on %s", async (_, options, code) => {
    const good = file("good", [{ id: 1, logger: "a", class: "foul", stamp: formatRfc3339(0 as UnixMicros) }]);
    const bad = file("bad", ["{", "["]);
    const named = options.map((option) => (option === "E" ? good : option === "BAD" ? bad : option));
    const error = await align(...named, "--json").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TouchlineError);
    expect((error as TouchlineError).code).toBe(code);
  });
});
