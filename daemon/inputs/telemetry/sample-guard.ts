import type { TelemetrySample } from "./sample.js";

/** Why a sample was not taken. */
export const REFUSALS = [
  "unreadable",
  "noCar",
  "noTime",
  "throttlePercent",
  "throttleRange",
  "range",
  "tooManyCars",
] as const;
export type Refusal = (typeof REFUSALS)[number];

export interface GuardOptions {
  /** Cars known at once; samples of one more are refused until another has been silent for `forgetSec`. */
  readonly maxCars: number;
  /** Seconds of the telemetry clock. */
  readonly forgetSec: number;
}

/** Overshoot of a throttle sensor that is full throttle all the same. */
const OVERSHOOT = 0.05;
/** A share never gets here, a percentage does at once. */
const SURELY_PERCENT = 2;
/** Samples of a feed that was caught sending percent are not believed for so long, even those that would pass for a share. */
const DISTRUST_SEC = 60;
/** Twice the fastest cars and engines there are: what lies above is no measurement. */
const MAX_SPEED_MPS = 250;
const MAX_RPM = 30_000;

/**
 * Looks at each sample by itself: which ones may be worked with. What a sample means in the race (laps that go back, a clock that
 * jumps, a sensor that sticks) is judged where the race is known.
 */
export class SampleGuard {
  readonly #options: GuardOptions;
  /** When each car was heard last, on the telemetry clock. */
  readonly #lastHeard = new Map<string, number>();
  #latest = Number.NEGATIVE_INFINITY;
  #distrustUntil = Number.NEGATIVE_INFINITY;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  get cars(): number {
    return this.#lastHeard.size;
  }

  /** `null`: it may be used. */
  check(sample: TelemetrySample): Refusal | null {
    if (sample.car === "") return "noCar";
    if (!Number.isFinite(sample.t)) return "noTime";
    const throttle = this.#checkThrottle(sample);
    if (throttle !== null) return throttle;
    if (isOutside(sample.speedMps, 0, MAX_SPEED_MPS) || isOutside(sample.rpm, 0, MAX_RPM)) return "range";
    return this.#checkCar(sample);
  }

  #checkThrottle({ throttle, t }: TelemetrySample): Refusal | null {
    if (throttle >= SURELY_PERCENT) {
      this.#distrustUntil = t + DISTRUST_SEC;
      return "throttlePercent";
    }
    if (throttle >= 0 && t < this.#distrustUntil && t > this.#distrustUntil - 2 * DISTRUST_SEC)
      return "throttlePercent";
    return isOutside(throttle, -OVERSHOOT, 1 + OVERSHOOT) ? "throttleRange" : null;
  }

  #checkCar({ car, t }: TelemetrySample): Refusal | null {
    if (t > this.#latest) this.#latest = t;
    const known = this.#lastHeard.get(car);
    if (known !== undefined) {
      if (t > known) this.#lastHeard.set(car, t);
      return null;
    }
    if (this.#lastHeard.size >= this.#options.maxCars && !this.#forgetOne()) return "tooManyCars";
    this.#lastHeard.set(car, t);
    return null;
  }

  #forgetOne(): boolean {
    for (const [car, heard] of this.#lastHeard) {
      if (this.#latest - heard < this.#options.forgetSec) continue;
      this.#lastHeard.delete(car);
      return true;
    }
    return false;
  }
}

/** `NaN` (not sent) lies inside. */
function isOutside(value: number, least: number, most: number): boolean {
  return value < least || value > most;
}
