import { describe, expect, it } from "vitest";
import type { CueLine } from "../../../../daemon/commands/cue-lines.js";
import { cuesIn, rangeOf, shareAt, stripsOf, ticksOf } from "../../../../daemon/commands/plot/picture.js";
import { plotPng } from "../../../../daemon/commands/plot/png-plot.js";
import { ROWS, Spectrogram, TOP_HZ } from "../../../../daemon/commands/plot/spectrogram.js";
import { plotTerminal } from "../../../../daemon/commands/plot/terminal-plot.js";
import { loadTransforms } from "../../../../dsp/transform.js";

const RATE = 16_000;
const transforms = await loadTransforms();

function tone(hz: number, fromSec: number, toSec: number, lengthSec: number): Float32Array {
  return Float32Array.from({ length: lengthSec * RATE }, (_, i) =>
    i >= fromSec * RATE && i < toSec * RATE ? 0.5 * Math.sin((2 * Math.PI * hz * i) / RATE) : 0,
  );
}

function hear(samples: Float32Array, block = 4000, firstSample = 0): Spectrogram {
  const sound = new Spectrogram(RATE, transforms);
  for (let at = 0; at < samples.length; at += block) {
    sound.add({ firstSample: firstSample + at, samples: samples.subarray(at, at + block), invalid: [] });
  }
  return sound;
}

/** A sound of any length, silent and cheap: only its length counts. */
function lasting(sec: number): Spectrogram {
  const sound = new Spectrogram(8000, transforms);
  const samples = new Float32Array(8000);
  for (let i = 0; i < sec; i++) sound.add({ firstSample: i * 8000, samples, invalid: [] });
  return sound;
}

function loudestRow(sound: Spectrogram, fromSec: number, toSec: number): number {
  const rows = sound.look(fromSec, toSec).rowsDb ?? new Float32Array(ROWS);
  return rows.indexOf(Math.max(...rows));
}

const cue = (onsetSec: number, kind = "whistle"): CueLine => ({
  kind,
  onsetSec,
  endSec: onsetSec + 0.5,
  sdSec: 0.01,
  score: 0.9,
  channel: 0,
  count: 1,
  reportedSec: onsetSec + 0.2,
});

describe("Spectrogram", () => {
  const sound = hear(tone(3000, 1, 2, 4));

  it("shows a tone at its frequency, its level and its time", () => {
    expect(Math.abs(((loudestRow(sound, 1.2, 1.8) + 0.5) * TOP_HZ) / ROWS - 3000)).toBeLessThan(50);
    expect(sound.look(1.2, 1.8).rmsDb).toBeCloseTo(-9.03, 1);
    expect(sound.look(1.2, 1.8).peakDb).toBeCloseTo(-6.02, 1);
    expect(sound.look(0, 0.9).rmsDb).toBe(-140);
    expect(sound.look(2.1, 3.9).rmsDb).toBe(-140);
    expect([sound.fromSec, sound.toSec]).toEqual([0, 4]);
  });

  it("does not depend on how the stream is cut into blocks", () => {
    const other = hear(tone(3000, 1, 2, 4), 777);
    for (const at of [0.5, 0.99, 1.5, 2.01]) expect(other.look(at, at + 0.01)).toEqual(sound.look(at, at + 0.01));
  });

  it("keeps the stream's own time where it begins later", () => {
    const later = hear(tone(3000, 1, 2, 4), 4000, 100 * RATE);
    expect([later.fromSec, later.toSec]).toEqual([100, 104]);
    expect(later.look(101.2, 101.8).rmsDb).toBeCloseTo(-9.03, 1);
  });

  it("leaves a gap where sound was lost, told by the mask or by a jump", () => {
    const masked = new Spectrogram(RATE, transforms);
    const samples = tone(1000, 0, 4, 4);
    masked.add({ firstSample: 0, samples, invalid: [{ from: RATE, to: 2 * RATE }] });
    masked.add({ firstSample: 6 * RATE, samples, invalid: [] });
    expect(masked.look(1.1, 1.9).rowsDb).toBeNull();
    expect(masked.look(4.1, 5.9).rowsDb).toBeNull();
    for (const at of [0.5, 2.5, 7]) expect(masked.look(at, at + 0.1).rowsDb).not.toBeNull();
    expect(masked.toSec).toBe(10);
  });

  it("joins columns when there are too many: a short tone in three minutes is still there, at its time", () => {
    const long = hear(tone(3000, 150, 150.1, 180));
    expect(long.look(149.9, 150.2).peakDb).toBeCloseTo(-6.02, 1);
    expect(loudestRow(long, 149.9, 150.2)).toBe(loudestRow(sound, 1.2, 1.8));
    expect(long.look(140, 149.9).rmsDb).toBe(-140);
    expect(long.look(150.2, 160).rmsDb).toBe(-140);
  });
});

