// `node scripts/train-whistle.mjs --out dsp/whistle/weights.ts [--scenes N] [--rows FILE] [--sound DIR] [--data DIR]`: fits the whistle judge on
// sound the project makes itself. Needs a build (`npm run build`). Deterministic: the same code gives the same file. With --sound the made scenes are kept in DIR
// (6 MB each) and read from there the next time; with --rows what was judged in them is, so that fits with other settings are quick: delete FILE when
// features or scenes change. With --data, recordings of DIR/labels.json whose licence is MIT or free are fitted on as well; all
// others are left alone.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { makeCrowd, Random, renderScene } from "../dist/daemon/simulate/sound/training/index.js";
import { createListener } from "../dist/dsp/index.js";
import { FEATURES } from "../dist/dsp/whistle/features.js";
import { averageNets, fitNet, oddsOf } from "./tanh-net.mjs";

/** Lowers the log odds to the operating point; chosen, like NETS, by scores on recordings (see dsp/README.md). */
const ODDS_SHIFT = -0.4;
/** Four nets that differ by their seed; their mean is the model. */
const NETS = { count: 4, units: 12, epochs: 8, penalty: 1e-2 };
/** Most tones are told when they are first judged: other sounds that pass there do the harm, so they weigh more up to this age. */
const EARLY_HOPS = 48;
const OTHER_WEIGHT = { early: 1.5, late: 0.7 };
const SCENE_SEC = 60;
const CROWDS = 10;
/** A judgement before this age tells nothing about the first one that counts. */
const YOUNGEST_HOPS = 24;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({
  options: {
    out: { type: "string" },
    data: { type: "string" },
    rows: { type: "string" },
    sound: { type: "string" },
    scenes: { type: "string", default: "280" },
  },
});
if (values.out === undefined) {
  process.stderr.write("Error: --out is missing\nTry: node scripts/train-whistle.mjs --out dsp/whistle/weights.ts\n");
  process.exit(2);
}
const sceneCount = Number(values.scenes);
const heldOutCount = Math.ceil(sceneCount / 5);
const crowds = new Map();

/** Even scenes are stands, odd ones halls; every third runs at 44.1 kHz. Samples are 16-bit words. */
function scene(name, index) {
  const path = values.sound === undefined ? null : join(values.sound, `${name}${index}`);
  if (path !== null && existsSync(`${path}.json`)) {
    const bytes = readFileSync(`${path}.raw`);
    const words = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
    return { ...JSON.parse(readFileSync(`${path}.json`, "utf8")), samples: toSamples(words) };
  }
  const rate = index % 3 === 1 ? 44_100 : 48_000;
  const crowd = index % 2 === 0 ? crowdOf(name, rate, (index / 2) % CROWDS) : null;
  const { samples, whistles } = renderScene(crowd, SCENE_SEC, rate, new Random(`${name} ${index}`));
  const words = Int16Array.from(samples, (x) => Math.max(-32_768, Math.min(32_767, Math.round(x * 32_768))));
  if (path !== null) {
    mkdirSync(values.sound, { recursive: true });
    writeFileSync(`${path}.raw`, Buffer.from(words.buffer));
    writeFileSync(`${path}.json`, JSON.stringify({ rate, whistles }));
  }
  return { rate, whistles, samples: toSamples(words) };
}

function toSamples(words) {
  return Float32Array.from(words, (x) => x / 32_768);
}

/** Crowds are slow to make: several scenes share one, each at another place of it. */
function crowdOf(name, rate, which) {
  const key = `${name} crowd ${rate} ${which}`;
  if (!crowds.has(key)) crowds.set(key, makeCrowd(rate, new Random(key)));
  return crowds.get(key);
}

