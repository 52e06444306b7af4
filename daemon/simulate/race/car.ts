import type { Random } from "../random.js";
import { drawEngine, type Engine, fuelRate, type Surroundings } from "./engine-truth.js";

/** An oval: `corners` alike, speeds in m/s. */
export interface Track {
  readonly lengthM: number;
  readonly corners: number;
  /** Share of a lap that is corner. */
  readonly cornerShare: number;
  readonly cornerMps: number;
  readonly cautionMps: number;
  readonly pitMps: number;
}

/** What the race asks of a car in this step. */
export interface Order {
  readonly isCaution: boolean;
  /** How early the driver lifts, as a share of the straight: 0 pushing, 0.2 saving hard. */
  readonly liftShare: number;
  /** Drag while following, 1 alone. */
  readonly dragShare: number;
  readonly air: Omit<Surroundings, "ramPa">;
}

const MASS_KG = 1560;
const POWER_W = 500_000;
const DRAG = 0.62;
const ROLL_N = 900;
/** Top gear: revolutions per minute for a metre per second. */
const GEARS = [420, 290, 205, 152, 118];
const IDLE_RPM = 1500;
const SHIFT_DOWN_RPM = 3600;
const GRIP_MPS2 = 9;
const RAM_RECOVERY = 0.4;
/** Dynamics are stepped finely, whatever the rate of the telemetry. Seconds. */
const STEP_SEC = 0.05;

/** One car: its driver, its engine, its tank. Pure: everything follows from the draws and the steps. */
export class SimulatedCar {
  readonly engine: Engine;
  distanceM: number;
  speedMps: number;
  throttle = 0;
  brake = 0;
  rpm = IDLE_RPM;
  gear = 1;
  burnedKg = 0;
  tankKg: number;
  /** Seconds left at the box; 0: on the track. */
  boxSec = 0;
  isPitting = false;
  /** Random stream of this car's own. */
  readonly random: Random;
  readonly #pace: number;

  constructor(
    readonly name: string,
    readonly maker: string,
    makerScale: number,
    startM: number,
    capacityKg: number,
    random: Random,
  ) {
    this.random = random;
    this.engine = drawEngine(random.fork("engine"), makerScale);
    this.#pace = random.normal(1, 0.004);
    this.distanceM = startM;
    this.speedMps = 30;
    this.tankKg = capacityKg;
  }

  step(seconds: number, track: Track, order: Order): void {
    for (let left = seconds; left > 1e-9; left -= STEP_SEC) this.#move(Math.min(STEP_SEC, left), track, order);
  }

  #move(dt: number, track: Track, order: Order): void {
    if (this.boxSec > 0) {
      this.boxSec = Math.max(0, this.boxSec - dt);
      this.speedMps = 0;
      this.throttle = 0;
      this.brake = 1;
      this.rpm = IDLE_RPM;
      this.gear = 1;
    } else this.#drive(dt, track, order);
    const ramPa = RAM_RECOVERY * 0.5 * 1.2 * this.speedMps ** 2 * order.dragShare;
    const grams = this.tankKg > 0 ? fuelRate(this.engine, this.throttle, this.rpm, { ...order.air, ramPa }) * dt : 0;
    this.burnedKg += grams / 1000;
    this.tankKg = Math.max(0, this.tankKg - grams / 1000);
  }

  #drive(dt: number, track: Track, order: Order): void {
    const limit = this.#limit(track, order);
    const lack = limit - this.speedMps;
    const wanted = this.tankKg <= 0 ? 0 : Math.min(1, Math.max(0, 0.25 + lack * 0.35));
    const isLifting = limit < 0;
    this.throttle += (isLifting ? -this.throttle : wanted - this.throttle) * Math.min(1, dt / 0.15);
    if (this.throttle < 0.01) this.throttle = 0;
    this.brake = !isLifting && lack < -2 ? Math.min(1, -lack / 15) : 0;
    const speed = Math.max(3, this.speedMps);
    const push = (this.throttle * POWER_W * Math.min(1, this.rpm / 7600)) / speed;
    const drag = DRAG * order.dragShare * speed * speed + ROLL_N + (1 - this.throttle) * 600;
    const pull = Math.min(push / MASS_KG, GRIP_MPS2) - drag / MASS_KG - this.brake * GRIP_MPS2;
    this.speedMps = Math.max(0.5, this.speedMps + pull * dt);
    this.distanceM += this.speedMps * dt;
    this.#shift();
  }

  #shift(): void {
    const index = GEARS.findLastIndex((perMps) => perMps * this.speedMps >= SHIFT_DOWN_RPM);
    this.gear = index + 1 === 0 ? 1 : index + 1;
    this.rpm = Math.max(IDLE_RPM, (GEARS[Math.max(0, index)] ?? 118) * this.speedMps);
  }

  /** Speed to hold here, m/s; -1: off the throttle. */
  #limit(track: Track, order: Order): number {
    if (this.isPitting) return track.pitMps;
    if (order.isCaution) return track.cautionMps * this.#pace;
    const pitchM = track.lengthM / track.corners;
    const straightM = pitchM * (1 - track.cornerShare);
    const at = this.distanceM % pitchM;
    if (at > straightM) return track.cornerMps * this.#pace;
    const toCornerM = straightM - at;
    const excess = this.speedMps ** 2 - (track.cornerMps * this.#pace) ** 2;
    // Where the brakes must come on, and where the foot comes off before it.
    if (excess > 0 && toCornerM < excess / (2 * 5)) return track.cornerMps * this.#pace;
    return at > straightM * (1 - order.liftShare) && excess > 0 ? -1 : 1000;
  }
}
