import { factorise, inverseDiagonal, solveLower, solveUpper } from "./cholesky.js";
import type { Persona } from "./persona.js";

/** A linked event as the calibration sees it. Seconds. */
export interface CalibrationPoint {
  /** Where on the session's clock; slow errors are alike for near points. */
  readonly at: number;
  /** Stamp minus truth, less the period's base offset and the mean lag of the class. */
  readonly residual: number;
  /** Variance of one such residual around the logger's own mean. */
  readonly noise: number;
  readonly class: string;
  readonly period: string;
  /** Mean lag of the class for this persona. */
  readonly lag: number;
}

export interface Prediction {
  readonly mean: number;
  readonly variance: number;
}

/** Standard deviations of a clock's faults: what is left after the scan; a step at a period's start; parts per second of drift. */
const REST_SEC = 2.5;
const PERIOD_STEP_SEC = 1.6;
const DRIFT = 80e-6;

type Site = Pick<CalibrationPoint, "at" | "class" | "period" | "lag">;

/**
 * What a logger's clock and habits add to the truth: a Gaussian process over offset, step per period, drift, bias per class,
 * speed of the person and slow wander (Rasmussen and Williams, "Gaussian Processes for Machine Learning", algorithm 2.1; leave-one-out: 5.4.2).
 */
export class Calibration {
  readonly #points: readonly CalibrationPoint[];
  readonly #persona: Persona;
  readonly #reference: number;
  readonly #factor: Float64Array;
  readonly #weights: Float64Array;
  #inverse: Float64Array | null = null;

  constructor(persona: Persona, points: readonly CalibrationPoint[]) {
    const size = points.length;
    this.#points = points;
    this.#persona = persona;
    this.#reference = size === 0 ? 0 : points.reduce((sum, point) => sum + point.at, 0) / size;
    this.#factor = new Float64Array(size * size);
    this.#weights = Float64Array.from(points, (point) => point.residual);
    points.forEach((a, i) => {
      for (let j = 0; j <= i; j++) this.#factor[i * size + j] = this.#kernel(a, points[j] as CalibrationPoint);
      this.#factor[i * size + i] = (this.#factor[i * size + i] ?? 0) + a.noise;
    });
    factorise(this.#factor, size);
    solveLower(this.#factor, size, this.#weights);
    solveUpper(this.#factor, size, this.#weights);
  }

  get size(): number {
    return this.#points.length;
  }

  predict(site: Site): Prediction {
    const size = this.#points.length;
    const row = new Float64Array(size);
    let mean = 0;
    for (let i = 0; i < size; i++) {
      const value = this.#kernel(site, this.#points[i] as CalibrationPoint);
      row[i] = value;
      mean += value * (this.#weights[i] as number);
    }
    solveLower(this.#factor, size, row);
    let variance = this.#kernel(site, site);
    for (const value of row) variance -= value * value;
    return { mean, variance: Math.max(1e-6, variance) };
  }

  /** What the other points say of point `index`, without its own residual. */
  leaveOut(index: number): Prediction {
    this.#inverse ??= inverseDiagonal(this.#factor, this.#points.length);
    const inverse = this.#inverse[index] ?? 1;
    const point = this.#points[index] as CalibrationPoint;
    return {
      mean: point.residual - (this.#weights[index] ?? 0) / inverse,
      variance: Math.max(1e-6, 1 / inverse - point.noise),
    };
  }

  /** Rate error of the logger's clock, parts per million. */
  driftPpm(): number {
    let slope = 0;
    this.#points.forEach((point, index) => {
      slope += (point.at - this.#reference) * (this.#weights[index] ?? 0);
    });
    return slope * DRIFT * DRIFT * 1e6;
  }

  #kernel(a: Site, b: Site): number {
    const persona = this.#persona;
    let value =
      REST_SEC ** 2 +
      DRIFT ** 2 * (a.at - this.#reference) * (b.at - this.#reference) +
      persona.personRelative ** 2 * a.lag * b.lag +
      persona.wanderSd ** 2 * Math.exp(-Math.abs(a.at - b.at) / persona.wanderTauSec);
    if (a.period === b.period) value += PERIOD_STEP_SEC ** 2;
    if (a.class === b.class) value += persona.classRelative ** 2 * a.lag * b.lag + persona.classSec ** 2;
    return value;
  }
}