/** Judgements of one scene with their label: 1 a whistle's onset, 0 something else; what lies in a whistle but is not its onset is left out. */
async function judgements({ rate, samples, whistles }) {
  const listener = await createListener({ sampleRate: rate });
  const hop = Math.max(1, Math.round(rate / 200));
  const rows = [];
  listener.whistle.judge.onJudgement = ({ ridge, hasEnded, features }) => {
    const onset = ridge.onset / rate;
    const start = (ridge.startHop * hop) / rate + 0.0107;
    const own = whistles.find((one) => onset >= one.startSec - 0.12 && onset <= one.startSec + 0.15);
    const isInside = whistles.some((one) => start >= one.startSec - 0.25 && start <= one.endSec + 0.6);
    const age = ridge.lastHop - ridge.startHop;
    const isYoung = age < YOUNGEST_HOPS && !hasEnded;
    if (isYoung || (own === undefined && isInside)) return;
    rows.push({ own, age, peak: ridge.peakPower, y: own === undefined ? 0 : 1, x: Float32Array.from(features) });
  };
  listener.push({ firstSample: 0, samples, invalid: [] });
  listener.flush();
  const loudest = new Map();
  for (const row of rows) if (row.own) loudest.set(row.own, Math.max(loudest.get(row.own) ?? 0, row.peak));
  return rows.filter((row) => row.own === undefined || row.peak > loudest.get(row.own) / 4);
}

async function madeRows() {
  const rows = [];
  for (let index = 0; index < sceneCount; index++) {
    rows.push(...(await judgements(scene("fit", index))));
    if (index % 10 === 9) process.stderr.write(`${index + 1} of ${sceneCount} scenes\n`);
  }
  return rows;
}

/** Per row its label, its age and its features, 32-bit floats. */
function writeRows(path, rows) {
  const width = FEATURES.length + 2;
  const numbers = new Float32Array(rows.length * width);
  rows.forEach(({ y, age, x }, i) => {
    numbers.set([y, age], i * width);
    numbers.set(x, i * width + 2);
  });
  writeFileSync(path, Buffer.from(numbers.buffer));
}

function readRows(path) {
  const bytes = readFileSync(path);
  const width = FEATURES.length + 2;
  const numbers = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  return Array.from({ length: numbers.length / width }, (_, i) => ({
    y: numbers[i * width],
    age: numbers[i * width + 1],
    x: numbers.subarray(i * width + 2, (i + 1) * width),
  }));
}

/** Both classes weigh the same before what is told early weighs more. */
function weighRows(rows) {
  const positives = rows.filter((row) => row.y === 1).length;
  for (const row of rows) {
    const other = row.age <= EARLY_HOPS ? OTHER_WEIGHT.early : OTHER_WEIGHT.late;
    row.weight = row.y === 1 ? rows.length / 2 / positives : (other * rows.length) / 2 / (rows.length - positives);
  }
}

function fitModel(rows) {
  weighRows(rows);
  const nets = Array.from({ length: NETS.count }, (_, i) => {
    process.stderr.write(`net ${i + 1} of ${NETS.count}\n`);
    return fitNet(rows, { ...NETS, seed: i + 1 });
  });
  const model = averageNets(nets);
  return { ...model, offset: model.offset + ODDS_SHIFT };
}

/** Cues of scenes that were not fitted on, with the model's log odds and whether a whistle is there. */
async function heldOutCues(model, calibration) {
  const told = [];
  for (let index = 0; index < heldOutCount; index++) {
    const { rate, samples, whistles } = scene("held", index);
    const listener = await createListener({ sampleRate: rate });
    listener.whistle.judge.weigh = (x) => oddsOf(model, x);
    const heard = [listener.push({ firstSample: 0, samples, invalid: [] }), listener.flush()];
    for (const cue of heard.flatMap(({ cues }) => cues)) {
      if (cue.kind !== "whistle" || !cue.isFinal) continue;
      const odds = (Math.log(cue.score / (1 - cue.score)) - calibration.offset) / calibration.slope;
      const onset = cue.onset / rate;
      const isTrue = whistles.some((one) => Math.abs(onset - one.startSec) < 0.25);
      const isDouble = !isTrue && whistles.some((one) => onset > one.startSec && onset < one.endSec + 0.3);
      if (!isDouble && Number.isFinite(odds)) told.push({ odds, y: isTrue ? 1 : 0 });
    }
  }
  return told;
}

