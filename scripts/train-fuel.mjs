// `npm run train:fuel [-- --races N] [--torcs DIR]`: fits the learned residual of the fuel models on races the project simulates itself, writes
// config/cars/residual/fuel-residual.onnx with its card, and says what it is worth on races it was not fitted on. Needs a build (`npm run build`).
// Deterministic. With --torcs, the races of that folder (layout of docs/telemetry.md, with truth/) are shown too; nothing is fitted on them.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { loadCarProfile } from "../dist/config/index.js";
import { toRaceMark } from "../dist/daemon/fuel-marks.js";
import { FEATURES, loadResidual, onnxOf, RESIDUAL_FILE, WindowFeatures } from "../dist/daemon/fuel-residual/index.js";
import { SimulatedRace } from "../dist/daemon/simulate/race/index.js";
import { Random } from "../dist/daemon/simulate/random.js";
import { FuelRace } from "../dist/models/index.js";

const WINDOW_SEC = 3;
const UNITS = [FEATURES.length, 16, 16, 1];
const EPOCHS = 12;
const RATE = 3e-3;
const BATCH = 256;
const HELD_OUT = 3;
const VERSION = "1";
const PROFILE = "nascar-v8";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({
  options: { races: { type: "string", default: "3" }, torcs: { type: "string" } },
});
const profile = loadCarProfile(PROFILE);

/** Physics and truth of each window of a simulated race. */
function simulated(seed) {
  const race = new SimulatedRace({ seed, cars: 12, minutes: 40, hz: 5, capacityKg: 54 });
  const truth = new Map();
  const feed = function* () {
    for (const message of race.opening()) yield { message };
    for (let step = race.next(); step !== null; step = race.next()) {
      for (const one of race.truth(step.t)) push(truth, one.car, [step.t, one.burnedKg]);
      for (const sample of step.samples) yield { sample };
      for (const message of step.messages) yield { message };
    }
  };
  return measure(`simulated ${seed}`, feed(), truth);
}

/** Runs the physics of the shipped profile over a race; of each window and lap what it said and what was burned. */
function measure(name, feed, truth) {
  const models = new FuelRace(profile, { windowSec: WINDOW_SEC });
  const features = new WindowFeatures(WINDOW_SEC);
  const windows = new Map();
  const laps = [];
  const take = (outputs) => {
    for (const output of outputs) {
      if (output.kind === "lap") laps.push(output);
      if (output.kind !== "window") continue;
      const seen = features.of(output.car, output.windowEnd);
      const burned = between(truth.get(output.car), output.windowStart, output.windowEnd);
      const physics = output.fuelKgWindow.mean / output.basis.scale.mean;
      const isWhole = seen !== null && burned > 0.002 && physics > 0.002 && output.basis.filledShare === 0;
      if (isWhole) push(windows, output.car, { end: output.windowEnd, features: seen, physics, burned });
    }
  };
  for (const { sample, message } of feed) {
    if (sample !== undefined) {
      features.add(sample);
      take(models.push(withoutNaN(sample)));
    } else {
      const mark = toRaceMark(message, message.t);
      if (mark !== null) take(models.mark(mark));
    }
  }
  take(models.advance(Number.POSITIVE_INFINITY));
  // What the whole burns is the fills' to say: only the difference from the car's own mean is learned.
  for (const rows of windows.values()) {
    const centre = Math.log(sum(rows, (row) => row.burned) / sum(rows, (row) => row.physics));
    for (const row of rows) row.target = Math.max(-0.3, Math.min(0.3, Math.log(row.burned / row.physics) - centre));
  }
  return { name, windows, laps, truth };
}

