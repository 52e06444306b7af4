import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { readLabels, writeMixes } from "../../../daemon/score/index.js";
import { finals, listen } from "./sound.js";

/** Recordings with labelled whistles; they belong to others and are not part of the project. */
const DATA = join(fileURLToPath(new URL("../../../", import.meta.url)), "..", "shared", "data", "whistle");
const LABELS = join(DATA, "labels.json");

interface Labelled {
  readonly file: string;
  readonly kind: string;
  readonly whistles: readonly { readonly startSec: number; readonly endSec: number }[];
  readonly ignore: readonly (readonly [number, number])[];
}

interface Score {
  found: number;
  missed: number;
  falseAlarms: number;
  seconds: number;
  readonly errorsSec: number[];
  /** Errors by the deviation that was told for them. */
  readonly inDeviations: number[];
}

/** Mono, 16 bit: what the data set and the mixes hold. */
function readMono(path: string): { rate: number; sound: Float32Array } {
  const bytes = readFileSync(path);
  const [format] = chunkOf(bytes, "fmt ");
  const [data, length] = chunkOf(bytes, "data");
  const sound = Float32Array.from({ length: length >> 1 }, (_, i) => bytes.readInt16LE(data + 2 * i) / 32768);
  return { rate: bytes.readUInt32LE(format + 4), sound };
}

/** Where a chunk's body begins, and its length as far as it is there. */
function chunkOf(bytes: Buffer, id: string): [number, number] {
  for (let at = 12; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32LE(at + 4);
    if (bytes.toString("latin1", at, at + 4) === id) return [at + 8, Math.min(length, bytes.length - at - 8)];
    at += 8 + length + (length % 2);
  }
  throw new Error(`no chunk '${id}'`);
}

async function scoreKind(kind: string): Promise<Score> {
  const files = (JSON.parse(readFileSync(LABELS, "utf8")).files as Labelled[]).filter((file) => file.kind === kind);
  return scoreFiles(files.map((file) => ({ ...file, file: join(DATA, file.file) })));
}

/** The labelled single blasts over the labelled crowds. */
async function scoreMixes(levelDb: number): Promise<Score> {
  const labels = (await readLabels(DATA)).map((label) => ({ ...label, file: join(DATA, label.file) }));
  const dir = mkdtempSync(join(tmpdir(), "touchline-test-mix-"));
  try {
    const mixes = await writeMixes(labels, [levelDb], dir);
    const whistlesOf = (mix: (typeof mixes)[number]) =>
      mix.whistles.map(({ onsetSec, endSec }) => ({ startSec: onsetSec, endSec }));
    return await scoreFiles(mixes.map((mix) => ({ ...mix, whistles: whistlesOf(mix), ignore: [] })));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function scoreFiles(files: readonly Labelled[]): Promise<Score> {
  const score: Score = { found: 0, missed: 0, falseAlarms: 0, seconds: 0, errorsSec: [], inDeviations: [] };
  for (const file of files) {
    const { rate, sound } = readMono(file.file);
    const cues = finals((await listen(sound, rate)).cues, "whistle");
    score.seconds += sound.length / rate;
    const heard = cues.map((cue) => ({ onsetSec: cue.onset / rate, sdSec: cue.onsetSdSec }));
    scoreFile(file, heard, score);
  }
  return score;
}

function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(share * values.length)]!;
}

/** A cue within 0.25 s of a label finds it; others inside of a found whistle or a region to be ignored do not count. */
function scoreFile(
  file: Labelled,
  heard: readonly { readonly onsetSec: number; readonly sdSec: number }[],
  score: Score,
): void {
  const free = new Set(heard);
  const found: Labelled["whistles"][number][] = [];
  for (const whistle of file.whistles) {
    const distance = (one: { readonly onsetSec: number }): number => Math.abs(one.onsetSec - whistle.startSec);
    const near = [...free].sort((a, b) => distance(a) - distance(b))[0];
    if (near === undefined || distance(near) > 0.25) {
      score.missed += 1;
      continue;
    }
    free.delete(near);
    found.push(whistle);
    score.found += 1;
    score.errorsSec.push(distance(near));
    score.inDeviations.push(distance(near) / near.sdSec);
  }
  for (const { onsetSec: onset } of free) {
    const isDuplicate = found.some((one) => onset > one.startSec - 0.25 && onset < one.endSec + 0.3);
    const isIgnored = file.ignore.some(([from, to]) => onset > from - 0.25 && onset < to + 0.25);
    if (!isDuplicate && !isIgnored) score.falseAlarms += 1;
  }
}

const itOrSkip = existsSync(LABELS) ? it : it.skip;
/** Minutes of sound on a machine that may be busy. */
const LONGEST_MS = 600_000;
const onData = (name: string, test: () => Promise<void>): void => itOrSkip(name, test, LONGEST_MS);
const suffix = existsSync(LABELS) ? "" : " (skipped: the recordings are not there)";

onData(
  `finds 97 % of the whistles of real matches with a precision of 95 %, 95 % of them timed to 35 ms${suffix}`,
  async () => {
    const { found, missed, falseAlarms, errorsSec, inDeviations } = await scoreKind("real");
    expect(found + missed).toBeGreaterThan(50);
    expect(found / (found + missed)).toBeGreaterThanOrEqual(0.97);
    expect(found / (found + falseAlarms)).toBeGreaterThanOrEqual(0.95);
    expect(quantile(errorsSec, 0.95)).toBeLessThan(0.035);
    expect(quantile(inDeviations, 0.95)).toBeLessThan(2.5);
  },
);

for (const { levelDb, recall, p95Sec } of [
  { levelDb: 5, recall: 0.98, p95Sec: 0.035 },
  { levelDb: 0, recall: 0.9, p95Sec: 0.035 },
  { levelDb: -5, recall: 0.63, p95Sec: 0.09 },
]) {
  onData(
    `finds ${100 * recall} % of whistles that are ${levelDb} dB over a crowd, with a precision of 97 %${suffix}`,
    async () => {
      const { found, missed, falseAlarms, errorsSec, inDeviations } = await scoreMixes(levelDb);
      expect(found + missed).toBeGreaterThan(50);
      expect(found / (found + missed)).toBeGreaterThanOrEqual(recall);
      expect(found / (found + falseAlarms)).toBeGreaterThanOrEqual(0.97);
      expect(quantile(errorsSec, 0.95)).toBeLessThan(p95Sec);
      expect(quantile(inDeviations, 0.95)).toBeLessThan(2.5);
    },
  );
}

onData(`hears no referee in the crowds alone${suffix}`, async () => {
  const { falseAlarms, seconds } = await scoreKind("bed");
  expect(seconds).toBeGreaterThan(60);
  expect(falseAlarms).toBe(0);
});

onData(`raises at most four false alarms a minute among birds, sirens, instruments and voices${suffix}`, async () => {
  const { falseAlarms, seconds } = await scoreKind("hard-negative");
  expect((60 * falseAlarms) / seconds).toBeLessThanOrEqual(4);
});
