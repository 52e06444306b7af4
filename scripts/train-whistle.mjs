// `node scripts/train-whistle.mjs --out dsp/whistle/weights.ts [--data DIR] [--scenes N]`: fits the whistle judge on sound the project makes itself.
// Needs a build (`npm run build`). Deterministic: the same code gives the same file. With --data, recordings of DIR/labels.json whose licence is MIT
// or free are fitted on as well; all others are left alone.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { makeCrowd, Random, renderScene } from "../dist/daemon/simulate/sound/training/index.js";
import { createListener } from "../dist/dsp/index.js";
import { FEATURES } from "../dist/dsp/whistle/features.js";

/** Lowers the log odds to the operating point; chosen, like PENALTY and OTHER_WEIGHT, by scores on recordings (see dsp/README.md). */
const BIAS_SHIFT = -0.45;
/** Ridge penalty of the standardised weights, before STEPS of Newton's method. */
const PENALTY = 500;
/** Most tones are told when they are first judged: other sounds that pass there do the harm, so they weigh more up to this age. */
const EARLY_HOPS = 48;
const OTHER_WEIGHT = { early: 1.5, late: 0.7 };
const STEPS = 30;
const SCENE_SEC = 60;
/** A judgement before this age tells nothing about the first one that counts. */
const YOUNGEST_HOPS = 32;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({
  options: { out: { type: "string" }, data: { type: "string" }, scenes: { type: "string", default: "90" } },
});
if (values.out === undefined) {
  process.stderr.write("Error: --out is missing\nTry: node scripts/train-whistle.mjs --out dsp/whistle/weights.ts\n");
  process.exit(2);
}
const sceneCount = Number(values.scenes);
const heldOutCount = Math.ceil(sceneCount / 5);

/** Even scenes are stands, odd ones halls; every third runs at 44.1 kHz. */
function scene(name, index) {
  const rate = index % 3 === 1 ? 44_100 : 48_000;
  const crowd = index % 2 === 0 ? makeCrowd(rate, new Random(`${name} crowd ${index}`)) : null;
  return { rate, ...renderScene(crowd, SCENE_SEC, rate, new Random(`${name} ${index}`)) };
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
    rows.push({ own, age, peak: ridge.peakPower, y: own === undefined ? 0 : 1, x: Float64Array.from(features) });
  };
  listener.push({ firstSample: 0, samples, invalid: [] });
  listener.flush();
  const loudest = new Map();
  for (const row of rows) if (row.own) loudest.set(row.own, Math.max(loudest.get(row.own) ?? 0, row.peak));
  return rows.filter((row) => row.own === undefined || row.peak > loudest.get(row.own) / 4);
}

/** Logistic regression on standardised features, both classes of equal weight before `ageWeight`, by Newton's method. Returns weights of the raw features and the bias. */
function fitLogistic(rows) {
  const n = FEATURES.length;
  const mean = new Float64Array(n);
  const spread = new Float64Array(n);
  for (const { x } of rows) for (let i = 0; i < n; i++) mean[i] += x[i] / rows.length;
  for (const { x } of rows) for (let i = 0; i < n; i++) spread[i] += (x[i] - mean[i]) ** 2 / rows.length;
  for (let i = 0; i < n; i++) spread[i] = Math.sqrt(spread[i]) + 1e-6;
  const positives = rows.filter((row) => row.y === 1).length;
  const weightOf = [rows.length / 2 / (rows.length - positives), rows.length / 2 / positives];
  const inputs = rows.map(({ x }) =>
    Float64Array.from({ length: n + 1 }, (_, i) => (i < n ? (x[i] - mean[i]) / spread[i] : 1)),
  );
  const w = new Float64Array(n + 1);
  for (let step = 0; step < STEPS; step++) newtonStep(w, inputs, rows, weightOf);
  const weights = Array.from({ length: n }, (_, i) => w[i] / spread[i]);
  return { weights, bias: w[n] - weights.reduce((sum, weight, i) => sum + weight * mean[i], 0) };
}

function ageWeight({ y, age }) {
  if (y === 1) return 1;
  return age <= EARLY_HOPS ? OTHER_WEIGHT.early : OTHER_WEIGHT.late;
}

