// `npm run score:engines -- DIR`: the shape of the shipped V8 on engines it was never fitted on. Nothing is fitted here but each recording's size
// (one factor, from its total), as one fill would tell it. DIR holds CSVs (gzip or not), at any depth, with `t`, `rpm`, `rate` g/s or
// `fuelUseKgH` kg/h or `fuelLevelL` L, and where known `thr`, `speed`, `trip`. A Markdown table goes to stdout. Needs a build (`npm run build`).
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { loadCarProfile } from "../dist/config/index.js";
import { BurnModel } from "../dist/models/index.js";

/** Stretches that burns are compared over, s: about a lap. */
const STRETCH_SEC = 30;
/** Longer than this between two samples is a hole, and no part of a stretch, s. */
const HOLE_SEC = 2;
const LEAST_SAMPLES = 60;
const DENSITY_KG_PER_L = 0.75;

const folder = process.argv[2];
if (folder === undefined) {
  process.stderr.write("usage: npm run score:engines -- DIR\n");
  process.exit(64);
}
const profile = loadCarProfile("nascar-v8");
const model = new BurnModel(profile.physics);

const files = readdirSync(folder, { recursive: true }).filter((name) => /\.csv(\.gz)?$/.test(name));
process.stdout.write(
  `${profile.name}@${profile.version}; |error| of ${STRETCH_SEC} s with the recording's own size, %\n\n`,
);
process.stdout.write(
  "| recording | minutes | burned kg | shape × size / truth | size | 30 s: physics | constant g/s | rpm × thr |\n",
);
process.stdout.write("|---|---|---|---|---|---|---|---|\n");
for (const name of files.sort()) {
  const rows = rowsOf(join(folder, name));
  if (rows === null) continue;
  const row = scoreOf(rows);
  const label = basename(name).replace(/\.csv(\.gz)?$/, "");
  process.stdout.write(`| ${label} | ${row.join(" | ")} |\n`);
}

/** Rows as objects of numbers; null when there is no fuel to compare with. */
function rowsOf(path) {
  const bytes = readFileSync(path);
  const [head, ...lines] = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8").trim().split(/\r?\n/);
  const names = head.split(",");
  if (!names.includes("t") || !names.includes("rpm")) return null;
  const rows = lines.map((line) => {
    const cells = line.split(",");
    return Object.fromEntries(names.map((key, i) => [key, key === "trip" ? cells[i] : number(cells[i])]));
  });
  return rows.length >= LEAST_SAMPLES &&
    rows.some((row) => Number.isFinite(truthRate(row)) || Number.isFinite(row.fuelLevelL))
    ? rows
    : null;
}

function number(cell) {
  return cell === undefined || cell === "" ? Number.NaN : Number(cell);
}

function truthRate({ rate, fuelUseKgH }) {
  return rate ?? (fuelUseKgH ?? Number.NaN) / 3.6;
}

/** g between two samples: the flow where it was measured, else what the level fell by. */
function burnedBetween(last, next, dt) {
  const flow = truthRate(last);
  if (Number.isFinite(flow)) return flow * dt;
  return (last.fuelLevelL - next.fuelLevelL) * DENSITY_KG_PER_L * 1000;
}

function scoreOf(rows) {
  const hasThrottle = rows.some(({ thr }) => Number.isFinite(thr));
  const stretches = [];
  let stretch = emptyStretch();
  const total = emptyStretch();
  for (let i = 1; i < rows.length; i++) {
    const [last, next] = [rows[i - 1], rows[i]];
    const dt = next.t - last.t;
    if (last.trip !== next.trip || !(dt > 0) || dt > HOLE_SEC) {
      stretch = emptyStretch();
      continue;
    }
    const truth = burnedBetween(last, next, dt);
    if (!Number.isFinite(truth) || Math.abs(truth) > 1000) continue;
    const throttle = Number.isFinite(last.thr) ? last.thr : Number.NaN;
    const air = model.airFactor(26.85, 101_325, Number.isFinite(last.speed) ? last.speed : 0);
    const physics = hasThrottle ? model.rate(last.rpm, throttle) * air * dt : Number.NaN;
    for (const sum of [stretch, total]) {
      sum.seconds += dt;
      sum.truth += truth;
      sum.physics += physics;
      sum.product += last.rpm * throttle * dt;
    }
    if (stretch.seconds >= STRETCH_SEC) {
      stretches.push(stretch);
      stretch = emptyStretch();
    }
  }
  const size = total.truth / total.physics;
  const burned = stretches.filter(({ truth }) => truth > 0);
  const off = (told) => {
    const mean = stretches.reduce((sum, one) => sum + Math.abs(told(one) - one.truth), 0) / stretches.length;
    return cell((100 * mean * stretches.length) / burned.reduce((sum, { truth }) => sum + truth, 0), 1);
  };
  return [
    cell(total.seconds / 60, 1),
    cell(total.truth / 1000, 2),
    cell(total.physics / total.truth, 3),
    cell(size, 4),
    off(({ physics }) => physics * size),
    off(({ seconds }) => (seconds * total.truth) / total.seconds),
    off(({ product }) => (product * total.truth) / total.product),
  ];
}

function emptyStretch() {
  return { seconds: 0, truth: 0, physics: 0, product: 0 };
}

function cell(value, digits) {
  return Number.isFinite(value) ? value.toFixed(digits) : "no throttle";
}
