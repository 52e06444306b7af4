/** One record's stamp of a feed beside the true time at which it was made. */
export interface GeneratorPoint {
  /** Seconds since the generator's origin, corrected UTC. */
  readonly t: number;
  /** What the generator showed minus `t`, seconds. */
  readonly d: number;
  readonly sdSec: number;
}

/** The stretches between the jumps of a generator, the last one going on. */
export interface Segments {
  readonly segments: readonly (readonly GeneratorPoint[])[];
  /** Points that belong to none. */
  readonly outliers: number;
  /** Seconds gained per second that was assumed. */
  readonly slope: number;
}

/** A line through a segment. */
export interface GeneratorLine {
  /** At `t`, seconds. */
  readonly offsetAt: (t: number) => number;
  readonly offsetSdAt: (t: number) => number;
  /** Seconds gained per second. */
  readonly slope: number;
  readonly slopeSd: number;
}

/** What a stamp may lie beside its generator before it is another clock: presses are stamped in the same second. */
const NEAR_SEC = 1;
const NEAR_SDS = 4;
/** A free-running crystal is within 100 ppm; twice that is let by between two points. */
const NEAR_SLOPE = 200e-6;
const RECENT = 5;
/** So many points in a row that agree with each other and not with the segment are a jump; fewer are errors. */
const JUMP_POINTS = 3;
/** A rate that is taken to be wrong must explain so much more than a jump does. */
const RATE_POINTS = 5;
const RATE_GAIN = 3;
/** Belief in the slope before any point: the rate is the assumed one, to a tenth of a per cent. */
const SLOPE_SD = 1e-3;
/** Student's t with these degrees of freedom bounds what one odd point can do. */
const TAIL = 4;
const ROUNDS = 8;

/**
 * Cuts points (in the order of time) into segments without a jump. A wrong rate looks like a row of jumps: each of `slopes` is tried too,
 * and taken where it explains clearly more.
 */
export function findSegments(points: readonly GeneratorPoint[], slopes: readonly number[]): Segments {
  const plain = cut(points, 0);
  if (points.length < RATE_POINTS || costOf(plain) < RATE_GAIN) return plain;
  let best = plain;
  for (const slope of slopes) {
    const other = cut(points, slope);
    if (costOf(other) + (best === plain ? RATE_GAIN : 1) <= costOf(best)) best = other;
  }
  return best;
}

function costOf({ segments, outliers }: Segments): number {
  return RATE_GAIN * Math.max(0, segments.length - 1) + outliers;
}

function cut(points: readonly GeneratorPoint[], slope: number): Segments {
  const segments: GeneratorPoint[][] = [];
  let current: GeneratorPoint[] = [];
  let strange: GeneratorPoint[] = [];
  let outliers = 0;
  for (const point of points) {
    if (isNear(point, current, slope)) {
      current.push(point);
      outliers += strange.length;
      strange = [];
      continue;
    }
    if (!isNear(point, strange, slope)) {
      outliers += strange.length;
      strange = [];
    }
    strange.push(point);
    if (strange.length < JUMP_POINTS) continue;
    // What began with errors never was a segment.
    if (current.length < JUMP_POINTS) outliers += current.length;
    else segments.push(current);
    current = strange;
    strange = [];
  }
  segments.push(current);
  return { segments, outliers: outliers + strange.length, slope };
}

/** Anything is near nothing. */
function isNear(point: GeneratorPoint, others: readonly GeneratorPoint[], slope: number): boolean {
  const recent = others.slice(-RECENT);
  const last = recent.at(-1);
  if (last === undefined) return true;
  const expected = median(recent.map(({ t, d }) => d - slope * t)) + slope * point.t;
  const allowed = Math.max(NEAR_SEC, NEAR_SDS * point.sdSec) + NEAR_SLOPE * Math.abs(point.t - last.t);
  return Math.abs(point.d - expected) <= allowed;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** Robust line through a segment (iterated weights of Student's t), with a weak belief in `assumedSlope`. */
export function fitLine(points: readonly GeneratorPoint[], assumedSlope: number): GeneratorLine {
  let line = start(points, assumedSlope);
  for (let round = 0; round < ROUNDS; round++) line = refine(points, assumedSlope, line);
  const { centre, level, levelSd, slope, slopeSd } = line;
  return {
    offsetAt: (t) => level + slope * (t - centre),
    offsetSdAt: (t) => Math.hypot(levelSd, slopeSd * (t - centre)),
    slope,
    slopeSd,
  };
}

interface Line {
  readonly centre: number;
  readonly level: number;
  readonly levelSd: number;
  readonly slope: number;
  readonly slopeSd: number;
}

function start(points: readonly GeneratorPoint[], slope: number): Line {
  const level = median(points.map(({ t, d }) => d - slope * t));
  return { centre: 0, level, levelSd: 1, slope, slopeSd: SLOPE_SD };
}

function refine(points: readonly GeneratorPoint[], assumedSlope: number, line: Line): Line {
  const residual = ({ t, d }: GeneratorPoint) => d - line.level - line.slope * (t - line.centre);
  const weights = points.map((point) => {
    const z = residual(point) / point.sdSec;
    return (TAIL + 1) / (TAIL + z * z) / point.sdSec ** 2;
  });
  const sum = (of: (point: GeneratorPoint) => number) =>
    points.reduce((total, point, index) => total + (weights[index] ?? 0) * of(point), 0);
  const weight = sum(() => 1);
  const centre = sum(({ t }) => t) / weight;
  // Levels of 1e9 s are taken off before anything is multiplied.
  const base = points[0]?.d ?? 0;
  const level = sum(({ d }) => d - base) / weight;
  const spread = sum(({ t }) => (t - centre) ** 2);
  const tilt = sum(({ t, d }) => (t - centre) * (d - base - level));
  const belief = 1 / SLOPE_SD ** 2;
  const slope = (tilt + belief * assumedSlope) / (spread + belief);
  return {
    centre,
    level: base + level,
    levelSd: 1 / Math.sqrt(weight),
    slope,
    slopeSd: 1 / Math.sqrt(spread + belief),
  };
}
