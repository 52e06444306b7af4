// `node scripts/train-crowd.mjs --out dsp/crowd-weights.ts [--rows FILE]`: fits what tells cheers, applause, chants and jeers apart, on sound the project makes
// itself. Needs a build (`npm run build`). Deterministic. Seeds 1-60 are fitted on, 1001-1020 are held out and only scored. With --rows what was measured is kept in
// FILE and read from there the next time.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { addScaled, CROWD_MOODS, makeCrowd, Random, renderMood, tilt } from "../dist/daemon/simulate/index.js";
import { CROWD_FEATURES, CrowdFeatures } from "../dist/dsp/crowd-features.js";
import { Front } from "../dist/dsp/front.js";
import { loadTransforms } from "../dist/dsp/transform.js";

const RATE = 48_000;
const FITTED = { from: 1, count: 60 };
const HELD_OUT = { from: 1001, count: 20 };
/** The crowd, seconds before the mood and of the mood. */
const BEFORE_SEC = 6;
const MOOD_SEC = 8;
/** What is told first of a roar is told so long after it began. */
const SOONEST_SEC = 1.3;
/** The whole over the crowd before, dB. */
const RISE_DB = [4, 14];
/** Air, distance and microphones take up to so much, dB per octave. */
const MOST_TILT_DB = 6;
const ROUNDS = 400;
const STEP = 1;
const PENALTY = 2e-3;
/** Every so many-th row is fitted on: neighbours share most of their 2 s. */
const EVERY = 3;
/** How far recorded crowds lie from made ones, as deviations of the features in their order: that much noise keeps the fit from trusting what only made sound has. */
const SPREAD = [0.25, 0.4, 0.6, 1.5, 0.35, 0.12, 0.4, 0.4];

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({ options: { out: { type: "string" }, rows: { type: "string" } } });
if (values.out === undefined) {
  process.stderr.write("Error: --out is missing\nTry: node scripts/train-crowd.mjs --out dsp/crowd-weights.ts\n");
  process.exit(2);
}

const transforms = await loadTransforms();

/** One mood over a made crowd: rows of features from 1.3 s after its beginning on. */
function measure(mood, seed) {
  const random = new Random(`train-crowd/${mood}/${seed}`);
  const bed = makeCrowd(RATE, random.fork("crowd")).bed;
  const samples = new Float32Array((BEFORE_SEC + MOOD_SEC) * RATE);
  for (let i = 0; i < samples.length; i++) samples[i] = bed[i % bed.length];
  const added = renderMood(mood, MOOD_SEC, RATE, random.fork("mood"));
  const rise = random.uniform(0.2, mood === "jeer" ? 2.5 : 1.2) * RATE;
  for (let i = 0; i < rise; i++) added[i] *= i / rise;
  addScaled(samples, added, Math.sqrt(10 ** (random.uniform(...RISE_DB) / 10) - 1), BEFORE_SEC * RATE);
  tilt(samples, RATE, random.uniform(0, MOST_TILT_DB));
  const front = new Front(RATE, transforms);
  const features = new CrowdFeatures(front);
  const rows = [];
  let columns = 0;
  front.push({ firstSample: 0, samples, invalid: [] }, (frame) => {
    if (!features.add(frame)) return;
    columns += 1;
    if (columns % 5 !== 0 || frame.start < (BEFORE_SEC + SOONEST_SEC) * RATE || !features.measure()) return;
    rows.push(Array.from(features.values));
  });
  return rows;
}

function measureAll({ from, count }) {
  const rows = [];
  CROWD_MOODS.forEach((mood, label) => {
    for (let seed = from; seed < from + count; seed++) for (const x of measure(mood, seed)) rows.push({ x, label });
  });
  return rows;
}

function load() {
  if (values.rows !== undefined && existsSync(values.rows)) return JSON.parse(readFileSync(values.rows, "utf8"));
  const rows = { fitted: measureAll(FITTED), heldOut: measureAll(HELD_OUT) };
  if (values.rows !== undefined) writeFileSync(values.rows, JSON.stringify(rows));
  return rows;
}

