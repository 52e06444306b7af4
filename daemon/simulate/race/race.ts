import type { TelemetrySample } from "../../inputs/index.js";
import { Random } from "../random.js";
import { SimulatedCar, type Track } from "./car.js";

export interface RaceOptions {
  readonly seed: number;
  /** 1 to 60. */
  readonly cars: number;
  readonly minutes: number;
  /** Samples a second. */
  readonly hz: number;
  /** Full tanks at the start, kg. */
  readonly capacityKg: number;
}

export const DEFAULT_RACE = { cars: 20, minutes: 60, hz: 5, capacityKg: 54 } as const;

/** A race message, as race control, timing, the pits or the weather station send it; `t` on the telemetry clock. */
export type RaceMessage = { readonly type: string; readonly t: number } & Readonly<Record<string, unknown>>;

/** One step: what was sent in it. */
export interface RaceStep {
  readonly t: number;
  readonly samples: readonly TelemetrySample[];
  readonly messages: readonly RaceMessage[];
}

export interface FuelTruth {
  readonly car: string;
  readonly t: number;
  readonly lap: number;
  /** Burned since the start, kg. */
  readonly burnedKg: number;
}

interface DriverState {
  filledAt: number;
  savingUntil: number;
  lift: number;
  isAtBox: boolean;
  silentUntil: number;
}

const MAKERS = ["Alder", "Birch", "Cedar"] as const;
const WEATHER_SEC = 300;
const CAN_SD_KG = 0.34;
/** A stop is made below this share of a tank, or when a caution makes it cheap. */
const MUST_STOP = 0.08;
const CHEAP_STOP = 0.75;

/** A race on an oval, made step by step: the same seed gives the same race. The truth is in `cars`. */
export class SimulatedRace {
  readonly track: Track;
  readonly cars: readonly SimulatedCar[];
  readonly steps: number;
  readonly #options: RaceOptions;
  readonly #random: Random;
  readonly #cautions: readonly (readonly [number, number])[];
  readonly #startAirC: number;
  readonly #airFallC: number;
  readonly #state: DriverState[];
  #step = 0;
  #isCaution = false;

  constructor(options: RaceOptions) {
    const random = new Random(`race/${options.seed}`);
    this.#options = options;
    this.#random = random.fork("noise");
    this.steps = Math.floor(options.minutes * 60 * options.hz);
    this.track = drawTrack(random.fork("track"));
    this.#cautions = drawCautions(random.fork("cautions"), options.minutes * 60);
    this.#startAirC = random.uniform(18, 36);
    this.#airFallC = random.uniform(2, 10);
    const makers = MAKERS.map((name) => [name, random.fork(name).lognormal(1, 0.012)] as const);
    this.cars = Array.from({ length: options.cars }, (_, index) => {
      const [maker, scale] = makers[index % makers.length] ?? ["Alder", 1];
      const name = String(index + 1).padStart(2, "0");
      return new SimulatedCar(name, maker, scale, -20 * (index + 1), options.capacityKg, random.fork(`car ${name}`));
    });
    this.#state = this.cars.map(() => ({ filledAt: 0, savingUntil: 0, lift: 0, isAtBox: false, silentUntil: -1 }));
  }

