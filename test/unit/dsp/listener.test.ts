import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Cue, createListener, SPECTRUM_BANDS } from "../../../dsp/index.js";
import { addTone, addWhistle, crowd, finals, listen, makeNoise } from "./sound.js";

const RATE = 48_000;

/** Eight seconds of crowd with three blasts, a beep train and a horn: something of everything. */
function scene(rate = RATE): Float32Array {
  const sound = crowd(8, rate, 0.01);
  addWhistle(sound, rate, { atSec: 2, lengthSec: 0.4, amplitude: 0.1 });
  addWhistle(sound, rate, { atSec: 3, lengthSec: 0.3, amplitude: 0.1 });
  addWhistle(sound, rate, { atSec: 3.8, lengthSec: 0.9, amplitude: 0.1 });
  addTone(sound, rate, { atSec: 5.5, lengthSec: 1.2, amplitude: 0.1, hz: 330 }, 5, 0.03);
  return sound;
}

/** Without the keys, which hold the rounded onset. */
function comparable(cues: readonly Cue[], shift = 0): object[] {
  return cues.map(({ key: _key, replayOf: _original, ...cue }) => ({
    ...cue,
    onset: cue.onset - shift,
    end: cue.end === null ? null : cue.end - shift,
    reported: cue.reported - shift,
  }));
}

describe("Listener on a whistle", () => {
  it.each([16_000, 32_000, 44_100, 48_000, 96_000])(
    "finds three blasts and times them to 15 ms at %i Hz",
    async (rate) => {
      const { cues } = await listen(scene(rate), rate);
      const whistles = finals(cues, "whistle");
      expect(whistles).toHaveLength(3);
      [2, 3, 3.8].forEach((atSec, i) => {
        expect(Math.abs(whistles[i]!.onset / rate - atSec)).toBeLessThan(0.015);
        expect(whistles[i]!.count).toBe(i + 1);
        expect(whistles[i]!.score).toBeGreaterThan(0.5);
      });
      expect(Math.abs(whistles[2]!.end! / rate - 4.7)).toBeLessThan(0.06);
    },
  );

  it("tells a blast within 0.2 s of its onset, then again under the same key at its end", async () => {
    const { cues } = await listen(scene(), RATE, { blocks: [240] });
    const whistles = cues.filter((cue) => cue.kind === "whistle");
    const provisional = whistles.filter((cue) => !cue.isFinal);
    expect(provisional).toHaveLength(3);
    for (const cue of provisional) {
      expect((cue.reported - cue.onset) / RATE).toBeLessThan(0.2);
      expect(cue.end).toBeNull();
      expect(whistles.filter((other) => other.key === cue.key && other.isFinal)).toHaveLength(1);
    }
  });

  it("names the main tone first, to 40 Hz", async () => {
    const { cues } = await listen(scene(), RATE);
    expect(Math.abs(finals(cues, "whistle")[2]!.tonesHz[0]! - 3000)).toBeLessThan(40);
  });

  it("is found in a crowd that is as loud as it, broadband", async () => {
    const sound = crowd(20, RATE, 0.05, 3);
    for (let i = 0; i < 4; i += 1) addWhistle(sound, RATE, { atSec: 3 + 4 * i, lengthSec: 0.5, amplitude: 0.11 });
    const { cues } = await listen(sound, RATE);
    expect(finals(cues, "whistle")).toHaveLength(4);
  });

  it("closes a blast that still sounds when the stream ends", async () => {
    const sound = scene().subarray(0, Math.round(4.3 * RATE));
    const { cues } = await listen(sound, RATE);
    expect(finals(cues, "whistle")).toHaveLength(3);
  });
});

