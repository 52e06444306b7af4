import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { TouchlineError } from "../../../daemon/errors.js";
import {
  readCues,
  readLabels,
  readTruth,
  recordedCase,
  scoreListen,
  scoreSession,
} from "../../../daemon/score/index.js";
import { parseLabels } from "../../../daemon/score/listen-score.js";
import { readOutput } from "../../../daemon/score/read-output.js";
import { formatRfc3339, parseRfc3339 } from "../../../sync/index.js";

const root = mkdtempSync(join(tmpdir(), "touchline-score-test-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let made = 0;
function folder(files: Record<string, unknown[] | string>): string {
  const dir = join(root, String(++made));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(dir, name, ".."), { recursive: true });
    const text = typeof content === "string" ? content : content.map((line) => `${JSON.stringify(line)}\n`).join("");
    writeFileSync(join(dir, name), text);
  }
  return dir;
}

async function failureOf(attempt: Promise<unknown>): Promise<TouchlineError> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof TouchlineError) return error;
    throw error;
  }
  throw new TouchlineError("USAGE", ["it did not fail"]);
}

const event = (revision: number, time: string, recordedtime: string, more: object = {}) => ({
  type: "touchline.event.v1",
  recordedtime,
  data: {
    eventId: "a/1",
    revision,
    state: "provisional",
    anchor: "clock",
    flags: [],
    cues: [],
    corrected: { time, intervals: [{ p: 0.95, lo: time, hi: time }], notBefore: time },
    confidence: 0.5,
    ...more,
  },
});

describe("readOutput", () => {
  it("keeps of each event what was believed a second after its first revision, and what was believed last", async () => {
    const dir = folder({
      "output.jsonl": [
        event(1, "2026-05-16T18:30:10Z", "2026-05-16T18:30:12Z"),
        event(2, "2026-05-16T18:30:09Z", "2026-05-16T18:30:13Z"),
        event(3, "2026-05-16T18:30:08Z", "2026-05-16T18:30:13.001Z", { anchor: "whistle", cues: ["c1"] }),
        { type: "touchline.health.v1", data: { box: "a" } },
        { type: "touchline.event.v1", data: "not an object" },
        { type: "touchline.event.v1", data: { eventId: "a/9" } },
      ],
    });
    const { verdicts } = await readOutput(join(dir, "output.jsonl"));
    expect(verdicts).toHaveLength(1);
    expect(verdicts[0]).toMatchObject({ eventId: "a/1", anchor: "whistle", cues: ["c1"], revisions: 3 });
    expect(formatRfc3339(verdicts[0]!.early!)).toBe("2026-05-16T18:30:09.000000Z");
    expect(formatRfc3339(verdicts[0]!.time)).toBe("2026-05-16T18:30:08.000000Z");
  });

  it("leaves out what was withdrawn", async () => {
    const at = "2026-05-16T18:30:10Z";
    const dir = folder({ "output.jsonl": [event(1, at, at), event(2, at, at, { state: "retracted" })] });
    expect((await readOutput(join(dir, "output.jsonl"))).verdicts).toEqual([]);
  });

  it("takes a cue's last telling and the moment of its first", async () => {
    const cue = (onset: string, reported: string, end: string | null) => ({
      type: "touchline.cue.v1",
      recordedtime: reported,
      data: { cueId: "c1", kind: "whistle", onset, end, score: 0.9, count: 1, channel: "x", reported },
    });
    const dir = folder({
      "output.jsonl": [
        cue("2026-05-16T18:30:10Z", "2026-05-16T18:30:10.2Z", null),
        cue("2026-05-16T18:30:10.01Z", "2026-05-16T18:30:11Z", "2026-05-16T18:30:10.9Z"),
      ],
    });
    const { cues } = await readOutput(join(dir, "output.jsonl"));
    expect(cues).toHaveLength(1);
    expect(formatRfc3339(cues[0]!.onset)).toBe("2026-05-16T18:30:10.010000Z");
    expect(formatRfc3339(cues[0]!.reported!)).toBe("2026-05-16T18:30:10.200000Z");
  });

  it("names the line that is broken, and the file that is not there", async () => {
    const dir = folder({ "output.jsonl": '{"type":"x"}\n{"type":\n' });
    const broken = await failureOf(readOutput(join(dir, "output.jsonl")));
    expect(broken.code).toBe("REC_INVALID");
    expect(broken.message).toContain("output.jsonl:2");
    expect((await failureOf(readOutput(join(dir, "none.jsonl")))).code).toBe("FILE_UNREADABLE");
  });
});