function newtonStep(w, inputs, rows, weightOf) {
  const n = w.length;
  const gradient = Float64Array.from({ length: n }, (_, i) => (i < n - 1 ? -PENALTY * w[i] : 0));
  const curvature = Array.from({ length: n }, (_, i) => {
    const row = new Float64Array(n);
    row[i] = i < n - 1 ? PENALTY : 1e-6;
    return row;
  });
  inputs.forEach((x, k) => {
    let odds = 0;
    for (let i = 0; i < n; i++) odds += w[i] * x[i];
    const p = 1 / (1 + Math.exp(-odds));
    const weight = weightOf[rows[k].y] * ageWeight(rows[k]);
    for (let i = 0; i < n; i++) {
      gradient[i] += weight * (rows[k].y - p) * x[i];
      const c = weight * p * (1 - p) * x[i];
      for (let j = 0; j <= i; j++) curvature[i][j] += c * x[j];
    }
  });
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) curvature[j][i] = curvature[i][j];
  solve(curvature, gradient).forEach((change, i) => {
    w[i] += change;
  });
}

/** Gaussian elimination; the matrix is positive definite. */
function solve(a, b) {
  const n = b.length;
  for (let k = 0; k < n; k++) {
    for (let i = k + 1; i < n; i++) {
      const factor = a[i][k] / a[k][k];
      for (let j = k; j < n; j++) a[i][j] -= factor * a[k][j];
      b[i] -= factor * b[k];
    }
  }
  const x = new Float64Array(n);
  for (let k = n - 1; k >= 0; k--) {
    let rest = b[k];
    for (let j = k + 1; j < n; j++) rest -= a[k][j] * x[j];
    x[k] = rest / a[k][k];
  }
  return x;
}

/** Cues of scenes that were not fitted on, with the model's log odds and whether a whistle is there. */
async function heldOutCues(model, calibration) {
  const told = [];
  for (let index = 0; index < heldOutCount; index++) {
    const { rate, samples, whistles } = scene("held out", index);
    const listener = await createListener({ sampleRate: rate });
    listener.whistle.judge.weigh = (x) => model.weights.reduce((sum, weight, i) => sum + weight * x[i], model.bias);
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

const rows = [];
for (let index = 0; index < sceneCount; index++) {
  rows.push(...(await judgements(scene("fit", index))));
  if (index % 10 === 9) process.stderr.write(`${index + 1} of ${sceneCount} scenes\n`);
}
const recordings = values.data === undefined ? [] : freeRecordings(values.data);
for (const recording of recordings) rows.push(...(await judgements(recording)));
const model = fitLogistic(rows);
model.bias += BIAS_SHIFT;
const { CALIBRATION } = await import("../dist/dsp/whistle/weights.js");
const told = await heldOutCues(model, CALIBRATION);
const { offset, slope } = calibrate(told);
const positives = rows.filter((row) => row.y === 1).length;
process.stderr.write(`${rows.length} judgements (${positives} of whistles); held out: ${told.length} cues\n`);

const path = join(root, values.out);
const minutes = Math.round((sceneCount * SCENE_SEC) / 60);
const given = recordings.length === 0 ? "no recordings" : `recordings ${recordings.map(({ file }) => file).join(", ")}`;
writeFileSync(
  path,
  `// Written by scripts/train-whistle.mjs; do not edit.
import { FEATURES } from "./features.js";

/**
 * Weights of the logistic that judges a ridge (features in \`features.ts\`): dsp/README.md says what they were fitted and checked on.
 * Fitted on ${minutes} minutes of made sound (${rows.length} judgements, ${positives} of whistles) and ${given}.
 */
export const WEIGHTS: Readonly<Record<(typeof FEATURES)[number], number>> = {
${FEATURES.map((name, i) => `  ${name}: ${Number(model.weights[i].toPrecision(4))},`).join("\n")}
};
export const BIAS = ${Number(model.bias.toPrecision(5))};
/** From the log odds of a cue to the log odds that were observed, on ${told.length} cues of made sound that was held out. */
export const CALIBRATION = { offset: ${Number(offset.toPrecision(3))}, slope: ${Number(slope.toPrecision(3))} } as const;

const ORDERED = Float64Array.from(FEATURES, (name) => WEIGHTS[name]);

/** Log odds that the features are a whistle's; above 0 it is told. */
export function logOdds(features: Float64Array): number {
  let sum = BIAS;
  for (let i = 0; i < ORDERED.length; i += 1) sum += ORDERED[i]! * features[i]!;
  return sum;
}

/** Probability of a whistle, for log odds of \`logOdds\`. */
export function probability(odds: number): number {
  return 1 / (1 + Math.exp(-(CALIBRATION.offset + CALIBRATION.slope * odds)));
}
`,
);
spawnSync(join(root, "node_modules", ".bin", "biome"), ["check", "--write", path], { stdio: "inherit" });
