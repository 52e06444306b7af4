import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
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
}

/** Mono, 16 bit, 44-byte header or longer: what the data set holds. */
function readMono(path: string): { rate: number; sound: Float32Array } {
  const bytes = readFileSync(path);
  const data = bytes.indexOf("data", 12, "latin1") + 8;
  const sound = Float32Array.from(
    { length: (bytes.length - data) >> 1 },
    (_, i) => bytes.readInt16LE(data + 2 * i) / 32768,
  );
  return { rate: bytes.readUInt32LE(24), sound };
}

async function scoreKind(kind: string): Promise<Score> {
  const files = (JSON.parse(readFileSync(LABELS, "utf8")).files as Labelled[]).filter((file) => file.kind === kind);
  const score: Score = { found: 0, missed: 0, falseAlarms: 0, seconds: 0, errorsSec: [] };
  for (const file of files) {
    const { rate, sound } = readMono(join(DATA, file.file));
    const onsets = finals((await listen(sound, rate)).cues, "whistle").map((cue) => cue.onset / rate);
    score.seconds += sound.length / rate;
    scoreFile(file, onsets, score);
  }
  return score;
}

/** A cue within 0.25 s of a label finds it; others inside of a found whistle or a region to be ignored do not count. */
function scoreFile(file: Labelled, onsets: readonly number[], score: Score): void {
  const free = new Set(onsets);
  const found: Labelled["whistles"][number][] = [];
  for (const whistle of file.whistles) {
    const near = [...free].sort((a, b) => Math.abs(a - whistle.startSec) - Math.abs(b - whistle.startSec))[0];
    if (near === undefined || Math.abs(near - whistle.startSec) > 0.25) {
      score.missed += 1;
      continue;
    }
    free.delete(near);
    found.push(whistle);
    score.found += 1;
    score.errorsSec.push(Math.abs(near - whistle.startSec));
  }
  for (const onset of free) {
    const isDuplicate = found.some((one) => onset > one.startSec - 0.25 && onset < one.endSec + 0.3);
    const isIgnored = file.ignore.some(([from, to]) => onset > from - 0.25 && onset < to + 0.25);
    if (!isDuplicate && !isIgnored) score.falseAlarms += 1;
  }
}

const onData = existsSync(LABELS) ? it : it.skip;
const suffix = existsSync(LABELS) ? "" : " (skipped: the recordings are not there)";

onData(
  `finds 95 % of the whistles of real matches with a precision of 95 %, 95 % of them timed to 40 ms${suffix}`,
  async () => {
    const { found, missed, falseAlarms, errorsSec } = await scoreKind("real");
    expect(found + missed).toBeGreaterThan(50);
    expect(found / (found + missed)).toBeGreaterThanOrEqual(0.95);
    expect(found / (found + falseAlarms)).toBeGreaterThanOrEqual(0.95);
    errorsSec.sort((a, b) => a - b);
    expect(errorsSec[Math.floor(0.95 * errorsSec.length)]).toBeLessThan(0.04);
  },
);

onData(`hears at most one referee in the crowds alone${suffix}`, async () => {
  const { falseAlarms, seconds } = await scoreKind("bed");
  expect(seconds).toBeGreaterThan(60);
  expect(falseAlarms).toBeLessThanOrEqual(1);
});

onData(`raises at most four false alarms a minute among birds, sirens, instruments and voices${suffix}`, async () => {
  const { falseAlarms, seconds } = await scoreKind("hard-negative");
  expect((60 * falseAlarms) / seconds).toBeLessThanOrEqual(4);
});
