import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { PACKAGE_ROOT } from "../../../daemon/package-files.js";
import { type LabelledFile, robustTable } from "../../../daemon/score/index.js";
import { CODECS, delayOf, hasCodecs, throughCodec } from "../../../daemon/score/robust-codecs.js";
import { DAMAGES } from "../../../daemon/score/robust-damage.js";
import { CONDITIONS, chooseFiles, scoreRobustness } from "../../../daemon/score/robust-score.js";
import { Random, rmsOf } from "../../../daemon/simulate/index.js";

const RATE = 48_000;
const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;
const work = mkdtempSync(join(tmpdir(), "touchline-robust-test-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

function noise(seconds: number, amplitude: number): Float32Array {
  const random = new Random("noise");
  return Float32Array.from({ length: seconds * RATE }, () => amplitude * (2 * random.next() - 1));
}

function damaged(condition: string, samples: Float32Array) {
  const make = DAMAGES[condition];
  if (make === undefined) throw new RangeError(condition);
  return make({ samples, sampleRate: RATE }, new Random("a"));
}

const peakOf = (samples: Float32Array): number => samples.reduce((peak, x) => Math.max(peak, Math.abs(x)), 0);
const db = (ratio: number): number => 20 * Math.log10(ratio);

describe("what is done to recordings", () => {
  const sound = noise(2, 0.5);

  it.each(Object.keys(DAMAGES))(
    "%s: the same for the same sound, the original untouched, every sample a number",
    (name) => {
      const before = sound.slice();
      const first = damaged(name, sound);
      expect(damaged(name, sound)).toEqual(first);
      expect(sound).toEqual(before);
      expect(first.samples.every(Number.isFinite)).toBe(true);
      expect(first.samples.length / first.sampleRate).toBeCloseTo(2, 3);
    },
  );

  it("gains change the level by what they say, as 16-bit words; upwards they clip at full scale", () => {
    expect(db(rmsOf(damaged("gain -24 dB", sound).samples) / rmsOf(sound))).toBeCloseTo(-24, 1);
    const loud = damaged("gain +12 dB", sound).samples;
    expect(peakOf(loud)).toBe(1);
    expect(loud.filter((x) => Math.abs(x) === 1).length).toBeGreaterThan(loud.length / 3);
    for (const x of loud.subarray(0, 1000)) expect(Math.abs(x * 32_767 - Math.round(x * 32_767))).toBeLessThan(0.01);
  });

  it("hard clipping cuts at a tenth of the peak", () => {
    expect(peakOf(damaged("hard clipping", sound).samples)).toBeCloseTo(peakOf(sound) / 10, 5);
  });

  it("the AGC brings quiet and loud sound to about one level, and ducks what follows a loud start", () => {
    const tail = (samples: Float32Array): number => rmsOf(samples, RATE, 2 * RATE);
    const [quiet, loud] = [noise(2, 0.01), noise(2, 0.5)].map((one) => tail(damaged("AGC", one).samples));
    expect(Math.abs(db((quiet ?? 0) / (loud ?? 1)))).toBeLessThan(1);
    const burst = noise(2, 0.02);
    for (let i = RATE / 2; i < RATE; i++) burst[i] = 20 * (burst[i] ?? 0);
    const { samples } = damaged("AGC", burst);
    const after = rmsOf(samples, RATE, RATE + 2400);
    expect(after).toBeLessThan(rmsOf(samples, RATE / 4, RATE / 2) / 3);
  });

  it("16 kHz keeps a tone of 3 kHz and loses one of 10 kHz", () => {
    const at = (hz: number): Float32Array =>
      Float32Array.from({ length: RATE }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hz * i) / RATE));
    expect(Math.abs(db(rmsOf(damaged("16 kHz", at(3000)).samples) / rmsOf(at(3000))))).toBeLessThan(0.2);
    expect(db(rmsOf(damaged("16 kHz", at(10_000)).samples, 1000, 15_000) / rmsOf(at(10_000)))).toBeLessThan(-40);
  });

  it.each([
    ["wind", 12],
    ["mains hum", 6],
  ])("%s is added %i dB over the recording's level", (name, overDb) => {
    const { samples } = damaged(name, sound);
    const added = samples.map((x, i) => x - (sound[i] ?? 0));
    expect(db(rmsOf(added) / rmsOf(sound))).toBeCloseTo(overDb, 1);
  });

  it("dropouts are zeros, told as lost, one a second on average", () => {
    const long = noise(30, 0.5);
    const { samples, invalid } = damaged("dropouts", long);
    expect(invalid.length).toBeGreaterThan(15);
    expect(invalid.length).toBeLessThan(50);
    const isLost = new Uint8Array(long.length);
    for (const { from, to } of invalid) {
      expect((to - from) / RATE).toBeLessThanOrEqual(0.0601);
      isLost.fill(1, from, to);
    }
    for (let i = 0; i < long.length; i += 7) expect(samples[i]).toBe(isLost[i] === 1 ? 0 : long[i]);
  });
});

