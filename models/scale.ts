import { Packer, Unpacker } from "./pack.js";
import type { ScalePrior } from "./profile.js";

/** What was learned of one car's burn: fuel that was measured over a stretch whose physics said `rawKg`. */
export interface ScaleObservation {
  readonly car: string;
  readonly maker: string | null;
  readonly rawKg: number;
  /** Of `rawKg`: what was burned under caution, and in holes. */
  readonly cautionKg: number;
  readonly filledKg: number;
  readonly measuredKg: number;
  readonly sdKg: number;
  /** Of `measuredKg`: what was only timed, by cans whose flow is believed to be one for all cars. */
  readonly timedKg: number;
  /** Whether the stretch began and ended with a tank called full, whose shortfall is unknown. */
  readonly fromFull: boolean;
  readonly toFull: boolean;
}

export interface ScaleEstimate {
  /** burn = mean × physics; sd of it. */
  readonly mean: number;
  readonly sd: number;
}

export interface ScaleUpdate {
  readonly used: boolean;
  readonly innovationSds: number;
  /** What this very stretch burned beyond scale × physics, kg, and its sd. */
  readonly ownKg: number;
  readonly ownSdKg: number;
}

/** A filter as JSON. */
export interface StoredScale {
  /** Names and prior sds of its states, in order. */
  readonly states: readonly (readonly [string, number])[];
  readonly makers: readonly (readonly [string, string])[];
  readonly counts: readonly (readonly [string, number])[];
  readonly observed: number;
  /** Its mean and the lower half of its covariance, packed. */
  readonly numbers: string;
}

/** Logarithm of a car's scale under green, its variance, and how caution adds to both. */
interface KnownScale {
  readonly maker: string | null;
  readonly mean: number;
  readonly variance: number;
  readonly cautionMean: number;
  readonly covariance: number;
  readonly cautionVariance: number;
}

/** Beyond so many standard deviations an observation is somebody's mistake: at 1.4 % a stint that is 5 % and more. */
const GATE_SDS = 4;
/** Flow of the cans against what it is taken to be, for all cars of a race together: a share. */
const CAN_FLOW_SD = 0.02;
const MAKER = "maker ";

/**
 * Scale of every car: race × maker × car, in logarithms, the same for what is burned under caution, and how short of full each tank was
 * filled, by one Kalman filter over all of them, so that a fill of one car tells of the others too.
 */
export class ScaleFilter {
  private readonly indexOf = new Map<string, number>();
  private mean: number[] = [];
  private covariance: number[][] = [];
  private taken = 0;
  private readonly makers = new Map<string, string>();
  private readonly sds = new Map<string, number>();
  private readonly known = new Map<string, KnownScale>();
  private readonly counts = new Map<string, number>();

  constructor(
    readonly prior: ScalePrior,
    private readonly makerMeans: Readonly<Record<string, number>> = {},
  ) {
    this.stateOf("race", prior.race);
    this.stateOf("caution", prior.caution);
  }

  /** Measurements so far, those outside the gate too. */
  get observed(): number {
    return this.taken;
  }

  /** Observations of one car. */
  countOf(car: string): number {
    return this.counts.get(car) ?? 0;
  }

  /** Scale of a car, for fuel burned of which the given share was under caution. */
  estimate(car: string, maker: string | null, cautionShare = 0): ScaleEstimate {
    const last = this.known.get(car);
    // A car whose maker is not known yet may be told one.
    const known = last !== undefined && last.maker === maker ? last : this.learn(car, maker);
    const mean = Math.exp(known.mean + cautionShare * known.cautionMean);
    const variance =
      known.variance + 2 * cautionShare * known.covariance + cautionShare * cautionShare * known.cautionVariance;
    return { mean, sd: mean * Math.sqrt(Math.max(variance, 0)) };
  }

  /** Asked several times for each window: it changes with an observation only. */
  private learn(car: string, maker: string | null): KnownScale {
    const h = this.direction(car, maker, 0);
    const caution = this.cautionOf(car, 1);
    const known = {
      maker,
      mean: this.along(h),
      variance: this.varianceAlong(h),
      cautionMean: this.along(caution),
      covariance: this.covarianceAlong(caution, h),
      cautionVariance: this.varianceAlong(caution),
    };
    this.known.set(car, known);
    return known;
  }

