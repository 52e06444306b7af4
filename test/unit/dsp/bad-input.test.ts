import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type Cue, createListener } from "../../../dsp/index.js";
import { addTone, addWhistle, crowd, type Listened, listen, makeNoise } from "./sound.js";

const RATE = 16_000;
const MINUTE = 60 * RATE;

/** Half a minute with something of everything: start lights, blasts, a rise of the crowd, a horn. */
function scene(rate = RATE): Float32Array {
  const sound = crowd(32, rate, 0.01, 21);
  for (let i = 18 * rate; i < 22 * rate; i += 1) sound[i] = sound[i]! * 3;
  for (let i = 0; i < 4; i += 1)
    addTone(sound, rate, { atSec: 3 + i, lengthSec: i === 3 ? 0.8 : 0.2, amplitude: 0.06, hz: 880 });
  addTone(sound, rate, { atSec: 27, lengthSec: 1.2, amplitude: 0.1, hz: 330 }, 5, 0.03);
  for (const atSec of [13, 14]) addWhistle(sound, rate, { atSec, lengthSec: 0.4, amplitude: 0.1 });
  return sound;
}

/** A key holds the rounded onset: it moves with the stream and is compared apart. */
function shifted(cue: Cue, by: number): object {
  const place = (at: number | null) => (at === null ? null : Math.round((at - by) * 64) / 64);
  const { key: _key, replayOf: _replayOf, ...rest } = cue;
  return { ...rest, onset: place(cue.onset), end: place(cue.end), reported: place(cue.reported) };
}

let whole: Listened;

beforeAll(async () => {
  whole = await listen(scene(), RATE, { blocks: [scene().length] });
});

describe("the whole listener, cut and shifted", () => {
  it("hears every kind in the scene that the properties are tested on", () => {
    expect([...new Set(whole.cues.map(({ kind }) => kind))].sort()).toEqual(["beep", "horn", "roar", "whistle"]);
  });

  it("tells the same cues, levels and columns however the stream is cut into blocks", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 5 }),
        async (blocks) => {
          const parts = await listen(scene(), RATE, { blocks });
          expect(parts.cues).toEqual(whole.cues);
          expect(parts.levels).toEqual(whole.levels);
          expect(parts.columns).toEqual(whole.columns);
        },
      ),
      { numRuns: 6, examples: [[[80]], [[1, 39_999]]] },
    );
  });

  it("shifts every cue by exactly the shift of the stream", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 2 ** 36 }), async (shift) => {
        const there = await listen(scene(), RATE, { first: shift });
        expect(there.cues.map((cue) => shifted(cue, shift))).toEqual(whole.cues.map((cue) => shifted(cue, 0)));
      }),
      { numRuns: 4, examples: [[1], [79], [2 ** 36]] },
    );
  });

  it("goes on in any place as if it had not been stopped", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 32 * RATE }), async (cut) => {
        const sound = scene();
        const before = await createListener({ sampleRate: RATE });
        const cues = [...before.push({ firstSample: 0, samples: sound.subarray(0, cut), invalid: [] }).cues];
        const after = await createListener({ sampleRate: RATE });
        expect(after.restore(before.snapshot())).toBe(true);
        cues.push(...after.push({ firstSample: cut, samples: sound.subarray(cut), invalid: [] }).cues);
        expect([...cues, ...after.flush().cues]).toEqual(whole.cues);
      }),
      { numRuns: 5, examples: [[Math.round(5.1 * RATE)], [Math.round(27.3 * RATE)], [Math.round(19.5 * RATE)]] },
    );
  });

  it("tells the same of a channel that is another one inverted", async () => {
    const inverted = await listen(
      scene().map((x) => -x),
      RATE,
      { blocks: [scene().length] },
    );
    const rounded = (cues: readonly Cue[]) =>
      cues.map(({ kind, count, onset }) => [kind, count, Math.round(onset / 16)]);
    expect(rounded(inverted.cues)).toEqual(rounded(whole.cues));
  });
});