describe("Listener on what is no cue", () => {
  const seconds = 10;
  const length = seconds * RATE;
  const noise = makeNoise(9);
  const sounds: Record<string, Float32Array> = {
    silence: new Float32Array(length),
    "a constant": new Float32Array(length).fill(0.7),
    "not a number": new Float32Array(length).fill(Number.NaN),
    infinity: new Float32Array(length).fill(Number.POSITIVE_INFINITY),
    "full-scale noise": Float32Array.from({ length }, () => Math.sign(noise())),
    "numbers beyond all scales": Float32Array.from({ length }, () => 3e38 * noise()),
    "denormal numbers": Float32Array.from({ length }, () => 1e-42 * noise()),
    "a crowd": crowd(seconds, RATE, 0.1, 5),
    "a voice with harmonics up to 4 kHz": (() => {
      const sound = crowd(seconds, RATE, 0.003, 6);
      for (let i = 0; i < 9; i += 1)
        addTone(sound, RATE, { atSec: 1 + i, lengthSec: 0.35, amplitude: 0.1, hz: 180 + 9 * i }, 20, 0.04);
      return sound;
    })(),
  };
  for (const [name, sound] of Object.entries(sounds)) {
    it(`hears no whistle and no beep in ${name}`, async () => {
      const { cues } = await listen(sound, RATE);
      expect(cues.filter((cue) => cue.kind === "whistle" || cue.kind === "beep")).toEqual([]);
    });
  }

  it("tells an hour-like tone at most once and then takes it for background", async () => {
    const sound = crowd(60, RATE, 0.001, 8);
    addTone(sound, RATE, { atSec: 3, lengthSec: 57, amplitude: 0.2, hz: 3100 });
    const { cues } = await listen(sound, RATE);
    expect(finals(cues, "whistle").length).toBeLessThanOrEqual(1);
  });

  it("holds cues back, counted, when noise would flood", async () => {
    const listener = await createListener({ sampleRate: RATE });
    const sound = crowd(60, RATE, 0.001, 11);
    for (let i = 0; i < 150; i += 1) addWhistle(sound, RATE, { atSec: 2 + 0.38 * i, lengthSec: 0.2, amplitude: 0.2 });
    const cues = [...listener.push({ firstSample: 0, samples: sound, invalid: [] }).cues, ...listener.flush().cues];
    const told = finals(cues, "whistle").length;
    expect(told).toBeGreaterThan(10);
    expect(told).toBeLessThanOrEqual(70);
    expect(listener.suppressedCues).toBeGreaterThan(30);
  });
});

describe("Listener, whatever the stream is like", () => {
  it("hears exactly the same in blocks of any length", async () => {
    const sound = scene();
    const whole = await listen(sound, RATE, { blocks: [sound.length] });
    expect(whole.cues.length).toBeGreaterThan(6);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 9_000 }), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        async (lengths, hasEmpty) => {
          const blocks = hasEmpty ? [...lengths, 0] : lengths;
          const parts = await listen(sound, RATE, { blocks });
          expect(parts.cues).toEqual(whole.cues);
          expect(parts.levels).toEqual(whole.levels);
          expect(parts.columns).toEqual(whole.columns);
        },
      ),
      { numRuns: 8 },
    );
  });

  it("shifts every cue by exactly the shift of the stream", async () => {
    const sound = scene();
    const here = await listen(sound, RATE);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 40 }), async (shift) => {
        const there = await listen(sound, RATE, { first: shift });
        const round = (cues: object[]): object[] =>
          cues.map((cue) =>
            JSON.parse(JSON.stringify(cue, (_, v) => (typeof v === "number" ? Math.round(v * 100) / 100 : v))),
          );
        expect(round(comparable(there.cues, shift))).toEqual(round(comparable(here.cues)));
      }),
      { numRuns: 4 },
    );
  });

  it("hears the same at any gain from -24 to +12 dB", async () => {
    const sound = scene();
    const reference = await listen(sound, RATE);
    for (const gainDb of [-24, -12, 6, 12]) {
      const gain = 10 ** (gainDb / 20);
      const { cues } = await listen(
        sound.map((x) => x * gain),
        RATE,
      );
      expect(cues.map((cue) => cue.kind)).toEqual(reference.cues.map((cue) => cue.kind));
      cues.forEach((cue, i) => {
        expect(Math.abs(cue.onset - reference.cues[i]!.onset)).toBeLessThan(2);
        expect(cue.levelDb - reference.cues[i]!.levelDb).toBeCloseTo(gainDb, 1);
      });
    }
  });

  it("goes on after a restart as if nothing had happened", async () => {
    const sound = scene();
    const whole = await listen(sound, RATE, { blocks: [4800] });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: sound.length }), async (cut) => {
        const before = await createListener({ sampleRate: RATE });
        const cues = [...before.push({ firstSample: 0, samples: sound.subarray(0, cut), invalid: [] }).cues];
        const after = await createListener({ sampleRate: RATE });
        expect(after.restore(before.snapshot())).toBe(true);
        cues.push(...after.push({ firstSample: cut, samples: sound.subarray(cut), invalid: [] }).cues);
        cues.push(...after.flush().cues);
        expect(cues).toEqual(whole.cues);
      }),
      { numRuns: 8, examples: [[Math.round(2.1 * RATE)], [Math.round(4.2 * RATE)]] },
    );
  });

  it("refuses a snapshot of another version or rate, or a damaged one, and starts fresh", async () => {
    const listener = await createListener({ sampleRate: RATE });
    const snapshot = listener.snapshot();
    const other = await createListener({ sampleRate: 44_100 });
    expect(other.restore(snapshot)).toBe(false);
    for (const change of [-1, 1]) {
      expect(listener.restore({ ...snapshot, version: snapshot.version + change })).toBe(false);
    }
    for (const body of ["", "{}", "null", "7", snapshot.body.slice(0, -7), snapshot.body.replace("hits", "hats")]) {
      expect(listener.restore({ version: snapshot.version, body })).toBe(false);
    }
    const { cues } = listener.push({ firstSample: 0, samples: scene(), invalid: [] });
    expect(finals(cues, "whistle")).toHaveLength(3);
  });
});

