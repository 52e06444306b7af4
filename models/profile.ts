/** The engine and what is believed of it before the first fill. Shipped ones are in `config/cars`. */
export interface CarProfile {
  readonly name: string;
  /** Raised with every new fit. */
  readonly version: number;
  readonly physics: PhysicsParameters;
  readonly prior: ScalePrior;
  /** What each maker's engines burn beside the shape, as a logarithm; 0 where a maker is not named. */
  readonly makers?: Readonly<Record<string, number>>;
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
  /** Time constant with which the manifold empties after a lift, s. */
  readonly emptyingSec: number;
  /** Revolutions at idle, 1/min: what is assumed while the car stands at its box, where the feed's value is frozen. */
  readonly idleRpm: number;
}

/** Standard deviations, as shares of the burn (of the scale's natural logarithm). */
export interface ScalePrior {
  /** Of all cars of a race together: thermometer, fuel, what the engines have in common. */
  readonly race: number;
  /** Of the cars of one maker, and of one car among its maker's. */
  readonly maker: number;
  readonly car: number;
  /** Of a single stint: drift, and what the shape misses; of longer forecasts too. */
  readonly stint: number;
  /** Of a single lap under green and under caution, beyond that of the scale. */
  readonly greenLap: number;
  readonly cautionLap: number;
  /** Of what is burned under caution against green: for all cars of a race together, and of one car beside the others. */
  readonly caution: number;
  readonly cautionCar: number;
  /** Of what was burned in a hole of the data. */
  readonly filled: number;
  /** Error of a tank that was called full, kg: how much is missing in the mean, and its standard deviation. */
  readonly shortOfFullKg: number;
  readonly shortOfFullSdKg: number;
}
