import { describe, expect, it } from "vitest";
import { loadSportProfile } from "../../../config/index.js";
import { alignCase, VerdictBook } from "../../../daemon/score/align-run.js";
import { scoreAlign, simulatedCase } from "../../../daemon/score/index.js";
import { DETECTORS } from "../../../daemon/simulate/index.js";
import { addSeconds, type EventRevision, unixMicros } from "../../../sync/index.js";

const profile = loadSportProfile("football");
const OPTIONS = { persona: "venue", detector: DETECTORS["97/95"], faults: [], minutes: 45 } as const;

describe("simulatedCase", () => {
  it("is the same for a seed", () => {
    expect(simulatedCase(3, OPTIONS)).toEqual(simulatedCase(3, OPTIONS));
  });

  it("gives the aligner nothing of the truth", () => {
    const match = simulatedCase(3, OPTIONS);
    for (const message of match.log) expect(Object.keys(message.input)).not.toContain("occurrence");
    const ids = match.cues.map((cue) => cue.cueId);
    for (const trueId of match.cueTruth.values()) expect(ids).not.toContain(trueId);
  });
});

describe("alignCase", () => {
  it("gives one verdict for each record that stands, and the same ones each time", () => {
    const match = simulatedCase(4, OPTIONS);
    const verdicts = alignCase(match, profile);
    expect(alignCase(match, profile)).toEqual(verdicts);
    const told = new Set(verdicts.map((verdict) => verdict.eventId));
    for (const record of match.records) expect(told).toContain(record.eventId);
    const deleted = new Set(match.log.filter((event) => event.op === "delete").map((event) => event.eventId));
    for (const verdict of verdicts) expect(deleted).not.toContain(verdict.eventId);
  });
});

describe("scoreAlign", () => {
  it("shows the aligner beating the log it was given", () => {
    const score = scoreAlign([simulatedCase(5, OPTIONS), simulatedCase(6, OPTIONS)], profile, () => undefined);
    expect(score.matches).toBe(2);
    const within1 = (method: string) =>
      score.methods.find((row) => row.method === method && row.group === "whistle")!.shares.within[2]!;
    expect(within1("touchline")).toBeGreaterThan(within1("raw log"));
    expect(within1("touchline")).toBeLessThanOrEqual(1);
  });
});

describe("VerdictBook", () => {
  const T0 = unixMicros(1_778_956_200e6);
  const revision = (number: number, sec: number, state: EventRevision["state"] = "provisional") =>
    ({
      eventId: "a/1",
      revision: number,
      state,
      anchor: "clock",
      corrected: { time: addSeconds(T0, sec), intervals: [], notBefore: T0 },
      confidence: 0.5,
      cues: [],
      flags: [],
    }) as unknown as EventRevision;

  it("takes as early what was last said within a second of the first revision", () => {
    const book = new VerdictBook();
    book.add([revision(1, 10)], T0);
    book.add([revision(2, 9)], addSeconds(T0, 1));
    book.add([revision(3, 8)], addSeconds(T0, 1.01));
    expect(book.verdicts()[0]).toMatchObject({
      early: addSeconds(T0, 9),
      time: addSeconds(T0, 8),
      interval: null,
      revisions: 3,
    });
  });

  it("has no verdict on what was withdrawn", () => {
    const book = new VerdictBook();
    book.add([revision(1, 10), revision(2, 10, "retracted")], T0);
    expect(book.verdicts()).toEqual([]);
  });
});