/** Mean error of laps in percent, of physics and of physics with the residual. */
function compare(race, logOf) {
  const errors = { green: [[], []], caution: [[], []] };
  for (const lap of race.laps) {
    const kind = errors[lap.regime];
    const all = race.windows.get(lap.car) ?? [];
    const before = race.laps.filter((one) => one.car === lap.car && one.t < lap.t).at(-1);
    if (kind === undefined || before === undefined) continue;
    const inside = all.filter(({ end }) => end > before.t && end <= lap.t + WINDOW_SEC);
    const burned = between(race.truth.get(lap.car), before.t, lap.t);
    if (inside.length < 5 || !(burned > 0)) continue;
    const centre = race.centres.get(lap.car) ?? 0;
    const corrected =
      sum(inside, (row) => row.physics * Math.exp(logOf(row) - centre)) / sum(inside, (row) => row.physics);
    kind[0].push(Math.abs(lap.fuelKg / burned - 1));
    kind[1].push(Math.abs((lap.fuelKg * corrected) / burned - 1));
  }
  const percent = (list) =>
    list.length === 0 ? null : Math.round((100 * 100 * sum(list, (x) => x)) / list.length) / 100;
  return {
    race: race.name,
    greenLaps: errors.green[0].length,
    greenPhysics: percent(errors.green[0]),
    greenResidual: percent(errors.green[1]),
    cautionLaps: errors.caution[0].length,
    cautionPhysics: percent(errors.caution[0]),
    cautionResidual: percent(errors.caution[1]),
  };
}

/** A race of files: telemetry, pits, weather and truth. */
function fromFiles(folder, name) {
  const table = (path) => {
    const bytes = readFileSync(path);
    const [head, ...rows] = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString().trim().split("\n");
    const columns = head.split(",");
    return rows.map((row) => Object.fromEntries(row.split(",").map((cell, at) => [columns[at], cell])));
  };
  const number = (text) => (text === undefined || text === "" ? Number.NaN : Number(text));
  const samples = table(join(folder, `${name}.telemetry.csv.gz`)).map((row) => ({
    car: row.car,
    t: number(row.t),
    speedMps: number(row.speed),
    rpm: number(row.rpm),
    throttle: number(row.thr),
    brake: number(row.brk),
    gear: number(row.gear),
    lap: number(row.lap),
    lapPct: number(row.lapPct),
    airC: Number.NaN,
    flag: number(row.flag),
    pit: number(row.pit),
  }));
  const messages = [
    ...table(join(folder, `${name}.weather.csv`)).map((row) => ({
      type: "weather",
      t: number(row.t),
      airC: number(row.air_c),
    })),
    ...table(join(folder, `${name}.pits.csv`)).flatMap((row) => [
      { type: "pitIn", t: number(row.t_in), car: row.car },
      { type: "pitOut", t: number(row.t_out), car: row.car },
      {
        type: "fill",
        t: number(row.t_out),
        car: row.car,
        kg: number(row.fill_kg_obs),
        how: "weighed",
        full: row.full === "True",
      },
    ]),
  ];
  const truth = new Map();
  for (const row of table(join(folder, "truth", `${name}.truth.csv.gz`)))
    push(truth, row.car, [number(row.t), number(row.cum)]);
  const feed = [
    ...samples.map((sample) => ({ t: sample.t, sample })),
    ...messages.map((message) => ({ t: message.t, message })),
  ];
  return measure(
    name,
    feed.sort((a, b) => a.t - b.t),
    truth,
  );
}