  /** What is missing of a full tank since its last full fill, kg. */
  shortOfFull(car: string): { readonly kg: number; readonly sdKg: number } {
    const at = this.indexOf.get(`tank ${car}`);
    if (at === undefined) return { kg: 0, sdKg: 0 };
    return { kg: this.mean[at] ?? 0, sdKg: Math.sqrt(Math.max(this.covariance[at]?.[at] ?? 0, 0)) };
  }

  /** Takes a measurement, unless it lies outside the gate. */
  observe(observation: ScaleObservation): ScaleUpdate {
    this.taken += 1;
    this.known.clear();
    this.counts.set(observation.car, this.countOf(observation.car) + 1);
    return this.update(observation);
  }

  store(): StoredScale {
    const { sds, makers, counts, taken, mean, covariance } = this;
    const packer = new Packer();
    packer.column(mean);
    // Symmetric to the last bit: it is changed by g·gᵀ alone.
    packer.column(covariance.flatMap((line, i) => line.slice(0, i + 1)));
    return { states: [...sds], makers: [...makers], counts: [...counts], observed: taken, numbers: packer.done() };
  }

  /**
   * Makes the filter that was stored, to the last bit.
   *
   * @throws RangeError or TypeError on another form: the caller refuses the snapshot
   */
  static restore(
    prior: ScalePrior,
    makerMeans: Readonly<Record<string, number>>,
    { states, makers, counts, observed, numbers }: StoredScale,
  ): ScaleFilter {
    const filter = new ScaleFilter(prior, makerMeans);
    for (const [name, sd] of states) filter.stateOf(name, sd);
    for (const [car, maker] of makers) filter.makers.set(car, maker);
    for (const [car, count] of counts) filter.counts.set(car, count);
    filter.taken = observed;
    const unpacker = new Unpacker(numbers);
    const size = states.length;
    filter.mean = [...unpacker.columnOf(size)];
    const half = unpacker.columnOf((size * (size + 1)) / 2);
    const at = (i: number, j: number): number => half[(i * (i + 1)) / 2 + j] ?? 0;
    filter.covariance = filter.mean.map((_, i) => filter.mean.map((_, j) => (j <= i ? at(i, j) : at(j, i))));
    return filter;
  }

  private update(o: ScaleObservation): ScaleUpdate {
    const { prior } = this;
    const h = this.direction(o.car, o.maker, o.cautionKg / Math.max(o.rawKg, 1e-9));
    const predicted = o.rawKg * Math.exp(this.along(h));
    const row = new Map<number, number>([...h].map(([at, weight]) => [at, weight * predicted]));
    // The tank as it was left last time is missing `old` kg; it is filled up to what misses `next`.
    const old = o.fromFull ? this.indexOf.get(`tank ${o.car}`) : undefined;
    if (old !== undefined) row.set(old, 1);
    // A can that flows faster than believed makes every timed fill look smaller than it is; here: larger by the state.
    if (o.timedKg > 0) row.set(this.stateOf("flow", CAN_FLOW_SD), o.timedKg);
    const flowKg = o.timedKg > 0 ? o.timedKg * (this.mean[this.stateOf("flow", CAN_FLOW_SD)] ?? 0) : 0;
    const oldMean = old === undefined ? 0 : (this.mean[old] ?? 0);
    const ownVariance = (prior.stint * predicted) ** 2 + (prior.filled * o.filledKg) ** 2;
    const nextVariance = o.toFull ? prior.shortOfFullSdKg ** 2 : 0;
    const nextMean = o.toFull ? prior.shortOfFullKg : 0;
    const noise = ownVariance + nextVariance + o.sdKg ** 2;
    const total = this.varianceAlong(row) + noise;
    const innovation = o.measuredKg - (predicted + flowKg + oldMean - nextMean);
    const innovationSds = innovation / Math.sqrt(total);
    const used = Math.abs(innovationSds) <= GATE_SDS && o.rawKg > 0;
    if (used) this.correct(row, innovation, total);
    if (o.toFull) this.refill(o.car, used ? innovation : 0, used ? total : Number.POSITIVE_INFINITY);
    const ownGain = used ? ownVariance / total : 0;
    return {
      used,
      innovationSds,
      ownKg: ownGain * innovation,
      ownSdKg: Math.sqrt(ownVariance * (1 - ownGain)),
    };
  }

