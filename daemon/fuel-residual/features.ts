import type { TelemetrySample } from "../inputs/index.js";

/** What the residual looks at in a window of a car, in this order; all are means over its samples. */
export const FEATURES = [
  "throttle",
  "throttleSquared",
  "rpm7000",
  "throttleTimesRpm",
  "speed80",
  "fullThrottle",
  "closedThrottle",
  "throttleChange",
] as const;

interface Sums {
  readonly index: number;
  readonly values: Float64Array;
  count: number;
  lastThrottle: number;
}

/** Fewer samples say too little of a window. */
const LEAST_SAMPLES = 5;
/** Windows of a car that may still be open: what comes later than five seconds is not used anyway. */
const KEPT = 4;
const MAX_CARS = 256;

/** Adds up the features of each car's windows as its samples come. Not part of the race's state: a window without them is physics alone. */
export class WindowFeatures {
  readonly #windowSec: number;
  readonly #cars = new Map<string, Sums[]>();

  constructor(windowSec: number) {
    this.#windowSec = windowSec;
  }

  add({ car, t, throttle, rpm, speedMps }: TelemetrySample): void {
    if (Number.isNaN(throttle) || Number.isNaN(rpm) || Number.isNaN(speedMps)) return;
    const sums = this.#sumsOf(car, Math.floor(t / this.#windowSec));
    if (sums === null) return;
    const { values } = sums;
    const n = rpm / 7000;
    const add = (at: number, value: number) => {
      values[at] = (values[at] ?? 0) + value;
    };
    add(0, throttle);
    add(1, throttle * throttle);
    add(2, n);
    add(3, throttle * n);
    add(4, speedMps / 80);
    add(5, throttle > 0.95 ? 1 : 0);
    add(6, throttle < 0.02 ? 1 : 0);
    add(7, sums.count === 0 ? 0 : Math.abs(throttle - sums.lastThrottle));
    sums.count += 1;
    sums.lastThrottle = throttle;
  }

  /** Of the window that ends at `windowEnd`; `null`: too little is known of it. */
  of(car: string, windowEnd: number): Float32Array | null {
    const index = Math.round(windowEnd / this.#windowSec) - 1;
    const sums = this.#cars.get(car)?.find((one) => one.index === index);
    if (sums === undefined || sums.count < LEAST_SAMPLES) return null;
    return Float32Array.from(sums.values, (value) => value / sums.count);
  }

  #sumsOf(car: string, index: number): Sums | null {
    let windows = this.#cars.get(car);
    if (windows === undefined) {
      if (this.#cars.size >= MAX_CARS) this.#cars.clear();
      windows = [];
      this.#cars.set(car, windows);
    }
    const known = windows.find((one) => one.index === index);
    if (known !== undefined) return known;
    const sums = { index, values: new Float64Array(FEATURES.length), count: 0, lastThrottle: 0 };
    windows.push(sums);
    if (windows.length > KEPT) windows.shift();
    return windows.includes(sums) ? sums : null;
  }
}
