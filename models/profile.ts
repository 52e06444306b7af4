/** The engine and what is believed of it before the first fill. Shipped ones are in `config/cars`. */
export interface CarProfile {
  readonly name: string;
  /** Raised with every new fit. */
  readonly version: number;
  readonly physics: PhysicsParameters;
  readonly prior: ScalePrior;
  /** Fuel density, kg/L. */
  readonly densityKgPerL: number;
  /** Usable tank, kg. */
  readonly capacity: { readonly kg: number; readonly sdKg: number } | null;
}

/**
 * Air-flow model of an engine; see `burnRate`. Rates in g/s, revolutions in units of 7000/min.
 */
export interface PhysicsParameters {
  /** g/s at n = 1 and full load, at 300 K and standing air. */
  readonly k: number;
  readonly idleAir: number;
  readonly throttleAir: number;
  readonly throttlePower: number;
  readonly knee: number;
  readonly rpmSlope: number;
  readonly rpmCurve: number;
  readonly enrichment: number;
  /** Share of the flow that is cut on the overrun. */
  readonly overrunCut: number;
  /** Weight of the ram pressure, 0 none, 1 all of it. */
  readonly ram: number;
}

/** Standard deviations of the natural logarithm of the scale. */
export interface ScalePrior {
  readonly race: number;
  readonly maker: number;
  readonly car: number;
  /** Of a single stint: drift and what the shape misses. */
  readonly stint: number;
  /** Extra error of laps under caution, of the pit lane, and of filled holes. */
  readonly caution: number;
  readonly greenLap: number;
  readonly filled: number;
}
