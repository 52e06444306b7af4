import { solveSymmetric } from "./linear.js";
import { BurnModel } from "./physics.js";
import type { CarProfile, PhysicsParameters } from "./profile.js";

/** What one stretch between two full tanks holds: its samples, and the fuel that was put in for them. */
export interface FitStretch {
  readonly race: string;
  readonly car: string;
  readonly maker: string;
  readonly kg: number;
  readonly sdKg: number;
  /** Samples: how long each one counts (s), and whether the throttle falls after it (+1) or fell before it (−1). */
  readonly seconds: Float32Array;
  readonly drops: Int8Array;
  /** 1 under caution. */
  readonly caution: Uint8Array;
  readonly rpm: Float32Array;
  readonly throttle: Float32Array;
  /** Density of the air against 300 K and sea level, and ram pressure as a share of it. */
  readonly density: Float32Array;
  readonly ram: Float32Array;
}

export interface FitReport {
  readonly profile: CarProfile;
  readonly stretches: number;
  readonly cars: number;
  readonly races: number;
  readonly rounds: number;
  /** Root mean square of what the stretches miss, in their own standard deviations. */
  readonly rmsSds: number;
  /** Mean of |error| in per cent once every car has its scale. */
  readonly meanErrorPercent: number;
}

type Name = Exclude<keyof PhysicsParameters, "idleRpm">;

/**
 * What is believed before the first total: mean, sd, bounds. A throttle body that lets in twice what the cylinders take, a soft knee, a
 * volumetric efficiency that falls towards the ends, half of the overrun cut, half of the ram pressure used, a manifold that empties in
 * some hundredths of a second. Totals are few: what they do not tell stays here.
 */
const BELIEFS: Readonly<Record<Name, readonly [mean: number, sd: number, least: number, most: number]>> = {
  k: [48, 15, 0.05, 500],
  idleAir: [0.1, 0.02, 0.001, 1],
  throttleAir: [1.6, 0.6, 0.1, 8],
  throttlePower: [1.4, 0.5, 0.3, 4],
  knee: [4, 1.5, 1, 12],
  rpmSlope: [0, 0.3, -1.5, 1.5],
  rpmCurve: [-0.15, 0.3, -2, 1.5],
  enrichment: [0.05, 0.06, -0.2, 0.5],
  overrunCut: [0.5, 0.15, 0, 1],
  ram: [0.5, 0.3, 0, 1],
  emptyingSec: [0.06, 0.05, 0, 0.5],
};
/** How far makers' engines are apart, in all races: their mean is a part of the profile. */
const MAKER_SD = 0.008;
const MAKER = "maker ";
const NAMES = Object.keys(BELIEFS) as Name[];
const MOST_ROUNDS = 25;
const ENOUGH = 0.02;
/** Steps of the numeric derivative, in sds of the belief. */
const STEP = 0.02;

/**
 * Fits the shape of an engine to totals alone: Levenberg–Marquardt on the physics' parameters, with a scale for each race, maker and car
 * that is held small by the profile's prior. Deterministic.
 *
 * @returns null with fewer than three stretches
 */
export function fitProfile(
  stretches: readonly FitStretch[],
  base: CarProfile,
  onRound: (round: number, cost: number) => void = () => undefined,
): FitReport | null {
  if (stretches.length < 3) return null;
  const groups = groupsOf(stretches, base);
  let point = startOf(stretches, base, groups);
  let { residuals, burned, cautionShares } = evaluate(point, stretches, base, groups);
  let cost = squares(residuals);
  let damping = 0.01;
  let rounds = 0;
  for (; rounds < MOST_ROUNDS; rounds++) {
    onRound(rounds, cost);
    const columns = derivatives(point, stretches, base, groups, { residuals, burned, cautionShares });
    const next = improve(point, columns, residuals, damping, (candidate) =>
      evaluate(candidate, stretches, base, groups),
    );
    if (next === null) break;
    const gain = cost - next.cost;
    ({ point, residuals, burned, cautionShares, cost, damping } = next);
    if (gain < ENOUGH) break;
  }
  return reportOf(point, stretches, base, groups, residuals, burned, rounds);
}