  /** What is sent before the first sample. */
  opening(): RaceMessage[] {
    return [
      { type: "capacity", t: 0, kg: this.#options.capacityKg, sdKg: 0.1 },
      ...this.cars.map(({ name, maker }) => ({ type: "roster", t: 0, car: name, maker })),
      { type: "flag", t: 0, flag: "green" },
    ];
  }

  /** The next step; `null` when the race is over. */
  next(): RaceStep | null {
    if (this.#step >= this.steps) return null;
    const { hz } = this.#options;
    const t = this.#step / hz;
    const messages: RaceMessage[] = [];
    const isCaution = this.#cautions.some(([from, to]) => t >= from && t < to);
    if (isCaution !== this.#isCaution) messages.push({ type: "flag", t, flag: isCaution ? "caution" : "green" });
    this.#isCaution = isCaution;
    const airC = this.#airAt(t);
    if (this.#step % (WEATHER_SEC * hz) === 0) messages.push({ type: "weather", t, airC: Math.round(airC * 10) / 10 });
    const samples = this.cars.flatMap((car, index) => {
      this.#moveCar(car, index, t, isCaution, airC, messages);
      return this.#sampleOf(car, index, t, isCaution) ?? [];
    });
    this.#step += 1;
    return { t, samples, messages };
  }

  truth(t: number): FuelTruth[] {
    return this.cars.map((car) => ({ car: car.name, t, lap: this.#lapOf(car), burnedKg: car.burnedKg }));
  }

  #airAt(t: number): number {
    return this.#startAirC - (this.#airFallC * t) / (this.#options.minutes * 60);
  }

  #lapOf(car: SimulatedCar): number {
    return Math.floor(car.distanceM / this.track.lengthM);
  }

  #moveCar(
    car: SimulatedCar,
    index: number,
    t: number,
    isCaution: boolean,
    airC: number,
    messages: RaceMessage[],
  ): void {
    const state = this.#state[index];
    if (state === undefined) return;
    if (t >= state.savingUntil) {
      // Stretches of some laps in which a driver saves, pushes, or just drives.
      state.savingUntil = t + car.random.uniform(120, 500);
      state.lift = car.random.pick([0, 0.03, 0.03, 0.1, 0.18]);
    }
    const dragShare = car.random.chance(0.3) ? 0.9 : 1;
    car.step(1 / this.#options.hz, this.track, {
      isCaution,
      liftShare: state.lift,
      dragShare,
      air: { airC, pressurePa: 99_500 },
    });
    this.#pit(car, state, t, isCaution, messages);
  }

  #pit(car: SimulatedCar, state: DriverState, t: number, isCaution: boolean, messages: RaceMessage[]): void {
    const { capacityKg } = this.#options;
    const share = car.tankKg / capacityKg;
    const atLine = car.distanceM % this.track.lengthM;
    const time = Math.round(t * 1000) / 1000;
    if (!car.isPitting && (share < MUST_STOP || (isCaution && share < CHEAP_STOP && t > state.filledAt + 300))) {
      if (atLine > this.track.lengthM * 0.9) car.isPitting = true;
    }
    if (car.isPitting && !state.isAtBox && atLine < this.track.lengthM * 0.1) {
      state.isAtBox = true;
      car.boxSec = car.random.uniform(11, 15);
      messages.push({ type: "pitIn", t: time, car: car.name });
    }
    if (!state.isAtBox || car.boxSec > 0) return;
    const kg = capacityKg - car.tankKg;
    car.tankKg = capacityKg;
    car.isPitting = false;
    state.isAtBox = false;
    state.filledAt = t;
    messages.push({ type: "pitOut", t: time, car: car.name });
    const told = Math.round(Math.max(0, kg + car.random.normal(0, CAN_SD_KG)) * 1000) / 1000;
    messages.push({ type: "fill", t: time, car: car.name, kg: told, how: "weighed", full: true });
  }

  /** As a feed sends it: rounded, noisy, with holes. */
  #sampleOf(car: SimulatedCar, index: number, t: number, isCaution: boolean): TelemetrySample | null {
    const state = this.#state[index];
    if (state === undefined || t < state.silentUntil) return null;
    if (this.#random.chance(0.0004 / this.#options.hz)) {
      state.silentUntil = t + this.#random.uniform(1, 6);
      return null;
    }
    const { lengthM } = this.track;
    const round = (value: number, digits: number) => Math.round(value * 10 ** digits) / 10 ** digits;
    return {
      car: car.name,
      t: round(t, 3),
      speedMps: round(Math.max(0, car.speedMps + this.#random.normal(0, 0.1)), 2),
      rpm: Math.round((car.rpm + this.#random.normal(0, 8)) / 10) * 10,
      throttle: round(car.throttle, 2),
      brake: round(car.brake, 2),
      gear: car.gear,
      lap: this.#lapOf(car),
      lapPct: round((((car.distanceM % lengthM) + lengthM) % lengthM) / lengthM, 4),
      airC: Number.NaN,
      flag: isCaution ? 1 : 0,
      pit: state.isAtBox ? 1 : 0,
    };
  }
}

function drawTrack(random: Random): Track {
  const lengthM = random.uniform(1600, 3200);
  return {
    lengthM,
    corners: random.pick([2, 4, 4]),
    cornerShare: random.uniform(0.35, 0.5),
    cornerMps: 42 + ((lengthM - 1600) / 1600) * 24,
    cautionMps: 26,
    pitMps: 20,
  };
}

/** A few minutes under caution now and then, never at the very start. */
function drawCautions(random: Random, seconds: number): (readonly [number, number])[] {
  const cautions: (readonly [number, number])[] = [];
  for (let t = random.uniform(300, 900); t < seconds - 300; ) {
    const end = t + random.uniform(240, 480);
    cautions.push([Math.round(t), Math.round(end)]);
    t = end + random.uniform(500, 1500);
  }
  return cautions;
}