/** J. Platt, "Probabilistic outputs for support vector machines", 1999: a line through the log odds. */
function calibrate(told) {
  let offset = 0;
  let slope = 1;
  for (let step = 0; step < 50; step++) {
    const sums = [0, 0, 1e-3, 0, 1e-3];
    for (const { odds, y } of told) {
      const p = 1 / (1 + Math.exp(-(offset + slope * odds)));
      const c = p * (1 - p);
      [y - p, (y - p) * odds, c, c * odds, c * odds * odds].forEach((term, i) => {
        sums[i] += term;
      });
    }
    const [g0, g1, h00, h01, h11] = sums;
    const det = h00 * h11 - h01 * h01;
    offset += (h11 * g0 - h01 * g1) / det;
    slope += (h00 * g1 - h01 * g0) / det;
  }
  return { offset, slope };
}

/** Recordings that may be fitted on. */
function freeRecordings(dir) {
  const { files } = JSON.parse(readFileSync(join(dir, "labels.json"), "utf8"));
  return files
    .filter(({ licence, kind }) => kind !== "bank" && /(^|: )MIT$|, free$|^CC0/.test(licence))
    .map(({ file, whistles, ignore }) => {
      const bytes = readFileSync(join(dir, file));
      const data = bytes.indexOf("data", 12, "latin1") + 8;
      const samples = Float32Array.from(
        { length: (bytes.length - data) >> 1 },
        (_, i) => bytes.readInt16LE(data + 2 * i) / 32768,
      );
      const regions = ignore.map(([startSec, endSec]) => ({ startSec: startSec - 1, endSec }));
      return { file, rate: bytes.readUInt32LE(24), samples, whistles: [...whistles, ...regions] };
    });
}

const rows = values.rows !== undefined && existsSync(values.rows) ? readRows(values.rows) : await madeRows();
if (values.rows !== undefined && !existsSync(values.rows)) writeRows(values.rows, rows);
const recordings = values.data === undefined ? [] : freeRecordings(values.data);
for (const recording of recordings) rows.push(...(await judgements(recording)));
const model = fitModel(rows);
const { CALIBRATION } = await import("../dist/dsp/whistle/weights.js");
const told = await heldOutCues(model, CALIBRATION);
const { offset, slope } = calibrate(told);
const positives = rows.filter((row) => row.y === 1).length;
process.stderr.write(`${rows.length} judgements (${positives} of whistles); held out: ${told.length} cues\n`);

const path = join(root, values.out);
const minutes = Math.round((sceneCount * SCENE_SEC) / 60);
const given = recordings.length === 0 ? "no recordings" : `recordings ${recordings.map(({ file }) => file).join(", ")}`;
const list = (numbers) => JSON.stringify(numbers.map((x) => Number(x.toPrecision(4))));
const notConstants =
  "biome-ignore-all lint/suspicious/noApproximativeNumericConstant: fitted numbers may lie near any constant";
writeFileSync(
  path,
  `// Written by scripts/train-whistle.mjs; do not edit.
// ${notConstants}

/**
 * Weights of the net that judges a ridge (\`net.ts\`; inputs in the order of FEATURES in \`features.ts\`): dsp/README.md says what they were fitted and
 * checked on. Fitted on ${minutes} minutes of made sound (${rows.length} judgements, ${positives} of whistles) and ${given}.
 */
export const LINEAR: readonly number[] = ${list(model.linear)};
export const OFFSET = ${Number(model.offset.toPrecision(5))};
/** Of each of the ${model.output.length} units: a weight for each of the ${FEATURES.length} inputs, then its offset. */
export const HIDDEN: readonly number[] = ${list(model.hidden)};
export const OUTPUT: readonly number[] = ${list(model.output)};
/** From the log odds of a cue to the log odds that were observed, on ${told.length} cues of made sound that was held out. */
export const CALIBRATION = { offset: ${Number(offset.toPrecision(3))}, slope: ${Number(slope.toPrecision(3))} } as const;
`,
);
spawnSync(join(root, "node_modules", ".bin", "biome"), ["check", "--write", path], { stdio: "inherit" });