/** A small net with tanh, fitted by Adam (Kingma and Ba 2015) on rows with `features`, `target` and the weight `physics`. */
function train(rows) {
  const random = new Random("fuel-residual");
  const scaling = FEATURES.map((_, at) => {
    const mean = sum(rows, (row) => row.features[at]) / rows.length;
    const sd = Math.sqrt(sum(rows, (row) => (row.features[at] - mean) ** 2) / rows.length);
    return { mean, sd: Math.max(sd, 1e-6) };
  });
  const layers = UNITS.slice(1).map((outputs, index) => {
    const inputs = UNITS[index];
    const spread = Math.sqrt(1 / inputs);
    return {
      inputs,
      outputs,
      weights: Float64Array.from(
        { length: inputs * outputs },
        () => random.normal(0, spread) * (index === UNITS.length - 2 ? 0.1 : 1),
      ),
      bias: new Float64Array(outputs),
    };
  });
  const parameters = layers.flatMap((layer) => [layer.weights, layer.bias]);
  const first = parameters.map((one) => new Float64Array(one.length));
  const second = parameters.map((one) => new Float64Array(one.length));
  const meanWeight = sum(rows, (row) => row.physics) / rows.length;
  let step = 0;
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    for (let batch = 0; batch < Math.floor(rows.length / BATCH); batch++) {
      const gradients = parameters.map((one) => new Float64Array(one.length));
      for (let i = 0; i < BATCH; i++) {
        const row = rows[random.integer(0, rows.length - 1)];
        const input = row.features.map((value, at) => (value - scaling[at].mean) / scaling[at].sd);
        backward(layers, forward(layers, Array.from(input)), row, row.physics / meanWeight / BATCH, gradients);
      }
      step += 1;
      const rate = RATE * (1 - epoch / EPOCHS);
      for (const [p, parameter] of parameters.entries()) {
        for (let i = 0; i < parameter.length; i++) {
          const gradient = gradients[p][i] + 1e-6 * parameter[i];
          first[p][i] = 0.9 * first[p][i] + 0.1 * gradient;
          second[p][i] = 0.999 * second[p][i] + 0.001 * gradient * gradient;
          const move = first[p][i] / (1 - 0.9 ** step) / (Math.sqrt(second[p][i] / (1 - 0.999 ** step)) + 1e-8);
          parameter[i] -= rate * move;
        }
      }
    }
  }
  return folded(layers, scaling);
}

function forward(layers, input) {
  const values = [input];
  for (const [index, { inputs, outputs, weights, bias }] of layers.entries()) {
    const out = new Array(outputs);
    for (let o = 0; o < outputs; o++) {
      let total = bias[o];
      for (let i = 0; i < inputs; i++) total += values[index][i] * weights[i * outputs + o];
      out[o] = index === layers.length - 1 ? total : Math.tanh(total);
    }
    values.push(out);
  }
  return values;
}

function backward(layers, values, row, weight, gradients) {
  const miss = values.at(-1)[0] - row.target;
  // Huber: a window in which truth and telemetry are cut at other instants must not lead.
  let delta = [weight * Math.max(-0.05, Math.min(0.05, miss))];
  for (let index = layers.length - 1; index >= 0; index--) {
    const { inputs, outputs, weights } = layers[index];
    const next = new Array(inputs).fill(0);
    for (let o = 0; o < outputs; o++) {
      gradients[2 * index + 1][o] += delta[o];
      for (let i = 0; i < inputs; i++) {
        gradients[2 * index][i * outputs + o] += delta[o] * values[index][i];
        next[i] += delta[o] * weights[i * outputs + o];
      }
    }
    delta = index === 0 ? next : next.map((value, i) => value * (1 - values[index][i] ** 2));
  }
}

/** The scaling of the features goes into the first layer: the file takes them as they are. */
function folded(layers, scaling) {
  const [head, ...rest] = layers;
  const weights = head.weights.map((weight, at) => weight / scaling[Math.floor(at / head.outputs)].sd);
  const bias = head.bias.map(
    (value, o) => value - scaling.reduce((total, { mean }, i) => total + mean * weights[i * head.outputs + o], 0),
  );
  return [{ ...head, weights, bias }, ...rest];
}

function push(map, key, value) {
  if (!map.has(key)) map.set(key, []);
  map.get(key).push(value);
}

function sum(list, read) {
  let total = 0;
  for (const one of list) total += read(one);
  return total;
}

function withoutNaN(sample) {
  return Object.fromEntries(
    Object.entries(sample).filter(([, value]) => typeof value !== "number" || !Number.isNaN(value)),
  );
}

/** Burned between two times, from [t, kg] in order. */
function between(curve, from, to) {
  return curve === undefined ? Number.NaN : at(curve, to) - at(curve, from);
}