interface Groups {
  /** Place in the point after the physics, by stretch: race, maker, car; then those that count for what was burned under caution. */
  readonly places: readonly (readonly number[])[];
  readonly cautionPlaces: readonly (readonly number[])[];
  readonly sds: readonly number[];
  readonly names: readonly string[];
}

function groupsOf(stretches: readonly FitStretch[], { prior }: CarProfile): Groups {
  const place = new Map<string, number>();
  const sds: number[] = [];
  const placeOf = (name: string, sd: number): number => {
    const known = place.get(name);
    if (known !== undefined) return known;
    place.set(name, NAMES.length + sds.length);
    sds.push(sd);
    return NAMES.length + sds.length - 1;
  };
  const places = stretches.map(({ race, maker, car }) => [
    placeOf(`race ${race}`, prior.race),
    placeOf(`${MAKER}${maker}`, MAKER_SD),
    placeOf(`of race ${race} ${maker}`, prior.maker),
    placeOf(`car ${race} ${car}`, prior.car),
  ]);
  const cautionPlaces = stretches.map(({ race, car }) => [
    placeOf(`caution ${race}`, prior.caution),
    placeOf(`caution ${race} ${car}`, prior.cautionCar),
  ]);
  return { places, cautionPlaces, sds, names: [...place.keys()] };
}

/** Beliefs, with the size of the engine taken from the totals. */
function startOf(stretches: readonly FitStretch[], base: CarProfile, groups: Groups): number[] {
  const point = [...NAMES.map((name) => BELIEFS[name][0]), ...groups.sds.map(() => 0)];
  const { burned } = evaluate(point, stretches, base, groups);
  const measured = stretches.reduce((sum, { kg }) => sum + kg, 0);
  const predicted = burned.reduce((sum, kg) => sum + kg, 0);
  point[0] = clamp("k", (point[0] ?? 1) * (measured / Math.max(predicted, 1e-9)));
  return point;
}

interface Evaluation {
  readonly residuals: number[];
  /** kg of each stretch, with its scales; the share of it under caution. */
  readonly burned: number[];
  readonly cautionShares: number[];
}

function evaluate(
  point: readonly number[],
  stretches: readonly FitStretch[],
  base: CarProfile,
  { places, cautionPlaces, sds }: Groups,
): Evaluation {
  const model = new BurnModel(physicsOf(point, base));
  const raw = stretches.map((stretch) => burnedOf(model, stretch));
  const cautionShares = raw.map(({ kg, cautionKg }) => cautionKg / Math.max(kg, 1e-9));
  const sumAt = (at: readonly number[] = []): number => at.reduce((sum, place) => sum + (point[place] ?? 0), 0);
  const burned = raw.map(
    ({ kg }, i) => kg * Math.exp(sumAt(places[i]) + (cautionShares[i] ?? 0) * sumAt(cautionPlaces[i])),
  );
  const residuals = [
    ...stretches.map((stretch, i) => ((burned[i] ?? 0) - stretch.kg) / sdOf(stretch, base)),
    ...NAMES.map((name, i) => ((point[i] ?? 0) - beliefMean(name, base)) / BELIEFS[name][1]),
    ...sds.map((sd, i) => (point[NAMES.length + i] ?? 0) / sd),
  ];
  return { residuals, burned, cautionShares };
}

/** The engine's size is not believed to be anything; of an engine unlike a big V8 the belief would be wrong. */
function beliefMean(name: Name, base: CarProfile): number {
  return name === "k" ? base.physics.k : BELIEFS[name][0];
}

function sdOf({ kg, sdKg }: FitStretch, { prior }: CarProfile): number {
  return Math.hypot(sdKg, prior.stint * kg, prior.shortOfFullSdKg);
}

/** Physics' kg of a stretch, and what of it was burned under caution. */
function burnedOf(model: BurnModel, stretch: FitStretch): { readonly kg: number; readonly cautionKg: number } {
  const { seconds, drops, caution, rpm, throttle, density, ram } = stretch;
  const { emptyingSec, ram: ramWeight } = model.parameters;
  let grams = 0;
  let cautionGrams = 0;
  for (let i = 0; i < seconds.length; i++) {
    const rate = model.rate(rpm[i] as number, throttle[i] as number);
    const air = (density[i] as number) * (1 + ramWeight * (ram[i] as number));
    const burned = rate * air * ((seconds[i] as number) + emptyingSec * (drops[i] as number));
    grams += burned;
    if (caution[i] === 1) cautionGrams += burned;
  }
  return { kg: grams / 1000, cautionKg: cautionGrams / 1000 };
}