function inputsOf(x) {
  return [...x, 1];
}

function oddsOf(weights, inputs) {
  return weights.map((row) => row.reduce((sum, weight, i) => sum + weight * inputs[i], 0));
}

function shares(odds) {
  const top = Math.max(...odds);
  const powers = odds.map((value) => Math.exp(value - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((value) => value / sum);
}

/** Multinomial logistic regression by plain gradient descent on scaled inputs; the penalty keeps what is not needed small. */
function fitShares(rows) {
  const random = new Random("train-crowd/spread");
  const inputs = rows.map(({ x }) => inputsOf(x.map((value, i) => value + random.normal(0, SPREAD[i]))));
  const n = inputs[0].length;
  const mean = Array.from({ length: n }, (_, i) =>
    i === n - 1 ? 0 : inputs.reduce((s, x) => s + x[i], 0) / inputs.length,
  );
  const spread = mean.map((m, i) =>
    i === n - 1 ? 1 : Math.sqrt(inputs.reduce((s, x) => s + (x[i] - m) ** 2, 0) / inputs.length) + 1e-9,
  );
  const scaled = inputs.map((x) => x.map((value, i) => (value - mean[i]) / spread[i]));
  const weights = CROWD_MOODS.map(() => new Array(n).fill(0));
  for (let round = 0; round < ROUNDS; round++) {
    const gradient = CROWD_MOODS.map(() => new Array(n).fill(0));
    scaled.forEach((x, at) => {
      const p = shares(oddsOf(weights, x));
      for (let c = 0; c < p.length; c++) {
        const error = p[c] - (rows[at].label === c ? 1 : 0);
        for (let i = 0; i < n; i++) gradient[c][i] += (error * x[i]) / rows.length;
      }
    });
    const step = STEP * (0.5 + 0.5 * Math.cos((Math.PI * round) / ROUNDS));
    for (let c = 0; c < weights.length; c++)
      for (let i = 0; i < n; i++)
        weights[c][i] -= step * (gradient[c][i] + (i === n - 1 ? 0 : PENALTY * weights[c][i]));
  }
  // Back to inputs as they are measured.
  return weights.map((row) => {
    const own = row.map((weight, i) => weight / spread[i]);
    own[n - 1] =
      row[n - 1] - row.reduce((sum, weight, i) => sum + (i === n - 1 ? 0 : (weight * mean[i]) / spread[i]), 0);
    return own;
  });
}

function report(name, rows, weights) {
  const table = CROWD_MOODS.map(() => new Array(CROWD_MOODS.length).fill(0));
  for (const { x, label } of rows) {
    const p = shares(oddsOf(weights, inputsOf(x)));
    table[label][p.indexOf(Math.max(...p))] += 1;
  }
  process.stderr.write(`${name}: true class, then taken for ${CROWD_MOODS.join(", ")}\n`);
  for (let label = 0; label < table.length; label++)
    process.stderr.write(`  ${CROWD_MOODS[label].padEnd(10)}${table[label].join("  ")}\n`);
}

const { fitted, heldOut } = load();
const weights = fitShares(fitted.filter((_, i) => i % EVERY === 0));
report("fitted on", fitted, weights);
report("held out", heldOut, weights);
const text = `// Written by scripts/train-crowd.mjs.

/** Classes in the order of the rows below. */
export const CROWD_CLASSES = ${JSON.stringify(CROWD_MOODS)} as const;

/** Per class the weights of the features (${CROWD_FEATURES.join(", ")}) and of 1. */
export const CROWD_WEIGHTS: readonly (readonly number[])[] = ${JSON.stringify(weights.map((row) => row.map((w) => Number(w.toPrecision(5)))))};
`;
writeFileSync(values.out, text);
spawnSync(process.execPath, [join(root, "node_modules/@biomejs/biome/bin/biome"), "check", "--write", values.out], {
  cwd: root,
});
