import { describe, expect, it } from "vitest";
import type { RecordedMessage } from "../../../daemon/recording/message-file.js";
import { type MergedItem, TimeMerge } from "../../../daemon/recording/time-merge.js";
import type { Cue } from "../../../dsp/index.js";
import type { UnixMicros } from "../../../sync/index.js";

const at = (seconds: number) => (seconds * 1_000_000) as UnixMicros;
const message = (seconds: number): RecordedMessage => ({ what: "log", arrival: at(seconds), message: { id: seconds } });
const cue = (seconds: number, key: string, channel: string): Extract<MergedItem, { type: "cue" }> => ({
  type: "cue",
  at: at(seconds),
  cue: { key } as Cue,
  timing: { channel, clock: { anchorSample: 0, anchorTime: at(0), rateHz: 1 }, pathDelayMs: 0 },
});
const level = (seconds: number, channel: string): Extract<MergedItem, { type: "level" }> => ({
  type: "level",
  at: at(seconds),
  level: { channel, at: at(seconds - 0.5), rmsDb: -30, crowdRiseDb: 0, excitement: 0 },
});
const namesOf = (items: readonly MergedItem[]) =>
  items.map((item) => {
    if (item.type === "cue") return `${item.timing.channel}/${item.cue.key}`;
    return item.type === "level" ? `${item.level.channel} level` : `log ${item.at / 1e6}`;
  });

describe("TimeMerge", () => {
  it("gives nothing out before every input has been heard", () => {
    const merge = new TimeMerge([message(1)], ["a", "b"]);
    merge.heard("a", "a", at(10), []);
    expect(merge.take()).toEqual([]);
    merge.heard("b", "b", at(5), []);
    expect(namesOf(merge.take())).toEqual(["log 1"]);
  });

  it("waits for the slowest channel of an input", () => {
    const merge = new TimeMerge([message(3)], ["a"]);
    merge.heard("a", "a.0", at(10), []);
    merge.heard("a", "a.1", at(2), []);
    expect(merge.take()).toEqual([]);
    merge.heard("a", "a.1", at(4), [cue(2.5, "k", "a.1")]);
    expect(namesOf(merge.take())).toEqual(["a.1/k", "log 3"]);
  });

  it("orders one instant the same whatever order it was told in: messages, then cues by channel and key, then levels", () => {
    const tellings = [level(1, "b"), cue(1, "2", "a"), cue(1, "1", "b"), level(1, "a"), cue(1, "1", "a")];
    for (const order of [tellings, [...tellings].reverse()]) {
      const merge = new TimeMerge([message(1)], ["x"]);
      merge.heard("x", "x", at(2), order);
      expect(namesOf(merge.take())).toEqual(["log 1", "a/1", "a/2", "b/1", "a level", "b level"]);
    }
  });

  it("gives each item out once, and the rest when the inputs have ended", () => {
    const merge = new TimeMerge([message(1), message(9)], ["a"]);
    merge.heard("a", "a", at(5), [cue(7, "late", "a")]);
    expect(namesOf(merge.take())).toEqual(["log 1"]);
    expect(merge.isDone).toBe(false);
    merge.ended("a");
    expect(merge.isDone).toBe(true);
    expect(namesOf(merge.take())).toEqual(["a/late", "log 9"]);
    expect(merge.take()).toEqual([]);
  });
});
