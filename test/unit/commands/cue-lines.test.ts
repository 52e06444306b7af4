import { describe, expect, it } from "vitest";
import { CueLines } from "../../../daemon/commands/cue-lines.js";
import { cueAt } from "../inputs/audio/fake-listener.js";

const RATE = 1000;

describe("CueLines", () => {
  it("makes the documented line of a cue, in seconds", () => {
    const lines = new CueLines(RATE, null);
    lines.add(cueAt(12_345, { end: 13_100, onsetSdSec: 0.0123456789, score: 0.97, reported: 12_530, count: 2 }), 3);
    expect(JSON.stringify(lines.takeReady())).toBe(
      '[{"kind":"whistle","onsetSec":12.345,"endSec":13.1,"sdSec":0.012346,"score":0.97,"channel":3,"count":2,"reportedSec":12.53}]',
    );
  });

  it("tells a cue once, at its end, with the time at which it was first told", () => {
    const lines = new CueLines(RATE, null);
    lines.add(cueAt(100, { end: null, isFinal: false, reported: 200, score: 0.6 }), 0);
    expect(lines.takeReady()).toEqual([]);
    lines.add(cueAt(100, { end: 900, reported: 1000, score: 0.8 }), 0);
    expect(lines.takeReady()).toMatchObject([{ onsetSec: 0.1, endSec: 0.9, score: 0.8, reportedSec: 0.2 }]);
    expect(lines.takeAll()).toEqual([]);
  });

  it("keeps the order of first telling: who was told later waits for who still lasts", () => {
    const lines = new CueLines(RATE, null);
    lines.add(cueAt(100, { kind: "roar", end: null, isFinal: false, reported: 200 }), 0);
    lines.add(cueAt(300, { reported: 350 }), 1);
    lines.add(cueAt(290, { reported: 340 }), 0);
    expect(lines.takeReady()).toEqual([]);
    lines.add(cueAt(100, { kind: "roar", end: 500, reported: 600 }), 0);
    expect(lines.takeReady().map(({ reportedSec }) => reportedSec)).toEqual([0.2, 0.34, 0.35]);
  });

  it("does not mix up cues of two channels with the same key", () => {
    const lines = new CueLines(RATE, null);
    lines.add(cueAt(100, { end: null, isFinal: false, reported: 110 }), 0);
    lines.add(cueAt(100, { end: 150, reported: 110 }), 1);
    lines.add(cueAt(100, { end: 200, reported: 250 }), 0);
    expect(lines.takeReady().map(({ channel, endSec }) => [channel, endSec])).toEqual([
      [0, 0.2],
      [1, 0.15],
    ]);
  });

  it("leaves other kinds out, and does not wait for them", () => {
    const lines = new CueLines(RATE, ["whistle"]);
    lines.add(cueAt(10, { kind: "roar", end: null, isFinal: false }), 0);
    lines.add(cueAt(20), 0);
    expect(lines.takeReady().length).toBe(1);
  });

  it("tells at the end of the file what has no end", () => {
    const lines = new CueLines(RATE, null);
    lines.add(cueAt(10, { end: null, isFinal: false }), 0);
    expect(lines.takeAll()).toMatchObject([{ endSec: null }]);
  });
});
