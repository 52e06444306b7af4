import { SIGNALS, type Signal, type TelemetrySample } from "./sample.js";

export interface SamplingOptions {
  /** Each signal of a car is kept at least this often, where it is offered so often. Hz. */
  readonly minHz: number;
  /** And at most this often, however much it changes. Hz. */
  readonly maxHz: number;
}

export const DEFAULT_SAMPLING: SamplingOptions = { minHz: 5, maxHz: 20 };

/**
 * Least change that is kept before the slowest rate would keep the value anyway. A tenth of what moves the burn by a percent: half a
 * percent of throttle, 20 rpm of 7,000, 0.3 m/s of 80 (speed enters through ram air only). Counts are kept when they change at all.
 */
const LEAST_CHANGE: Readonly<Record<Signal, number>> = {
  speedMps: 0.3,
  rpm: 20,
  throttle: 0.005,
  brake: 0.02,
  gear: 0,
  lap: 0,
  lapPct: 0.002,
  airC: 0.1,
  flag: 0,
  pit: 0,
};
/** Changes of these are never held back by the cap: they are rare, and their instant counts. */
const EDGES: ReadonlySet<Signal> = new Set(["lap", "flag", "pit", "gear"]);
const CHANGES = SIGNALS.map((signal) => LEAST_CHANGE[signal]);
const IS_EDGE = SIGNALS.map((signal) => EDGES.has(signal));
const COUNT = SIGNALS.length;
/** Rounding of a time stamp in decimal digits must not turn 5 Hz into 2.5. */
const SLACK_SEC = 1e-3;
/** A longer pause is no spacing of samples. */
const LONGEST_SPACING_SEC = 1;

interface CarState {
  readonly value: Float64Array;
  readonly keptValue: Float64Array;
  readonly keptAt: Float64Array;
  /** When each signal was offered last, and the spacing it is offered in. */
  readonly offeredAt: Float64Array;
  readonly spacing: Float64Array;
}

/**
 * Thins the samples of each car by signal. A signal is kept when it changed by enough since it was last kept, at most `maxHz` times a
 * second, and in any case as often as `minHz` asks; a sample leaves when any of its signals is kept, and then carries the present value of all, so
 * that a feed of one signal per message becomes whole samples too. What is older than the hold is not carried on.
 * State: some 400 bytes a car; the caller bounds the cars.
 */
export class AdaptiveSampler {
  readonly #least: number;
  readonly #most: number;
  readonly #cars = new Map<string, CarState>();
  readonly #maxCars: number;
  /** Values kept and dropped since the start, by signal in the order of `SIGNALS`. */
  readonly kept = new Float64Array(COUNT);
  readonly dropped = new Float64Array(COUNT);

  constructor({ minHz, maxHz }: SamplingOptions, maxCars: number) {
    this.#least = 1 / maxHz - SLACK_SEC;
    this.#most = 1 / minHz + SLACK_SEC;
    this.#maxCars = maxCars;
  }

  /** The sample to go on with, or `null` when all of it was dropped. */
  push(sample: TelemetrySample): TelemetrySample | null {
    const state = this.#cars.get(sample.car) ?? this.#add(sample.car);
    let isKept = false;
    for (let signal = 0; signal < COUNT; signal++) {
      const value = signalOf(sample, signal);
      if (Number.isNaN(value)) continue;
      if (this.#keep(state, signal, value, sample.t)) isKept = true;
    }
    return isKept ? whole(sample.car, sample.t, state) : null;
  }

  #keep(state: CarState, signal: number, value: number, t: number): boolean {
    const offered = state.offeredAt[signal] as number;
    const spacing = t - offered;
    if (spacing > 0 && spacing < LONGEST_SPACING_SEC) state.spacing[signal] = spacing;
    state.value[signal] = value;
    state.offeredAt[signal] = t;
    const age = t - (state.keptAt[signal] as number);
    const change = Math.abs(value - (state.keptValue[signal] as number));
    // Time that went back, or nothing kept yet: `age` is negative or not a number.
    const isDue = !(age >= 0) || age + (state.spacing[signal] as number) > this.#most;
    const isNews = change > (CHANGES[signal] as number) && (age >= this.#least || IS_EDGE[signal] === true);
    if (!isDue && !isNews) {
      this.dropped[signal] = (this.dropped[signal] as number) + 1;
      return false;
    }
    this.kept[signal] = (this.kept[signal] as number) + 1;
    state.keptAt[signal] = t;
    state.keptValue[signal] = value;
    return true;
  }

  #add(car: string): CarState {
    if (this.#cars.size >= this.#maxCars) {
      const oldest = this.#cars.keys().next();
      if (!oldest.done) this.#cars.delete(oldest.value);
    }
    const state: CarState = {
      value: new Float64Array(COUNT).fill(Number.NaN),
      keptValue: new Float64Array(COUNT).fill(Number.NaN),
      keptAt: new Float64Array(COUNT).fill(Number.NaN),
      offeredAt: new Float64Array(COUNT).fill(Number.NaN),
      spacing: new Float64Array(COUNT),
    };
    this.#cars.set(car, state);
    return state;
  }
}

/** A value that was not offered for longer than this is not carried on: the sensor has gone quiet. Seconds. */
const HOLD_SEC = 1;
/** Laps, flags, stops and the weather hold until they change. */
const HOLDS_ON: ReadonlySet<Signal> = new Set(["lap", "airC", "flag", "pit"]);
/** A place on the lap is one of its instant: carried over the line it would be a lap wrong. */
const PLACE_HOLD_SEC = 0.01;
const HOLD = SIGNALS.map((signal) =>
  HOLDS_ON.has(signal) ? Number.POSITIVE_INFINITY : signal === "lapPct" ? PLACE_HOLD_SEC : HOLD_SEC,
);

function whole(car: string, t: number, state: CarState): TelemetrySample {
  return {
    car,
    t,
    speedMps: held(state, 0, t),
    rpm: held(state, 1, t),
    throttle: held(state, 2, t),
    brake: held(state, 3, t),
    gear: held(state, 4, t),
    lap: held(state, 5, t),
    lapPct: held(state, 6, t),
    airC: held(state, 7, t),
    flag: held(state, 8, t),
    pit: held(state, 9, t),
  };
}

function held(state: CarState, signal: number, t: number): number {
  return t - (state.offeredAt[signal] as number) <= (HOLD[signal] as number)
    ? (state.value[signal] as number)
    : Number.NaN;
}

function signalOf(sample: TelemetrySample, signal: number): number {
  switch (signal) {
    case 0:
      return sample.speedMps;
    case 1:
      return sample.rpm;
    case 2:
      return sample.throttle;
    case 3:
      return sample.brake;
    case 4:
      return sample.gear;
    case 5:
      return sample.lap;
    case 6:
      return sample.lapPct;
    case 7:
      return sample.airC;
    case 8:
      return sample.flag;
    default:
      return sample.pit;
  }
}