/** Columns of the Jacobian; those of the scales are known, those of the physics are numeric. */
function derivatives(
  point: readonly number[],
  stretches: readonly FitStretch[],
  base: CarProfile,
  groups: Groups,
  { residuals, burned, cautionShares }: Evaluation,
): number[][] {
  const physics = NAMES.map((name, i) => {
    const step = STEP * BELIEFS[name][1];
    const moved = point.map((value, j) => (j === i ? value + step : value));
    return evaluate(moved, stretches, base, groups).residuals.map((value, j) => (value - (residuals[j] ?? 0)) / step);
  });
  const scales = groups.sds.map((sd, g) => {
    const column = new Array<number>(residuals.length).fill(0);
    for (const [i, stretch] of stretches.entries()) {
      const isCaution = groups.cautionPlaces[i]?.includes(NAMES.length + g);
      const share = groups.places[i]?.includes(NAMES.length + g) ? 1 : isCaution ? (cautionShares[i] ?? 0) : 0;
      if (share > 0) column[i] = (share * (burned[i] ?? 0)) / sdOf(stretch, base);
    }
    column[stretches.length + NAMES.length + g] = 1 / sd;
    return column;
  });
  return [...physics, ...scales];
}

function improve(
  point: readonly number[],
  columns: readonly (readonly number[])[],
  residuals: readonly number[],
  damping: number,
  evaluateAt: (candidate: readonly number[]) => Evaluation,
): (Evaluation & { point: number[]; cost: number; damping: number }) | null {
  const cost = squares(residuals);
  const normal = columns.map((a) => columns.map((b) => dot(a, b)));
  const slope = columns.map((column) => -dot(column, residuals));
  for (let attempt = 0, now = damping; attempt < 6; attempt++, now *= 5) {
    const damped = normal.map((row, i) => row.map((value, j) => (i === j ? value * (1 + now) : value)));
    const step = solveSymmetric(damped, slope);
    if (step === null) continue;
    const candidate = point.map((value, i) => {
      const moved = value + (step[i] ?? 0);
      const name = NAMES[i];
      return name === undefined ? moved : clamp(name, moved);
    });
    const found = evaluateAt(candidate);
    const foundCost = squares(found.residuals);
    if (foundCost < cost) return { point: candidate, ...found, cost: foundCost, damping: now / 4 };
  }
  return null;
}

function reportOf(
  point: readonly number[],
  stretches: readonly FitStretch[],
  base: CarProfile,
  groups: Groups,
  residuals: readonly number[],
  burned: readonly number[],
  rounds: number,
): FitReport {
  const own = residuals.slice(0, stretches.length);
  const errors = stretches.map(({ kg }, i) => Math.abs((burned[i] ?? 0) / kg - 1));
  return {
    profile: { ...base, physics: physicsOf(point, base), makers: makersOf(point, groups) },
    stretches: stretches.length,
    cars: new Set(stretches.map(({ race, car }) => `${race} ${car}`)).size,
    races: new Set(stretches.map(({ race }) => race)).size,
    rounds,
    rmsSds: Math.sqrt(squares(own) / own.length),
    meanErrorPercent: (100 * errors.reduce((sum, error) => sum + error, 0)) / errors.length,
  };
}

function makersOf(point: readonly number[], { names }: Groups): Record<string, number> {
  const entries = names.flatMap((name, i) =>
    name.startsWith(MAKER) ? [[name.slice(MAKER.length), Number((point[NAMES.length + i] ?? 0).toFixed(5))]] : [],
  );
  return Object.fromEntries(entries) as Record<string, number>;
}

function physicsOf(point: readonly number[], base: CarProfile): PhysicsParameters {
  const fitted = Object.fromEntries(NAMES.map((name, i) => [name, clamp(name, point[i] ?? 0)]));
  return { ...base.physics, ...(fitted as Record<Name, number>) };
}

function clamp(name: Name, value: number): number {
  const [, , least, most] = BELIEFS[name];
  return Math.min(most, Math.max(least, value));
}

function squares(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