const noise = makeNoise(77);
/** A minute each. `most`: cues that may be told of it. */
const SOUNDS: Readonly<Record<string, { readonly make: () => Float32Array; readonly most: number }>> = {
  silence: { make: () => new Float32Array(MINUTE), most: 0 },
  "a constant": { make: () => new Float32Array(MINUTE).fill(-0.9), most: 0 },
  "full-scale noise": { make: () => Float32Array.from({ length: MINUTE }, () => Math.sign(noise())), most: 0 },
  "not a number": { make: () => new Float32Array(MINUTE).fill(Number.NaN), most: 0 },
  "every thousandth not a number": {
    make: () => Float32Array.from({ length: MINUTE }, (_, i) => (i % 1000 === 0 ? Number.NaN : 0.1 * noise())),
    most: 0,
  },
  "noise that is switched on and off": {
    make: () => Float32Array.from({ length: MINUTE }, (_, i) => (i % RATE < RATE / 2 ? 0.5 * noise() : 0)),
    most: 30,
  },
  clicks: { make: () => Float32Array.from({ length: MINUTE }, (_, i) => (i % 4000 === 0 ? 1 : 0)), most: 0 },
  "a square wave at full scale": {
    make: () => Float32Array.from({ length: MINUTE }, (_, i) => (i % 50 < 25 ? 1 : -1)),
    most: 1,
  },
  "8 kHz that is sold as more": {
    make: () => {
      const slow = crowd(30, RATE, 0.1, 5);
      return Float32Array.from({ length: MINUTE }, (_, i) => slow[i >> 1]!);
    },
    most: 0,
  },
};

describe("the whole listener on what is no sound", () => {
  it.each(Object.entries(SOUNDS))(
    "raises no flood and nothing that is not a number on %s",
    async (_name, { make, most }) => {
      const { cues, levels, columns } = await listen(make(), RATE);
      expect(new Set(cues.map(({ key }) => key)).size).toBeLessThanOrEqual(most);
      for (const { onset, onsetSdSec, score, levelDb } of cues)
        expect([onset, onsetSdSec, score, levelDb].every(Number.isFinite)).toBe(true);
      const isSound = ({ rmsDb, peakDb, crowdRiseDb, excitement }: (typeof levels)[number]) =>
        [rmsDb, peakDb, crowdRiseDb, excitement].every(Number.isFinite);
      expect(levels.every(isSound)).toBe(true);
      expect(columns.every(({ bandsDb }) => bandsDb.every(Number.isFinite))).toBe(true);
    },
  );

  it("holds back and counts what would be a flood, of every kind", async () => {
    const listener = await createListener({ sampleRate: RATE });
    const sound = crowd(120, RATE, 0.001, 3);
    // Start lights without end, five times a second faster than any race has them.
    for (let i = 0; i < 300; i += 1)
      addTone(sound, RATE, { atSec: 1 + 0.36 * i, lengthSec: 0.15, amplitude: 0.1, hz: 880 });
    for (let i = 0; i < 150; i += 1) addWhistle(sound, RATE, { atSec: 1 + 0.38 * i, lengthSec: 0.2, amplitude: 0.2 });
    const told = [...listener.push({ firstSample: 0, samples: sound, invalid: [] }).cues, ...listener.flush().cues];
    const kinds = (kind: string) => new Set(told.filter((cue) => cue.kind === kind).map(({ key }) => key)).size;
    expect(kinds("whistle")).toBeLessThanOrEqual(130);
    expect(kinds("beep")).toBeLessThanOrEqual(140);
    expect(listener.suppressedCues).toBeGreaterThan(50);
  });

  it("hears an hour of one tone as at most one cue of each kind, and its state does not grow", async () => {
    const listener = await createListener({ sampleRate: 8000 });
    const minute = Float32Array.from({ length: 60 * 8000 }, (_, i) => 0.3 * Math.sin((2 * Math.PI * 880 * i) / 8000));
    const cues: Cue[] = [];
    let size = 0;
    for (let i = 0; i < 60; i += 1) {
      cues.push(...listener.push({ firstSample: i * minute.length, samples: minute, invalid: [] }).cues);
      if (i === 1) size = listener.snapshot().body.length;
    }
    cues.push(...listener.flush().cues);
    expect(new Set(cues.map(({ key }) => key)).size).toBeLessThanOrEqual(2);
    expect(listener.snapshot().body.length).toBeLessThan(1.05 * size);
  });
});