describe("readTruth", () => {
  it("refuses a recording without its truth, and a line without what is needed", async () => {
    expect((await failureOf(readTruth(folder({ "log.jsonl": [] })))).code).toBe("REC_INVALID");
    const bad = folder({ "truth/events.jsonl": [{ eventId: "a/1", time: "half past six", anchor: "whistle" }] });
    const failure = await failureOf(readTruth(bad));
    expect(failure.message).toContain("events.jsonl:1");
    expect(failure.message).toContain("half past six");
  });

  it("reads the contract's least: id, time, anchor; no cues, no loggers", async () => {
    const dir = folder({ "truth/events.jsonl": [{ eventId: "a/1", time: "2026-05-16T18:30:10Z", anchor: "beep" }] });
    const truth = await readTruth(dir);
    expect(truth.events[0]).toMatchObject({ eventId: "a/1", anchor: "none", cueId: null, class: null });
    expect(truth.sounds).toEqual([]);
    expect(truth.loggers).toBeNull();
  });
});

describe("recordedCase", () => {
  it("takes the stamp of the last version and the arrival of the first message", async () => {
    const message = (version: number, stamp: string, arrival: string) => ({
      id: "1",
      logger: "a",
      session: "s",
      class: "foul",
      version,
      stamp,
      arrival,
    });
    const dir = folder({
      "truth/events.jsonl": [
        { eventId: "a/1", time: "2026-05-16T18:30:10Z", anchor: "whistle", cueId: "c1" },
        { eventId: "a/2", time: "2026-05-16T18:30:40Z", anchor: "none" },
      ],
      "truth/cues.jsonl": [
        { cueId: "c1", kind: "whistle", onset: "2026-05-16T18:30:10Z", end: "2026-05-16T18:30:11Z" },
        { cueId: "d1", kind: "replay", onset: "2026-05-16T18:30:30Z", end: "2026-05-16T18:30:31Z", distractor: true },
      ],
      "log.jsonl": [
        message(2, "2026-05-16T18:30:12Z", "2026-05-16T18:30:20Z"),
        message(1, "2026-05-16T18:30:15Z", "2026-05-16T18:30:13Z"),
      ],
      "cues.jsonl": [
        { id: "x", kind: "whistle", onset: "2026-05-16T18:30:10.1Z", score: 0.9 },
        { id: "y", kind: "whistle", onset: "2026-05-16T18:30:10.2Z", score: 0.9 },
        { id: "z", kind: "whistle", onset: "2026-05-16T18:30:30Z", score: 0.9 },
      ],
    });
    const cues = await readCues(join(dir, "cues.jsonl"));
    expect((cues[0]!.reported - cues[0]!.onset) / 1e6).toBe(0.5);
    const match = await recordedCase(dir, await readTruth(dir), cues, "s");
    expect([...match.cueTruth]).toEqual([["x", "c1"]]);
    expect(match.records[0]).toMatchObject({ logger: "a", class: "foul" });
    expect(match.records[0]!.stamp).toBe(parseRfc3339("2026-05-16T18:30:12Z"));
    expect(match.records[0]!.arrival).toBe(parseRfc3339("2026-05-16T18:30:13Z"));
    expect(match.records[1]).toMatchObject({ logger: "a", stamp: null, arrival: null });
  });
});