function at(curve, t) {
  let low = 0;
  let high = curve.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (curve[middle][0] <= t) low = middle;
    else high = middle;
  }
  const [[t0, kg0], [t1, kg1]] = [curve[low], curve[high]];
  return t1 === t0 ? kg0 : kg0 + (kg1 - kg0) * Math.min(1, Math.max(0, (t - t0) / (t1 - t0)));
}

const count = Number(values.races);
const rows = [];
for (let seed = 1; seed <= count; seed++) {
  for (const list of simulated(1000 + seed).windows.values()) rows.push(...list);
  process.stderr.write(`race ${seed} of ${count}: ${rows.length} windows\n`);
}
const layers = train(rows);
const quantile = (list, p) => list[Math.min(list.length - 1, Math.max(0, Math.round(p * (list.length - 1))))];
const ranges = FEATURES.map((_, at) => {
  const sorted = rows.map((row) => row.features[at]).sort((a, b) => a - b);
  return [quantile(sorted, 0.0005), quantile(sorted, 0.9995)].map((value) => Math.round(value * 1e4) / 1e4);
});
const bytes = onnxOf(
  layers.map((layer) => ({ ...layer, weights: Float32Array.from(layer.weights), bias: Float32Array.from(layer.bias) })),
  "touchline",
);
const card = {
  version: `residual-${VERSION}`,
  sha256: createHash("sha256").update(bytes).digest("hex"),
  features: [...FEATURES],
  ranges,
  model: `dense ${UNITS.join("-")}, tanh, Adam, ${EPOCHS} epochs; log(burned / physics) of a window, less the car's own mean`,
  trainedOn: `${count} simulated races (seeds 1001 to ${1000 + count}), ${rows.length} windows, physics of ${PROFILE} version ${profile.version}`,
};
mkdirSync(dirname(RESIDUAL_FILE), { recursive: true });
writeFileSync(RESIDUAL_FILE, bytes);
const cardPath = RESIDUAL_FILE.replace(/\.onnx$/, ".json");
writeFileSync(cardPath, `${JSON.stringify(card, null, 2)}\n`);

const loaded = await loadResidual();
if (!loaded.ok) throw new Error(`the file that was written cannot be used: ${loaded.message}`);
const unseen = Array.from({ length: HELD_OUT }, (_, i) => simulated(2000 + i));
if (values.torcs !== undefined) {
  const names = readdirSync(values.torcs)
    .filter((name) => name.endsWith(".telemetry.csv.gz"))
    .map((name) => name.replace(".telemetry.csv.gz", ""));
  for (const name of names.filter((one) => existsSync(join(values.torcs, "truth", `${one}.truth.csv.gz`))))
    unseen.push(fromFiles(values.torcs, name));
}
const comparison = [];
for (const race of unseen) {
  race.centres = new Map();
  const logs = new Map();
  let outside = 0;
  let all = 0;
  for (const [car, list] of race.windows) {
    const told = await loaded.model.predict(list.map((row) => row.features));
    for (const [index, row] of list.entries()) {
      const isIn = loaded.model.isInRange(row.features);
      logs.set(row, isIn ? told[index] : 0);
      all += 1;
      outside += isIn ? 0 : 1;
    }
    race.centres.set(
      car,
      Math.log(sum(list, (row) => row.physics * Math.exp(logs.get(row))) / sum(list, (row) => row.physics)),
    );
  }
  comparison.push({
    ...compare(race, (row) => logs.get(row)),
    outsideShare: Math.round((1000 * outside) / all) / 1000,
  });
}
console.table(comparison);
writeFileSync(
  cardPath,
  `${JSON.stringify({ ...card, comparison: comparison.filter(({ race }) => race.startsWith("simulated")) }, null, 2)}\n`,
);
process.stderr.write(`written: ${RESIDUAL_FILE.slice(root.length + 1)} (${bytes.length} bytes) and its card\n`);
