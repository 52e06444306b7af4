import type { CarProfile, TelemetrySample } from "../../../models/index.js";
import { BurnModel } from "../../../models/index.js";

/** A car profile for tests: a plain V8 whose tank is filled to the brim. */
export const TEST_PROFILE: CarProfile = {
  name: "test-v8",
  version: 1,
  physics: {
    k: 40,
    idleAir: 0.05,
    throttleAir: 2,
    throttlePower: 1.1,
    knee: 4.5,
    rpmSlope: -0.2,
    rpmCurve: -0.3,
    enrichment: 0,
    overrunCut: 0.5,
    ram: 0.4,
    emptyingSec: 0.04,
    idleRpm: 1500,
  },
  prior: {
    race: 0.012,
    maker: 0.012,
    car: 0.014,
    stint: 0.006,
    caution: 0.03,
    cautionCar: 0.05,
    greenLap: 0.015,
    cautionLap: 0.05,
    filled: 0.15,
    shortOfFullKg: 0,
    shortOfFullSdKg: 0.01,
  },
  densityKgPerL: 0.75,
  capacity: { kg: 84, sdKg: 0.1 },
};

const LAP_SEC = 40;
export const LAP_M = 2400;
const MODEL = new BurnModel(TEST_PROFILE.physics);

export interface MadeCar {
  readonly samples: TelemetrySample[];
  /** Truth: physics × the car's own scale, kg, at the given time. */
  burnedKg(t: number): number;
}

export interface CarPlan {
  readonly car: string;
  readonly seconds: number;
  readonly hz?: number;
  /** True burn over the profile's. */
  readonly scale?: number;
  readonly cautions?: readonly (readonly [number, number])[];
  /** Standing at the box. */
  readonly stops?: readonly (readonly [number, number])[];
  /** Shift along the lap, so that cars are not copies. */
  readonly offsetSec?: number;
}

/** An oval of two straights and two corners, driven the same way each lap: 80 % of the time flat out, the rest on the brake or half throttle. */
export function makeCar(plan: CarPlan): MadeCar {
  const { car, seconds, hz = 10, scale = 1, cautions = [], stops = [], offsetSec = 0 } = plan;
  const samples: TelemetrySample[] = [];
  const cumulative: number[] = [0];
  let progress = offsetSec / LAP_SEC;
  let before = 0;
  for (let i = 0; i <= seconds * hz; i++) {
    const t = i / hz;
    const isCaution = cautions.some(([from, to]) => t >= from && t < to);
    const isBox = stops.some(([from, to]) => t >= from && t < to);
    const corner = (progress * 2) % 1 > 0.7;
    const speedMps = isBox ? 0.5 : isCaution ? 25 : corner ? 50 : 65;
    // A little life in the revolutions: a sensor that never moves is stuck.
    const rpm = isBox ? 4400 : (isCaution ? 5500 : corner ? 6500 : 8000) + ((i * 37) % 50);
    const throttle = isBox ? 0 : isCaution ? 0.15 : corner ? 0.4 : 0.97;
    const rate = isBox ? MODEL.idleRate() : MODEL.rate(rpm, throttle) * MODEL.airFactor(26.85, 101_325, speedMps);
    if (i > 0) cumulative.push((cumulative[i - 1] ?? 0) + (scale * (rate + before)) / 2 / hz / 1000);
    before = rate;
    samples.push({
      car,
      t,
      speedMps,
      rpm,
      throttle,
      lap: Math.floor(progress),
      lapPct: progress - Math.floor(progress),
      flag: isCaution ? 1 : 0,
      pit: isBox ? 1 : 0,
    });
    if (!isBox) progress += (isCaution ? 0.4 : 1) / LAP_SEC / hz;
  }
  return {
    samples,
    burnedKg: (t) => cumulative[Math.min(cumulative.length - 1, Math.max(0, Math.round(t * hz)))] ?? 0,
  };
}

/** All cars' samples as a feed would send them. */
export function merge(cars: readonly MadeCar[]): TelemetrySample[] {
  return cars.flatMap(({ samples }) => samples).sort((a, b) => a.t - b.t);
}
