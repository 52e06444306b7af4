import { describe, expect, it } from "vitest";
import { type Cue, createListener } from "../../../dsp/index.js";
import { addWhistle, crowd, finals, listen, makeNoise } from "./sound.js";

const RATE = 48_000;

/** A blast as a mouth makes it: three close tones whose pitch wanders, never twice in the same way. */
function blast(seed: number, lengthSec = 0.45, hz = 3000): Float32Array {
  const noise = makeNoise(seed);
  const sound = new Float32Array(Math.round(lengthSec * RATE));
  const phases = [0, 120, 260].map(() => Math.PI * noise());
  const base = hz + 30 * noise();
  let wander = 0;
  for (let i = 0; i < sound.length; i += 1) {
    if (i % 48 === 0) wander = 0.96 * wander + 5 * noise();
    const t = i / RATE;
    const envelope = Math.max(0, Math.min(1, t / 0.015, (lengthSec - t) / 0.02));
    [0, 120, 260].forEach((offset, k) => {
      phases[k] = phases[k]! + (2 * Math.PI * (base + offset + wander - 350 * Math.exp(-t / 0.012))) / RATE;
      sound[i] = sound[i]! + 0.1 * envelope * (k === 0 ? 0.6 : 0.3) * Math.sin(phases[k]!);
    });
  }
  return sound;
}

function add(into: Float32Array, sound: Float32Array, atSec: number, gain: number): void {
  const from = Math.round(atSec * RATE);
  for (let i = 0; i < sound.length; i += 1) into[from + i] = into[from + i]! + gain * sound[i]!;
}

/** Early reflections of a stand: what a loudspeaker's sound is like at a microphone. */
function reflected(sound: Float32Array): Float32Array {
  const out = new Float32Array(sound.length + RATE / 10);
  for (const [atSec, gain] of [
    [0, 1],
    [0.017, 0.4],
    [0.041, -0.3],
    [0.07, 0.2],
  ] as const) {
    add(out, sound, atSec, gain);
  }
  return out;
}

const flagsAt = (cues: readonly Cue[]) => finals(cues, "whistle").map((cue) => cue.flags.join());

describe("a replay", () => {
  it("is flagged with the key of the blast it repeats, through another gain, reflections and noise", async () => {
    const sound = crowd(20, RATE, 0.004, 21);
    add(sound, blast(1), 3.0001, 1);
    add(sound, blast(2), 6, 1);
    add(sound, reflected(blast(1)), 14.00037, 0.5);
    const { cues } = await listen(sound, RATE);
    const whistles = finals(cues, "whistle");
    expect(flagsAt(cues)).toEqual(["", "", "replay"]);
    expect(whistles[2]!.replayOf).toBe(whistles[0]!.key);
    expect(whistles[0]!.replayOf).toBeUndefined();
  });

  it("is not what a referee blows again and again with the same whistle", async () => {
    const sound = crowd(60, RATE, 0.004, 22);
    for (let i = 0; i < 12; i += 1) add(sound, blast(100 + i, 0.4 + 0.02 * (i % 5)), 3 + 4.6 * i, 1);
    const { cues } = await listen(sound, RATE);
    expect(finals(cues, "whistle").length).toBe(12);
    expect(flagsAt(cues).filter((flags) => flags !== "")).toEqual([]);
  });

  it("is not an electronic whistle, which sounds the same each time", async () => {
    const sound = crowd(60, RATE, 0.004, 23);
    for (let i = 0; i < 12; i += 1) add(sound, blast(7), 3 + 4.5 * i, 1);
    const { cues } = await listen(sound, RATE);
    const flagged = flagsAt(cues).map((flags) => flags === "replay");
    expect(flagged.length).toBe(12);
    expect(flagged.filter(Boolean).length).toBeLessThanOrEqual(2);
    expect(flagged.slice(3)).not.toContain(true);
  });

  it("is found again after a restart between the two", async () => {
    const sound = crowd(12, RATE, 0.004, 24);
    add(sound, blast(1), 3, 1);
    add(sound, blast(1), 8, 0.6);
    const before = await createListener({ sampleRate: RATE });
    before.push({ firstSample: 0, samples: sound.subarray(0, 5 * RATE), invalid: [] });
    const after = await createListener({ sampleRate: RATE });
    expect(after.restore(before.snapshot())).toBe(true);
    const heard = after.push({ firstSample: 5 * RATE, samples: sound.subarray(5 * RATE), invalid: [] });
    expect(flagsAt([...heard.cues, ...after.flush().cues])).toEqual(["replay"]);
  });
});