describe("scoreSession", () => {
  it("says what false whistles really were", async () => {
    const at = (sec: number) => `2026-05-16T18:30:${String(sec).padStart(2, "0")}Z`;
    const cue = (cueId: string, onset: string) => ({
      type: "touchline.cue.v1",
      recordedtime: onset,
      data: { cueId, kind: "whistle", onset, end: null, score: 0.9, count: 1, channel: "x", reported: onset },
    });
    const dir = folder({
      "truth/events.jsonl": [{ eventId: "a/1", time: at(10), anchor: "whistle", cueId: "c1", class: "foul" }],
      "truth/cues.jsonl": [
        { cueId: "c1", kind: "whistle", onset: at(10), end: at(11) },
        { cueId: "d1", kind: "replay", onset: at(30), end: at(31), distractor: true },
      ],
      "log.jsonl": [{ id: "1", logger: "a", class: "foul", stamp: at(12), arrival: at(12) }],
      "output.jsonl": [cue("x", at(10)), cue("y", at(30)), cue("z", at(50)), event(1, at(10), at(12))],
    });
    const score = await scoreSession(dir, join(dir, "output.jsonl"), "s");
    expect(score.falseWhistles).toEqual({ replay: 1, nothing: 1 });
    const whistles = score.cues.find(({ kind }) => kind === "whistle")!.report;
    expect(whistles).toMatchObject({ targets: 1, found: 1, falseAlarms: 2 });
    expect(score.corrections.find((row) => row.group === "whistle")!.after.within).toEqual([1, 1, 1, 1]);
    expect(score.corrections.find((row) => row.group === "whistle")!.before.within).toEqual([0, 0, 0, 1]);
  });
});

describe("labels", () => {
  const LABELS = {
    files: [
      {
        file: "real/a.wav",
        durationSec: 60,
        kind: "real",
        whistles: [{ startSec: 5, endSec: 5.5 }],
        ignore: [[20, 21]],
      },
      { file: "bed/b.wav", durationSec: 60, kind: "bed", whistles: [], ignore: [] },
    ],
  };

  it("score each group by the labels' rule, other kinds of cues aside", async () => {
    const dir = folder({ "labels.json": JSON.stringify(LABELS) });
    const heard: Record<string, { kind: string; onsetSec: number; reportedSec: number }[]> = {
      "real/a.wav": [
        { kind: "whistle", onsetSec: 5.05, reportedSec: 5.2 },
        { kind: "whistle", onsetSec: 5.4, reportedSec: 5.6 },
        { kind: "whistle", onsetSec: 20.5, reportedSec: 20.7 },
        { kind: "roar", onsetSec: 40, reportedSec: 41 },
      ],
      "bed/b.wav": [{ kind: "whistle", onsetSec: 3, reportedSec: 3.2 }],
    };
    const score = await scoreListen(
      await readLabels(dir),
      async (path) => heard[path] ?? [],
      () => undefined,
    );
    expect(score.groups.map(({ group }) => group)).toEqual(["bed", "real", "all"]);
    const [bed, real, all] = score.groups;
    expect(real!.report).toMatchObject({ targets: 1, found: 1, falseAlarms: 0, duplicates: 1, precision: 1, f1: 1 });
    expect(real!.report.latencySec).toBeCloseTo(0.2, 9);
    expect(bed!.report.falseAlarmsPerMinute).toBe(1);
    expect(all!.report.precision).toBe(0.5);
  });

  it.each([
    ["not JSON", "{"],
    ["'files' is not a list", "{}"],
    ["'file' is not a text", '{"files":[{}]}'],
    ["'durationSec' is not a number", '{"files":[{"file":"a.wav"}]}'],
    [
      "'whistles[0].endSec' is not a number",
      '{"files":[{"file":"a.wav","durationSec":1,"whistles":[{"startSec":1}]}]}',
    ],
    ["'ignore[0]' is not a number", '{"files":[{"file":"a.wav","durationSec":1,"ignore":["x"]}]}'],
  ])("that are wrong are told with their place: %s", (what, text) => {
    expect(() => parseLabels(text, "labels.json")).toThrow(what === "not JSON" ? "labels.json" : what);
  });
});
