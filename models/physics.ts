import type { PhysicsParameters } from "./profile.js";

/** Revolutions that the parameters are expressed in, 1/min. */
const RPM_UNIT = 7000;
const STANDARD_KELVIN = 300;
const STANDARD_PASCAL = 101_325;
/** kg/m³ at 300 K. */
const STANDARD_DENSITY = 1.177;
/** Below this throttle with revolutions above `OVERRUN_RPM` the engine is dragged by the car. */
const OVERRUN_THROTTLE = 0.02;
const OVERRUN_RPM = 2100;
/** Below this an engine does not run. */
const ENGINE_OFF_RPM = 150;
const LOWEST_RPM = 300;
const TABLE_STEPS = 1000;
/** Load argument above which the cylinder is full whatever the knee. */
const TABLE_TOP = 12;

/** Throttle drops beyond this empty the manifold; smaller ones are noise. */
export const LIFT_THROTTLE = 0.08;

/**
 * Fuel rate of an engine from throttle and revolutions by its air flow:
 *
 *   n = rpm / 7000;  x = (idleAir + throttleAir · u^throttlePower) / n;  load = x / (1 + x^knee)^(1/knee)
 *   rate = k · n · (1 + rpmSlope (n−1) + rpmCurve (n−1)²) · load · (1 + enrichment · max(load − 0.9, 0) / 0.1)
 *
 * The throttle lets in what it can (x small) until the cylinders take no more (x large); the knee says how sharply. On the overrun a
 * share of it is cut. Air density is a factor of its own (`airFactor`). Powers are read from tables: exact to 1e-4.
 */
export class BurnModel {
  private readonly air = new Float64Array(TABLE_STEPS + 2);
  private readonly load = new Float64Array(TABLE_STEPS + 2);

  constructor(readonly parameters: PhysicsParameters) {
    const { idleAir, throttleAir, throttlePower, knee } = parameters;
    for (let i = 0; i < this.air.length; i++) {
      this.air[i] = idleAir + throttleAir * (i / TABLE_STEPS) ** throttlePower;
      const x = (i / TABLE_STEPS) * TABLE_TOP;
      this.load[i] = x / (1 + x ** knee) ** (1 / knee);
    }
  }

  /** g/s at 300 K and standing air; 0 with the engine off. `throttle` 0..1. */
  rate(rpm: number, throttle: number): number {
    if (rpm < ENGINE_OFF_RPM) return 0;
    const { k, rpmSlope, rpmCurve, enrichment, overrunCut } = this.parameters;
    const n = (rpm < LOWEST_RPM ? LOWEST_RPM : rpm) / RPM_UNIT;
    const load = read(this.load, read(this.air, throttle) / n / TABLE_TOP);
    const over = n - 1;
    let rate = k * n * (1 + rpmSlope * over + rpmCurve * over * over) * load;
    if (load > 0.9) rate *= 1 + enrichment * (load - 0.9) * 10;
    if (throttle < OVERRUN_THROTTLE && rpm > OVERRUN_RPM) rate *= 1 - overrunCut;
    return rate > 0 ? rate : 0;
  }

  /** g/s of an engine that idles. */
  idleRate(): number {
    return this.rate(this.parameters.idleRpm, 0);
  }

  /** What `rate` is multiplied by: thinner in heat and on mountains, denser by the speed's own pressure. */
  airFactor(airC: number, pressurePa: number, speedMps: number): number {
    const density = (STANDARD_KELVIN / (airC + 273.15)) * (pressurePa / STANDARD_PASCAL);
    const ramPa = 0.5 * STANDARD_DENSITY * speedMps * speedMps;
    return density * (1 + (this.parameters.ram * ramPa) / STANDARD_PASCAL);
  }
}

/** Linear between the table's points; `at` in shares of the table, held at its ends. */
function read(table: Float64Array, at: number): number {
  const place = (at < 0 ? 0 : at > 1 ? 1 : at) * TABLE_STEPS;
  const low = Math.floor(place);
  const left = table[low] as number;
  return left + ((table[low + 1] as number) - left) * (place - low);
}