  private correct(row: ReadonlyMap<number, number>, innovation: number, total: number): void {
    const gain = this.mean.map((_, i) => this.covarianceWith(i, row) / total);
    this.mean = this.mean.map((value, i) => value + (gain[i] ?? 0) * innovation);
    this.covariance = this.covariance.map((line, i) =>
      line.map((value, j) => value - (gain[i] ?? 0) * (gain[j] ?? 0) * total),
    );
  }

  /** The tank's shortfall is drawn anew; what this fill said of it correlates it with the rest. */
  private refill(car: string, innovation: number, total: number): void {
    const { shortOfFullKg, shortOfFullSdKg } = this.prior;
    const at = this.stateOf(`tank ${car}`, shortOfFullSdKg);
    const variance = shortOfFullSdKg ** 2;
    // measured = burned + old − next: a fill that is larger than expected leaves less missing.
    const gain = Number.isFinite(total) ? -variance / total : 0;
    this.mean[at] = shortOfFullKg + gain * innovation;
    // Its correlation with the scales is a few per cent, and left out.
    for (const [i, line] of this.covariance.entries()) {
      line[at] = 0;
      if (i === at) line.fill(0);
    }
    const line = this.covariance[at];
    if (line !== undefined) line[at] = Math.max(variance * (1 + gain), 0);
  }

  private direction(car: string, maker: string | null, cautionShare: number): Map<number, number> {
    const known = this.makers.get(car);
    if (maker !== null && known === undefined) this.makers.set(car, maker);
    const group = this.makers.get(car) ?? "unknown";
    const h = new Map<number, number>([
      [this.stateOf("race", this.prior.race), 1],
      [this.stateOf(`${MAKER}${group}`, this.prior.maker), 1],
      [this.stateOf(`car ${car}`, this.prior.car), 1],
    ]);
    if (cautionShare > 0) for (const [at, weight] of this.cautionOf(car, cautionShare)) h.set(at, weight);
    return h;
  }

  /** A throttle that is hardly open: what passes it differs from car to car far more than what fills the cylinders. */
  private cautionOf(car: string, share: number): Map<number, number> {
    return new Map([
      [this.stateOf("caution", this.prior.caution), share],
      [this.stateOf(`caution ${car}`, this.prior.cautionCar), share],
    ]);
  }

  private along(h: ReadonlyMap<number, number>): number {
    let sum = 0;
    for (const [i, weight] of h) sum += weight * (this.mean[i] ?? 0);
    return sum;
  }

  private varianceAlong(h: ReadonlyMap<number, number>): number {
    return this.covarianceAlong(h, h);
  }

  private covarianceAlong(g: ReadonlyMap<number, number>, h: ReadonlyMap<number, number>): number {
    let sum = 0;
    for (const [i, weight] of g) sum += weight * this.covarianceWith(i, h);
    return sum;
  }

  private covarianceWith(i: number, h: ReadonlyMap<number, number>): number {
    const line = this.covariance[i];
    let sum = 0;
    for (const [j, weight] of h) sum += weight * (line?.[j] ?? 0);
    return sum;
  }

  private stateOf(name: string, sd: number): number {
    const known = this.indexOf.get(name);
    if (known !== undefined) return known;
    const at = this.mean.length;
    this.indexOf.set(name, at);
    this.sds.set(name, sd);
    this.mean.push(name.startsWith(MAKER) ? (this.makerMeans[name.slice(MAKER.length)] ?? 0) : 0);
    for (const line of this.covariance) line.push(0);
    this.covariance.push(new Array<number>(at + 1).fill(0));
    const own = this.covariance[at];
    if (own !== undefined) own[at] = sd * sd;
    return at;
  }
}
