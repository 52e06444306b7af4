// A small net (a straight line plus one layer of tanh units) for scripts/train-whistle.mjs: fitted by Adam, the same for the same rows.

/** Batch, learning rate at the start of the cosine, decay of the two means of Adam (D. Kingma and J. Ba, "Adam", 2015). */
const BATCH = 64;
const RATE = 3e-3;
const FIRST_DECAY = 0.9;
const SECOND_DECAY = 0.999;

/** Uniform numbers in [0, 1) from a seed (T. Ettinger's mulberry32). */
function uniformNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Weighted mean and standard deviation of each input. */
function scaleOf(rows) {
  const n = rows[0].x.length;
  const mean = new Float64Array(n);
  const spread = new Float64Array(n);
  const total = rows.reduce((sum, row) => sum + row.weight, 0);
  for (const { x, weight } of rows) for (let i = 0; i < n; i++) mean[i] += (weight * x[i]) / total;
  for (const { x, weight } of rows) for (let i = 0; i < n; i++) spread[i] += (weight * (x[i] - mean[i]) ** 2) / total;
  for (let i = 0; i < n; i++) spread[i] = Math.sqrt(spread[i]) + 1e-6;
  return { mean, spread };
}

/** Where the parameters lie in one array: weights of the units, their offsets, their outputs, the straight line, the offset. */
function layoutOf(n, units) {
  const offsets = units * n;
  const outputs = offsets + units;
  const line = outputs + units;
  return { n, units, offsets, outputs, line, offset: line + n, length: line + n + 1 };
}

/** Adds one row's gradient of the weighted cross entropy; returns nothing. `active` is room for the units' values. */
function addGradient(p, g, x, row, scale, active, at) {
  const { n, units } = at;
  let odds = p[at.offset];
  for (let i = 0; i < n; i++) odds += p[at.line + i] * x[i];
  for (let unit = 0; unit < units; unit++) {
    let sum = p[at.offsets + unit];
    for (let i = 0; i < n; i++) sum += p[unit * n + i] * x[i];
    active[unit] = Math.tanh(sum);
    odds += p[at.outputs + unit] * active[unit];
  }
  const error = (1 / (1 + Math.exp(-odds)) - row.y) * row.weight * scale;
  g[at.offset] += error;
  for (let i = 0; i < n; i++) g[at.line + i] += error * x[i];
  for (let unit = 0; unit < units; unit++) {
    g[at.outputs + unit] += error * active[unit];
    const within = error * p[at.outputs + unit] * (1 - active[unit] ** 2);
    g[at.offsets + unit] += within;
    for (let i = 0; i < n; i++) g[unit * n + i] += within * x[i];
  }
}

function shuffle(order, random) {
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
}

/** Fits one net on rows `{ x, y, weight }`. `penalty` holds the units' weights and outputs small. Parameters are those of the raw inputs. */
export function fitNet(rows, { units, epochs, penalty, seed }) {
  const { mean, spread } = scaleOf(rows);
  const n = mean.length;
  const at = layoutOf(n, units);
  const random = uniformNumbers(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const inputs = rows.map(({ x }) => Float64Array.from(x, (value, i) => (value - mean[i]) / spread[i]));
  const p = new Float64Array(at.length);
  for (let i = 0; i < units * n; i++) p[i] = normal() / Math.sqrt(n);
  for (let unit = 0; unit < units; unit++) p[at.outputs + unit] = normal() * 0.1;
  const meanWeight = rows.reduce((sum, row) => sum + row.weight, 0) / rows.length;
  const step = makeAdam(at, penalty, Math.ceil(rows.length / BATCH) * epochs);
  const order = Array.from(rows.keys());
  const g = new Float64Array(at.length);
  const active = new Float64Array(units);
  for (let epoch = 0; epoch < epochs; epoch++) {
    shuffle(order, random);
    for (let from = 0; from < order.length; from += BATCH) {
      g.fill(0);
      const batch = order.slice(from, from + BATCH);
      for (const k of batch) addGradient(p, g, inputs[k], rows[k], 1 / meanWeight / batch.length, active, at);
      step(p, g);
    }
  }
  return unscale(p, at, mean, spread);
}

function makeAdam(at, penalty, steps) {
  const first = new Float64Array(at.length);
  const second = new Float64Array(at.length);
  let t = 0;
  return (p, g) => {
    t++;
    const rate = RATE * 0.5 * (1 + Math.cos((Math.PI * t) / steps));
    const firstScale = 1 - FIRST_DECAY ** t;
    const secondScale = 1 - SECOND_DECAY ** t;
    for (let i = 0; i < p.length; i++) {
      const isHeld = i < at.offsets || (i >= at.outputs && i < at.offset);
      const slope = g[i] + (isHeld ? penalty * p[i] : 0);
      first[i] = FIRST_DECAY * first[i] + (1 - FIRST_DECAY) * slope;
      second[i] = SECOND_DECAY * second[i] + (1 - SECOND_DECAY) * slope * slope;
      p[i] -= (rate * first[i]) / firstScale / (Math.sqrt(second[i] / secondScale) + 1e-8);
    }
  };
}

function unscale(p, at, mean, spread) {
  const { n } = at;
  const rawOf = (from, offset) => {
    const raw = Array.from({ length: n }, (_, i) => p[from + i] / spread[i]);
    return { raw, offset: offset - raw.reduce((sum, weight, i) => sum + weight * mean[i], 0) };
  };
  const line = rawOf(at.line, p[at.offset]);
  const units = Array.from({ length: at.units }, (_, unit) => rawOf(unit * n, p[at.offsets + unit]));
  return {
    linear: line.raw,
    offset: line.offset,
    hidden: units.flatMap(({ raw, offset }) => [...raw, offset]),
    output: Array.from(p.subarray(at.outputs, at.outputs + at.units)),
  };
}

/** The mean of several nets is one net: all their units side by side. */
export function averageNets(nets) {
  const share = 1 / nets.length;
  return {
    linear: nets[0].linear.map((_, i) => share * nets.reduce((sum, net) => sum + net.linear[i], 0)),
    offset: share * nets.reduce((sum, net) => sum + net.offset, 0),
    hidden: nets.flatMap((net) => net.hidden),
    output: nets.flatMap((net) => net.output.map((weight) => share * weight)),
  };
}

/** Log odds of one row, as `dsp/whistle/net.ts` computes them. */
export function oddsOf({ linear, offset, hidden, output }, x) {
  const n = linear.length;
  let sum = offset;
  for (let i = 0; i < n; i++) sum += linear[i] * x[i];
  output.forEach((weight, unit) => {
    const from = unit * (n + 1);
    let within = hidden[from + n];
    for (let i = 0; i < n; i++) within += hidden[from + i] * x[i];
    sum += weight * Math.tanh(within);
  });
  return sum;
}
