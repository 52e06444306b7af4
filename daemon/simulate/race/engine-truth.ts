import type { Random } from "../random.js";

/**
 * The engine that burns the fuel of simulated races: a mean-value model of a throttle body, a manifold and eight cylinders (Heywood,
 * Internal Combustion Engine Fundamentals, 7.6 and 14.4). Its form is not that of the models that have to guess it.
 */
export interface Engine {
  /** Displacement, m³. */
  readonly displacementM3: number;
  /** Volumetric efficiency: peak, engine speed of the peak (1/min), fall-off. */
  readonly vePeak: number;
  readonly vePeakRpm: number;
  readonly veFall: number;
  /** Open throttle's flow against the engine's hunger at 7000/min. */
  readonly throttleFlow: number;
  /** Flow past the closed throttle, as a share of the open one. */
  readonly leak: number;
  /** Mixture: lambda at part load and at full load. */
  readonly lambdaPart: number;
  readonly lambdaFull: number;
  /** Share of the fuel that is cut on the overrun. */
  readonly overrunCut: number;
  /** This engine against its drawing. */
  readonly scale: number;
}

const STOICHIOMETRIC = 14.1;
const AIR_GAS_CONSTANT = 287;
const RPM_OF_HUNGER = 7000;
/** Brings the consumption to that of the engines the shipped profile was fitted on, so that simulated races are theirs. */
const THIRST = 1.53;

export function drawEngine(random: Random, makerScale: number): Engine {
  return {
    displacementM3: 5.86e-3,
    vePeak: random.normal(1.14, 0.004),
    vePeakRpm: random.normal(6600, 60),
    veFall: random.normal(0.17, 0.006),
    throttleFlow: random.normal(1.4, 0.02),
    leak: Math.max(0.01, random.normal(0.035, 0.001)),
    lambdaPart: 0.97,
    lambdaFull: random.normal(0.875, 0.003),
    overrunCut: 0.55,
    scale: THIRST * makerScale * random.lognormal(1, 0.012),
  };
}

export interface Surroundings {
  readonly airC: number;
  readonly pressurePa: number;
  /** Pressure of the air ahead, Pa, as far as the intake recovers it. */
  readonly ramPa: number;
}

/** Grams of fuel a second. `throttle` 0..1, `rpm` 1/min. */
export function fuelRate(engine: Engine, throttle: number, rpm: number, air: Surroundings): number {
  if (rpm <= 0) return 0;
  const shape = 1 - engine.veFall * ((rpm - engine.vePeakRpm) / RPM_OF_HUNGER) ** 2 * 4;
  const ve = engine.vePeak * shape;
  const hunger = (ve * rpm) / RPM_OF_HUNGER;
  const open = engine.leak + (1 - engine.leak) * Math.min(1, throttle) ** 1.05;
  const ratio = manifoldRatio(engine.throttleFlow * open, hunger);
  const density = (air.pressurePa + air.ramPa) / (AIR_GAS_CONSTANT * (air.airC + 273.15));
  const airKgPerSec = ratio * ve * density * engine.displacementM3 * (rpm / 120);
  const load = Math.min(1, Math.max(0, (ratio - 0.75) / 0.2));
  const lambda = engine.lambdaPart + (engine.lambdaFull - engine.lambdaPart) * load;
  const isOverrun = throttle < 0.02 && rpm > 2100;
  const cut = isOverrun ? 1 - engine.overrunCut : 1;
  return ((engine.scale * airKgPerSec) / (STOICHIOMETRIC * lambda)) * cut * 1000;
}

/** Manifold over ambient pressure at which the throttle passes what the cylinders take: flow(ratio) · supply = hunger · ratio. */
function manifoldRatio(supply: number, hunger: number): number {
  let low = 0.02;
  let high = 1;
  for (let i = 0; i < 24; i++) {
    const middle = (low + high) / 2;
    if (supply * orifice(middle) > hunger * middle) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

const GAMMA = 1.4;
const CHOKED = (2 / (GAMMA + 1)) ** (GAMMA / (GAMMA - 1));
const CHOKED_FLOW = orificeTerm(CHOKED);

/** Flow through an orifice against the choked one, 0..1. */
function orifice(ratio: number): number {
  return ratio <= CHOKED ? 1 : orificeTerm(ratio) / CHOKED_FLOW;
}

function orificeTerm(ratio: number): number {
  return Math.sqrt(Math.max(0, ratio ** (2 / GAMMA) - ratio ** ((GAMMA + 1) / GAMMA)));
}