describe("Listener on lost sound", () => {
  it("makes no cue from a gap and still times the blast after it", async () => {
    const sound = scene();
    const listener = await createListener({ sampleRate: RATE });
    const gap = 20 * RATE;
    const cues: Cue[] = [];
    const half = Math.round(2.7 * RATE);
    cues.push(...listener.push({ firstSample: 0, samples: sound.subarray(0, half), invalid: [] }).cues);
    cues.push(...listener.push({ firstSample: half + gap, samples: sound.subarray(half), invalid: [] }).cues);
    cues.push(...listener.flush().cues);
    const onsets = finals(cues, "whistle").map((cue) => cue.onset / RATE);
    expect(onsets).toHaveLength(3);
    [2, 23, 23.8].forEach((atSec, i) => {
      expect(Math.abs(onsets[i]! - atSec)).toBeLessThan(0.015);
    });
    expect(listener.invalidSamples).toBe(gap);
  });

  it("hears nothing where the mask says that there is no sound", async () => {
    const invalid = [{ from: 1.95 * RATE, to: 2.5 * RATE }];
    const masked = await listen(scene(), RATE, { invalid });
    expect(finals(masked.cues, "whistle").map((cue) => Math.round(cue.onset / RATE))).toEqual([3, 4]);
  });

  it("survives a jump of a million years in either direction", async () => {
    const listener = await createListener({ sampleRate: RATE });
    const samples = scene();
    listener.push({ firstSample: 1e6, samples, invalid: [] });
    listener.push({ firstSample: 1e18, samples, invalid: [] });
    listener.push({ firstSample: -5, samples, invalid: [] });
    listener.push({ firstSample: Number.NaN, samples, invalid: [{ from: Number.NaN, to: Number.NaN }] });
    const { levels } = listener.push({ firstSample: 3, samples, invalid: [] });
    expect(levels.every((level) => Number.isFinite(level.rmsDb))).toBe(true);
  });

  it("does not hear samples twice when blocks overlap", async () => {
    const sound = scene();
    const listener = await createListener({ sampleRate: RATE });
    const cues: Cue[] = [];
    for (let at = 0; at < sound.length; at += 4800) {
      cues.push(...listener.push({ firstSample: at, samples: sound.subarray(at, at + 9600), invalid: [] }).cues);
    }
    cues.push(...listener.flush().cues);
    expect(cues).toEqual((await listen(sound, RATE)).cues);
  });
});

describe("levels and columns", () => {
  it("come 20 times a second, at the level of the sound", async () => {
    const sound = new Float32Array(4 * RATE);
    addTone(sound, RATE, { atSec: 0, lengthSec: 4, amplitude: 0.1, hz: 1000 });
    const { levels, columns } = await listen(sound, RATE);
    expect(Math.abs(levels.length - 80)).toBeLessThanOrEqual(1);
    expect(levels[40]!.rmsDb).toBeCloseTo(-23, 1);
    expect(levels[40]!.peakDb).toBeCloseTo(-20, 1);
    const loudest = columns[40]!.bandsDb.indexOf(Math.max(...columns[40]!.bandsDb));
    expect(Math.abs(SPECTRUM_BANDS[loudest]! - 1000)).toBeLessThan(60);
    expect(columns[41]!.at - columns[40]!.at).toBe(RATE / 20);
  });
});