describe("strips and ticks", () => {
  it("a minute stays in one strip, longer sounds get at most as many as asked for, of a round length", () => {
    const lengths = (sec: number, most: number): number[] =>
      stripsOf(lasting(sec), most).map(({ fromSec, toSec }) => toSec - fromSec);
    expect(lengths(60, 6)).toEqual([60]);
    expect(lengths(90, 6)).toEqual([15, 15, 15, 15, 15, 15]);
    expect(lengths(240, 6)).toEqual([60, 60, 60, 60]);
    expect(lengths(240, 1)).toEqual([240]);
  });

  it("an empty sound has a strip too", () => {
    const [strip] = stripsOf(new Spectrogram(RATE, transforms), 6);
    expect((strip?.toSec ?? 0) - (strip?.fromSec ?? 0)).toBeGreaterThan(0);
  });

  it("ticks are round times, written as m:ss, with decimals where they are needed", () => {
    const labels = (fromSec: number, toSec: number): string[] =>
      ticksOf({ fromSec, toSec }, 4).map(({ label }) => label);
    expect(labels(0, 20)).toEqual(["0:00", "0:05", "0:10", "0:15", "0:20"]);
    expect(labels(3595, 3605)).toEqual(["59:55", "60:00", "60:05"]);
    expect(labels(59.9, 60.2)).toEqual(["0:59.9", "1:00.0", "1:00.1", "1:00.2"]);
  });

  it("a cue belongs to the strip in which it begins", () => {
    const cues = [cue(9.999), cue(10), cue(19.999), cue(20)];
    expect(cuesIn(cues, { fromSec: 10, toSec: 20 }).map(({ onsetSec }) => onsetSec)).toEqual([10, 19.999]);
  });

  it("silence is black, whatever its length", () => {
    const silence = lasting(2);
    const look = silence.look(0, 2);
    expect(look.rowsDb === null ? 1 : shareAt(look.rowsDb, 60, rangeOf([look]))).toBeLessThanOrEqual(0);
    expect(silence.look(1.999, 2).rowsDb).not.toBeNull();
  });

  it("colours span at least 40 dB and at most 75", () => {
    const flat = rangeOf([{ rowsDb: new Float32Array(ROWS).fill(-50), rmsDb: -40, peakDb: -30 }]);
    expect(flat.highDb - flat.lowDb).toBe(40);
    const wide = rangeOf([
      { rowsDb: Float32Array.from({ length: ROWS }, (_, i) => -140 + i), rmsDb: -40, peakDb: -30 },
    ]);
    expect(wide.highDb - wide.lowDb).toBeLessThanOrEqual(75);
  });
});

describe("the drawn picture", () => {
  const sound = hear(tone(3000, 1, 2, 4));

  it("as PNG: the same for the same sound, another one with a cue", () => {
    const plain = plotPng({ title: "a", sound, cues: [] });
    expect(plotPng({ title: "a", sound, cues: [] }).equals(plain)).toBe(true);
    expect(plotPng({ title: "a", sound, cues: [cue(1)] }).equals(plain)).toBe(false);
  });

  it("as PNG: hundreds of cues, some of unknown kinds and without an end, are no trouble", () => {
    const cues = Array.from({ length: 500 }, (_, i) => ({ ...cue(i / 125, `kind${i % 3}`), endSec: null }));
    expect(plotPng({ title: "x".repeat(500), sound, cues }).length).toBeGreaterThan(1000);
  });

  it("in the terminal: as wide as that is, with a mark at each onset and the counts", () => {
    const text = plotTerminal({ title: "a.wav", sound, cues: [cue(1), cue(1.001, "horn"), cue(3)] }, 86);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with the escape character
    const lines = text.replace(/\u001b\[[\d;]*m/g, "").split("\n");
    expect(lines[0]?.trim()).toBe("a.wav");
    expect(lines[1]).toMatch(/W whistle 2 +R roar 0 +B beep 0 +H horn 1/);
    expect(lines[2]?.trimEnd().length).toBe(6 + Math.floor((79 * 3) / 4) + 1);
    expect(lines[2]).toMatch(/^ +\+ +W *$/);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(86);
    expect(lines.filter((line) => line.includes("▀"))).toHaveLength(18);
  });
});
