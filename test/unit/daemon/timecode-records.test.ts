import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { Pipeline } from "../../../daemon/pipeline.js";
import { toPipelineInput } from "../../../daemon/read-message.js";
import { type RecordDraft, toEnvelope, validateRecord, withSequence } from "../../../daemon/records/index.js";
import type { SessionSpec } from "../../../daemon/session-cores.js";
import { profileOf } from "../../../daemon/sport-profiles.js";
import { TimecodeMetrics } from "../../../daemon/timecode-metrics.js";
import type { UnixMicros } from "../../../sync/index.js";

const START = (Date.UTC(2026, 4, 16, 18, 30) * 1000) as UnixMicros;
const CUP: SessionSpec = {
  session: "cup",
  sport: "football",
  name: null,
  scheduledStart: START,
  scheduledEnd: null,
  channels: null,
};
const at = (sec: number) => Math.round(START + sec * 1e6) as UnixMicros;

/** Fouls every 40 s, each with a whistle; the scout presses 1.4 s or so late on a clock that is 3 s fast. */
class Match {
  pipeline = Match.#pipeline();
  readonly drafts: RecordDraft[] = [];

  static #pipeline(): Pipeline {
    const options = { sessions: [CUP], defaultSession: CUP, profileOf, utcUncertaintySec: 0.02, maxSessions: 4 };
    return new Pipeline(options);
  }

  /** `shown` of a feed at the press. */
  play(from: number, to: number, shown: (pressSec: number) => number): void {
    for (let index = from; index < to; index++) {
      const sec = 40 + index * 40;
      const press = sec + 1.4 + 0.4 * Math.sin(index * 7.1);
      this.#push(this.#whistle(sec), sec + 0.2);
      const media = [{ feed: "main", pts: shown(press) }];
      const stamp = new Date(at(press + 3) / 1000).toISOString();
      const message = { id: String(index), logger: "scout", class: "foul", stamp, media };
      const input = toPipelineInput("log", message, at(press + 0.2), "cup");
      if (input !== null) this.#push(input, press + 0.2);
      for (let wait = 1; wait < 12; wait += 1) this.#push({ type: "tick" }, press + wait);
    }
  }

  restart(sec: number): void {
    const saved = this.pipeline.takeSnapshots(at(sec));
    this.pipeline = Match.#pipeline();
    expect(this.pipeline.restore(saved)).toEqual([]);
  }

  get timecodes(): RecordDraft[] {
    return this.drafts.filter(({ kind }) => kind === "timecode");
  }

  #push(input: Parameters<Pipeline["push"]>[0], sec: number): void {
    this.drafts.push(...this.pipeline.push(input, at(sec)));
  }

  #whistle(sec: number): Parameters<Pipeline["push"]>[0] {
    const cue = {
      key: `w${sec}`,
      kind: "whistle" as const,
      onset: sec * 1000,
      end: sec * 1000 + 400,
      onsetSdSec: 0.01,
      score: 0.95,
      count: 1,
      levelDb: -20,
      tonesHz: [3900],
      reported: sec * 1000 + 150,
      isFinal: true,
      flags: [],
    };
    const clock = { anchorSample: 0, anchorTime: START, rateHz: 1000 };
    return { type: "cue", cue, timing: { channel: "ambience", clock, pathDelayMs: 0 } };
  }
}

const segmentOf = ({ data }: RecordDraft) => (data.segment as { number: number }).number;
const jumpOf = (draft: RecordDraft | undefined) =>
  (draft?.data.segment as { jumpSec?: number } | undefined)?.jumpSec ?? 0;

describe("records of timecode generators", () => {
  it("tell the clock of a feed and its jump, over a restart, as the schema says", () => {
    const match = new Match();
    match.play(0, 20, (sec) => sec + 500);
    const before = match.timecodes.at(-1)?.data;
    // pts 500 s ahead of START: its zero lies 500 s before START.
    expect(Math.abs((before?.offsetSec as number) + START / 1e6 - 500)).toBeLessThan(1);
    expect(before).toMatchObject({ generator: "main/pts", diagnosis: "steady" });
    match.restart(850);
    match.play(20, 40, (sec) => sec + 440);
    const after = match.timecodes.at(-1);
    expect(after?.data).toMatchObject({ segment: { number: 2, to: null }, diagnosis: "steady" });
    expect(Math.abs(jumpOf(after) + 60)).toBeLessThan(1);
    for (const [index, draft] of match.timecodes.entries()) {
      const record = withSequence(toEnvelope(draft, { venue: "v", box: "a" }, "e1", index + 1), index + 1);
      expect(validateRecord(record)).toEqual([]);
      expect(record).toMatchObject({ subject: "main/pts", lane: "analysis", type: "touchline.timecode.v1" });
    }
  });

  it("are in the metrics: the offset as it is, and each jump once", async () => {
    const match = new Match();
    const registry = new Registry();
    const metrics = new TimecodeMetrics(registry, match.pipeline);
    match.play(0, 20, (sec) => sec + 500);
    match.play(20, 40, (sec) => sec + 440);
    expect(match.timecodes.map(segmentOf)).toContain(2);
    const text = async () => (await registry.metrics()).split("\n");
    metrics.committed(match.timecodes.filter((draft) => segmentOf(draft) === 1));
    expect(await text()).toContain('touchline_timecode_segments_total{feed="main",form="pts"} 0');
    metrics.committed(match.timecodes);
    metrics.committed(match.timecodes);
    const lines = await text();
    expect(lines).toContain('touchline_timecode_segments_total{feed="main",form="pts"} 1');
    const offset = lines.find((line) => line.startsWith("touchline_timecode_offset_seconds{"))?.split(" ")[1];
    expect(Math.abs(Number(offset) + START / 1e6 - 440)).toBeLessThan(1);
    expect(lines.some((line) => line.startsWith('touchline_timecode_drift_ppm{feed="main",form="pts"}'))).toBe(true);
  });
});
