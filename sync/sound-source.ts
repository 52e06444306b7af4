import type { FieldOfPlay } from "./channel-way.js";

/** Metres a second at 20 °C; 1.8 % less at 10 °C, 1.7 % more at 30 °C. */
const SOUND_MPS = 343;
const SPEED_SD = 0.01;
/** Spacing of the places that are tried: 7 ms of travel, less than the spread of an onset. */
const STEP_M = 2.5;
/** Referees run beside the lines too. */
const MARGIN_M = 3;
/** What a detector does not know of its own onsets: echoes, other attacks at other places. */
const FLOOR_SD_SEC = 0.004;
/** An arrival this far (in sd) from what all others say of the place is an echo or a mistake, and left out. */
const OUTLIER = 4;

/** When and where one microphone heard a sound. Seconds, metres; `position` null: at the source itself. */
export interface Arrival {
  readonly at: number;
  readonly sd: number;
  readonly position: readonly [number, number] | null;
}

export interface Source {
  /** When the sound was made, seconds, and its standard deviation. */
  readonly at: number;
  readonly sd: number;
  /** Arrivals that agree with it. */
  readonly used: number;
  /** What is believed of the way to another place: mean and standard deviation, seconds. */
  travelTo(position: readonly [number, number]): { readonly sec: number; readonly sd: number };
}

/**
 * Time of a sound that was made somewhere on the field of play, from when it was heard at known places. One microphone: its mean way is taken off
 * and the spread of the ways is in the deviation. Several: each place of a grid is weighed by how well the arrivals agree when travel from there is
 * taken off (Gaussian), so that their differences locate the source. `null` without arrivals.
 */
export function locateSource(arrivals: readonly Arrival[], field: FieldOfPlay): Source | null {
  const sites = grid(field);
  let used = [...arrivals];
  for (;;) {
    if (used.length === 0) return null;
    const fit = weigh(used, sites);
    const worst = used.length > 2 ? furthest(used, fit) : null;
    if (worst === null) return sourceOf(fit, sites, used.length);
    used = used.filter((arrival) => arrival !== worst);
  }
}

interface Fit {
  readonly weights: Float64Array;
  readonly times: Float64Array;
  /** Sum of squared deviations at the best place. */
  readonly misfit: number;
  readonly best: number;
  readonly sites: readonly (readonly [number, number])[];
  /** Variance of the time at a known place. */
  readonly variance: number;
}

function weigh(arrivals: readonly Arrival[], sites: Fit["sites"]): Fit {
  const weights = new Float64Array(sites.length);
  const times = new Float64Array(sites.length);
  const precisions = arrivals.map(({ sd }) => 1 / (sd ** 2 + FLOOR_SD_SEC ** 2));
  const total = precisions.reduce((sum, precision) => sum + precision, 0);
  let misfit = Number.POSITIVE_INFINITY;
  let best = 0;
  sites.forEach((site, index) => {
    const made = arrivals.map(({ at, position }) => at - travelSec(site, position));
    const mean = made.reduce((sum, at, i) => sum + at * (precisions[i] ?? 0), 0) / total;
    const squares = made.reduce((sum, at, i) => sum + (at - mean) ** 2 * (precisions[i] ?? 0), 0);
    times[index] = mean;
    weights[index] = squares;
    if (squares >= misfit) return;
    misfit = squares;
    best = index;
  });
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    weights[i] = Math.exp(-0.5 * ((weights[i] ?? 0) - misfit));
    sum += weights[i] ?? 0;
  }
  for (let i = 0; i < weights.length; i++) weights[i] = (weights[i] ?? 0) / sum;
  return { weights, times, misfit, best, sites, variance: 1 / total };
}

/** The arrival without which the others agree best, when together they do not, and which then is late: echoes and other people's whistles are. */
function furthest(arrivals: readonly Arrival[], fit: Fit): Arrival | null {
  if (fit.misfit < OUTLIER ** 2) return null;
  let worst: Arrival | null = null;
  let least = fit.misfit;
  for (const arrival of arrivals) {
    const others = weigh(
      arrivals.filter((other) => other !== arrival),
      fit.sites,
    );
    const expected = (others.times[others.best] ?? 0) + travelSec(fit.sites[others.best] ?? [0, 0], arrival.position);
    if (others.misfit >= least || arrival.at < expected) continue;
    worst = arrival;
    least = others.misfit;
  }
  return worst;
}

function sourceOf(fit: Fit, sites: Fit["sites"], used: number): Source {
  const { weights, times } = fit;
  const spread = (values: (index: number) => number) => {
    let mean = 0;
    for (let i = 0; i < weights.length; i++) mean += (weights[i] ?? 0) * values(i);
    let variance = 0;
    for (let i = 0; i < weights.length; i++) variance += (weights[i] ?? 0) * (values(i) - mean) ** 2;
    return { mean, variance };
  };
  const time = spread((i) => times[i] ?? 0);
  return {
    at: time.mean,
    sd: Math.sqrt(time.variance + fit.variance),
    used,
    travelTo: (position) => {
      const way = spread((i) => travelSec(sites[i] ?? [0, 0], position));
      return { sec: way.mean, sd: Math.hypot(Math.sqrt(way.variance), SPEED_SD * way.mean) };
    },
  };
}

export function travelSec(from: readonly [number, number], to: readonly [number, number] | null): number {
  return to === null ? 0 : Math.hypot(from[0] - to[0], from[1] - to[1]) / SOUND_MPS;
}

function grid({ lengthM, widthM }: FieldOfPlay): [number, number][] {
  const along = axis(lengthM / 2 + MARGIN_M);
  const across = axis(widthM / 2 + MARGIN_M);
  return along.flatMap((x) => across.map((y): [number, number] => [x, y]));
}

function axis(half: number): number[] {
  const steps = Math.max(1, Math.ceil(half / STEP_M));
  return Array.from({ length: 2 * steps + 1 }, (_, i) => ((i - steps) * half) / steps);
}