describe("a whistle with the fingers", () => {
  it("is flagged by its smooth tone, which a pea or close tones that beat never have", async () => {
    const sound = crowd(12, RATE, 0.001, 25);
    add(sound, blast(1), 3, 1);
    const fingers = new Float32Array(Math.round(0.6 * RATE));
    let phase = 0;
    for (let i = 0; i < fingers.length; i += 1) {
      const t = i / RATE;
      phase += (2 * Math.PI * (2800 + 20 * Math.sin(2 * Math.PI * 5 * t))) / RATE;
      fingers[i] = 0.08 * Math.max(0, Math.min(1, t / 0.02, (0.6 - t) / 0.1)) * Math.sin(phase);
    }
    add(sound, fingers, 8, 1);
    const listener = await createListener({ sampleRate: RATE });
    // The judge may know it for what it is; the flag is for those it lets pass.
    listener.whistle.judge.weigh = () => 1;
    const heard = [listener.push({ firstSample: 0, samples: sound, invalid: [] }), listener.flush()];
    const told = finals(
      heard.flatMap(({ cues }) => cues),
      "whistle",
    );
    const flagsNear = (sec: number) =>
      told.filter((cue) => Math.abs(cue.onset / RATE - sec) < 0.05).map((cue) => cue.flags.join());
    expect([flagsNear(3), flagsNear(8)]).toEqual([[""], ["crowdWhistle"]]);
  });
});

describe("a faint whistle", () => {
  /** Four blasts in a crowd, judged as if every tone that can be a whistle had these log odds. */
  async function heardWithOdds(odds: number): Promise<{ told: Cue[]; faint: Cue[] }> {
    const sound = crowd(20, RATE, 0.01, 31);
    for (let i = 0; i < 4; i += 1) addWhistle(sound, RATE, { atSec: 3 + 4 * i, lengthSec: 0.4, amplitude: 0.1 });
    const listener = await createListener({ sampleRate: RATE });
    listener.whistle.judge.weigh = () => odds;
    const parts = [listener.push({ firstSample: 0, samples: sound, invalid: [] }), listener.flush()];
    const told = parts.flatMap(({ cues }) => cues).filter((cue) => cue.kind === "whistle" && cue.isFinal);
    return { told, faint: parts.flatMap(({ faint }) => faint ?? []) };
  }

  it("is kept apart from the cues: final, timed like them, scored without any hint", async () => {
    const { told, faint } = await heardWithOdds(-1);
    expect(told).toEqual([]);
    for (let i = 0; i < 4; i += 1) {
      const [cue, ...others] = faint.filter((one) => Math.abs(one.onset / RATE - 3 - 4 * i) < 0.02);
      expect(cue).toMatchObject({ kind: "whistle", isFinal: true, count: 1 });
      expect(cue!.score).toBeLessThan(0.2);
      expect(Math.abs(cue!.end! / RATE - 3.4 - 4 * i)).toBeLessThan(0.06);
      expect(cue!.reported).toBeGreaterThan(cue!.end!);
      expect(others.length).toBeLessThan(3);
    }
  });

  it("is none where the sound says nothing for it, and none of a blast that was told", async () => {
    expect(await heardWithOdds(-3)).toEqual({ told: [], faint: [] });
    const { told, faint } = await heardWithOdds(1);
    expect(told.length).toBeGreaterThanOrEqual(4);
    expect(faint).toEqual([]);
  });

  it("never is one in silence, and noise gives no flood of them", async () => {
    const listener = await createListener({ sampleRate: RATE });
    listener.whistle.judge.weigh = () => -1;
    expect(listener.push({ firstSample: 0, samples: new Float32Array(10 * RATE), invalid: [] }).faint).toEqual([]);
    const sound = crowd(30, RATE, 0.001, 11);
    for (let i = 0; i < 72; i += 1) addWhistle(sound, RATE, { atSec: 2 + 0.38 * i, lengthSec: 0.2, amplitude: 0.2 });
    const { faint } = listener.push({ firstSample: 10 * RATE, samples: sound, invalid: [] });
    expect(faint!.length).toBeGreaterThan(10);
    expect(faint!.length).toBeLessThanOrEqual(40);
  });
});