describe("codecs", () => {
  it("finds by how much one sound is behind the other, either way", () => {
    const sound = noise(1, 0.5);
    const late = new Float32Array(RATE);
    late.set(sound.subarray(0, RATE - 1234), 1234);
    expect(delayOf(sound, late, RATE)).toBe(1234);
    expect(delayOf(late, sound, RATE)).toBe(-1234);
    expect(delayOf(new Float32Array(100), new Float32Array(100), RATE)).toBe(0);
  });

  it.skipIf(!hasFfmpeg).each(Object.keys(CODECS))(
    `${hasFfmpeg ? "" : "skipped: no ffmpeg on the PATH: "}%s comes back at its time, rate and length, but not the same`,
    async (name) => {
      const samples = noise(1, 0.1);
      for (let i = RATE / 2; i < (RATE * 6) / 10; i++) samples[i] = 0.5 * Math.sin((2 * Math.PI * 3000 * i) / RATE);
      for (const sampleRate of [RATE, 44_100]) {
        const back = await throughCodec({ samples, sampleRate }, name, work);
        expect([back.sampleRate, back.samples.length]).toEqual([sampleRate, samples.length]);
        expect(Math.abs(delayOf(samples, back.samples, sampleRate))).toBeLessThanOrEqual(1);
        expect(back.samples).not.toEqual(samples);
      }
    },
  );
});

describe("scoreRobustness", () => {
  const label = (file: string, kind: string, durationSec: number): LabelledFile => ({
    file,
    kind,
    durationSec,
    whistles: [],
    ignored: [],
  });

  it("takes the recordings of matches where there are any, else all, up to so many minutes", () => {
    const labels = [label("a", "real", 50), label("b", "bed", 50), label("c", "real", 50), label("d", "real", 5)];
    const names = (from: LabelledFile[], minutes: number): string[] =>
      chooseFiles(from, minutes).map(({ file }) => file);
    expect(names(labels, 10)).toEqual(["a", "c", "d"]);
    expect(names(labels, 1)).toEqual(["a"]);
    expect(names([label("b", "bed", 50)], 10)).toEqual(["b"]);
  });

  const example: LabelledFile = {
    ...label(join(PACKAGE_ROOT, "config", "example", "whistles.wav"), "real", 20),
    whistles: [
      { id: "1", onsetSec: 1.5, endSec: 2.3 },
      { id: "2", onsetSec: 4.9, endSec: 5.4 },
    ],
  };
  const options = { workDir: work, onStep: () => undefined };

  it("gives a row for each condition, the recordings as they are first, and the same rows again", async () => {
    const conditions = ["dropouts", "gain -12 dB"];
    const score = await scoreRobustness([example], { ...options, conditions });
    expect(score.rows.map(({ condition }) => condition)).toEqual([CONDITIONS[0], "gain -12 dB", "dropouts"]);
    expect(score.rows.map(({ report }) => report?.targets)).toEqual([2, 2, 2]);
    expect(score.rows[0]).toMatchObject({ f1Change: 0, skipped: null, report: { found: 2, recall: 1 } });
    expect(await scoreRobustness([example], { ...options, conditions })).toEqual(score);
  });

  it("names the codecs as skipped where there is no ffmpeg, and scores the rest", async () => {
    const path = process.env.PATH;
    process.env.PATH = "";
    try {
      expect(await hasCodecs()).toBe(false);
      const score = await scoreRobustness([example], { ...options, conditions: Object.keys(CODECS) });
      expect(score.rows.filter(({ skipped }) => skipped !== null).map(({ condition }) => condition)).toEqual(
        Object.keys(CODECS),
      );
      const cells = robustTable(score).rows.map((row) => `${row[1]}`);
      expect(cells.filter((cell) => cell.startsWith("skipped: no ffmpeg"))).toHaveLength(3);
    } finally {
      process.env.PATH = path;
    }
  });

  it("no files make a table without figures, not an error", async () => {
    const score = await scoreRobustness([], { ...options, conditions: ["AGC"] });
    expect(score.rows.map(({ report, f1Change }) => [report?.f1, f1Change])).toEqual([
      [null, null],
      [null, null],
    ]);
  });
});
