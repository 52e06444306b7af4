import { NEVER } from "./car-state.js";
import type { CarMark, WindowRun } from "./car-stream.js";
import { emptyCounters, type FuelCounters } from "./fuel-counters.js";
import { type InsightSources, insightOf } from "./insight.js";
import { takeMeasurement } from "./measure.js";
import type { FuelOutput, Ranking } from "./outputs.js";
import { paceOf } from "./pace.js";
import { BurnModel } from "./physics.js";
import type { CarProfile } from "./profile.js";
import { RaceCar, type StoredCar } from "./race-car.js";
import { RaceTimeline } from "./race-view.js";
import { rankCars } from "./ranking.js";
import { lapsOfRun, stintsOfRun } from "./run-outputs.js";
import { ScaleFilter, type StoredScale } from "./scale.js";
import type { RaceMark, TelemetrySample } from "./telemetry.js";
import { createWindowRun } from "./window-run.js";

export interface FuelRaceOptions {
  /** Length of the tumbling windows, s. */
  readonly windowSec: number;
  /** How long after its end a window fires, by its own car's newest sample, s. */
  readonly fireDelaySec: number;
  /** Samples that come at most so late revise their window; later ones are counted and not used, s. */
  readonly latenessSec: number;
  /** Cars beyond so many are refused and counted. */
  readonly maxCars: number;
  /** Length of a lap, m; found from the samples where null. */
  readonly lapLengthM: number | null;
  /** Every car starts with a full tank. */
  readonly startsFull: boolean;
}

const VERSION = 3;

/** State of a race that can be stored and taken up again. */
export interface FuelSnapshot {
  readonly version: number;
  readonly state: unknown;
}

const DEFAULTS: FuelRaceOptions = {
  windowSec: 3,
  fireDelaySec: 0.5,
  latenessSec: 5,
  maxCars: 128,
  lapLengthM: null,
  startsFull: true,
};

/**
 * The burn of every car of one race. Per-car event time: a car's window fires when that car's newest sample is `fireDelaySec` past the
 * window's end, or when `advance` says that the telemetry clock is. Never throws on bad data: it is counted.
 */
export class FuelRace {
  private readonly counts = emptyCounters();
  private readonly cars = new Map<string, RaceCar>();
  private readonly makers = new Map<string, string>();
  private readonly options: FuelRaceOptions;
  private readonly model: BurnModel;
  private filter: ScaleFilter;
  private timeline = new RaceTimeline();
  private capacity: { readonly kg: number; readonly sdKg: number } | null;

  constructor(
    readonly profile: CarProfile,
    options: Partial<FuelRaceOptions> = {},
  ) {
    this.options = { ...DEFAULTS, ...options };
    this.model = new BurnModel(profile.physics);
    this.filter = new ScaleFilter(profile.prior, profile.makers);
    this.capacity = profile.capacity;
  }

  get counters(): Readonly<FuelCounters> {
    return this.counts;
  }

  /** Cars seen so far. */
  get carCount(): number {
    return this.cars.size;
  }

  /** Takes a sample of any car, in any order across cars; gives what it made ready. */
  push(sample: TelemetrySample): FuelOutput[] {
    const car = this.carOf(sample.car);
    if (car === null) return [];
    const runs = car.stream.push(sample);
    return runs.length === 0 ? [] : this.tell(car, runs);
  }

  /** Takes what happened at `mark.at`. */
  mark(mark: RaceMark): FuelOutput[] {
    if (!Number.isFinite(mark.at)) {
      this.counts.invalid += 1;
      return [];
    }
    this.timeline.forget(this.newest());
    switch (mark.kind) {
      case "flag":
        this.timeline.setFlag(mark);
        return this.changedFrom(mark.at);
      case "weather":
        this.timeline.setWeather(mark);
        return this.changedFrom(mark.at);
      case "timing":
        this.timeline.setTiming(mark);
        return [];
      case "stage":
        this.timeline.setStage(mark);
        return [...this.cars.values()].flatMap((car) => this.markCar(car, { at: mark.at, kind: "stage" }));
      case "roster":
        return this.setMaker(mark.car, mark.maker);
      case "capacity":
        return this.setCapacity(mark.car, mark);
      case "pitIn":
      case "pitOut":
        return this.withCar(mark.car, (car) => this.markCar(car, mark));
      case "fill":
      case "runOut":
      case "total":
        return this.withCar(mark.car, (car) => {
          car.wait(mark);
          return this.measure(car);
        });
      default:
        // A kind that this version does not know.
        this.counts.marksUnused += 1;
        return [];
    }
  }

  /** The telemetry clock has come to `t`: fires the windows of silent cars too. `Infinity` ends the race. */
  advance(t: number): FuelOutput[] {
    return [...this.cars.values()].flatMap((car) => this.tell(car, car.stream.advance(t)));
  }

  /** Cars by consumption, over their green laps so far. */
  ranking(): Ranking {
    const cars = [...this.cars.values()].map((car) => ({ sources: this.sourcesOf(car, 0), state: car.stream.state }));
    return { t: Math.max(this.newest(), 0), cars: rankCars(cars) };
  }

  snapshot(): FuelSnapshot {
    const { counts, cars, makers, filter, timeline, capacity, profile } = this;
    const state: StoredRace = {
      model: `${profile.name}@${profile.version}`,
      counts: { ...counts },
      cars: [...cars.values()].map((car) => car.store()),
      makers: [...makers],
      filter: filter.store(),
      timeline: timeline.store(),
      capacity,
    };
    return { version: VERSION, state };
  }

  /** False (and unchanged) when the snapshot is of another version or damaged. */
  restore({ version, state }: FuelSnapshot): boolean {
    if (version !== VERSION || typeof state !== "object" || state === null) return false;
    const stored = state as StoredRace;
    try {
      const filter = ScaleFilter.restore(this.profile.prior, this.profile.makers ?? {}, stored.filter);
      const timeline = new RaceTimeline();
      timeline.restore(stored.timeline);
      const cars = stored.cars.map((one) => {
        const car = this.newCar(one.car);
        car.restore(one);
        return car;
      });
      this.makers.clear();
      for (const [car, maker] of stored.makers) this.makers.set(car, maker);
      this.cars.clear();
      for (const car of cars) this.cars.set(car.car, car);
      this.filter = filter;
      this.timeline = timeline;
      this.capacity = stored.capacity;
      Object.assign(this.counts, stored.counts);
      return true;
    } catch {
      // A snapshot of another form: what it held is lost, the caller says so and begins anew.
      return false;
    }
  }

  private newest(): number {
    let newest = NEVER;
    for (const { stream } of this.cars.values()) newest = Math.max(newest, stream.newest);
    return newest;
  }

  private carOf(name: string): RaceCar | null {
    const known = this.cars.get(name);
    if (known !== undefined) return known;
    if (typeof name !== "string" || name === "" || this.cars.size >= this.options.maxCars) {
      this.counts.unknownCars += 1;
      return null;
    }
    const car = this.newCar(name);
    car.maker = this.makers.get(name) ?? null;
    this.cars.set(name, car);
    return car;
  }

  private newCar(name: string): RaceCar {
    const view = { surroundings: (t: number) => this.timeline.surroundings(t) };
    return new RaceCar(name, this.options, createWindowRun(this.model, view, this.counts), this.counts);
  }

  private withCar(name: string, act: (car: RaceCar) => FuelOutput[]): FuelOutput[] {
    const car = this.carOf(name);
    return car === null ? [] : act(car);
  }

  private markCar(car: RaceCar, { at, kind }: CarMark): FuelOutput[] {
    const { isUsed, runs } = car.stream.mark({ at, kind });
    if (!isUsed) this.counts.marksUnused += 1;
    return this.tell(car, runs);
  }

  private changedFrom(t: number): FuelOutput[] {
    return [...this.cars.values()].flatMap((car) => this.tell(car, car.stream.changedFrom(t)));
  }

  private setMaker(name: string, maker: string | null): FuelOutput[] {
    if (maker === null || (this.makers.size >= this.options.maxCars && !this.makers.has(name))) return [];
    this.makers.set(name, maker);
    const car = this.cars.get(name);
    if (car !== undefined) car.maker = maker;
    return [];
  }

  private setCapacity(name: string | null, { kg, sdKg }: { readonly kg: number; readonly sdKg: number }): FuelOutput[] {
    if (!(kg > 0) || !(sdKg >= 0)) {
      this.counts.invalid += 1;
      return [];
    }
    if (name === null) this.capacity = { kg, sdKg };
    else
      this.withCar(name, (car) => {
        car.capacity = { kg, sdKg };
        return [];
      });
    return [];
  }

  private tell(car: RaceCar, runs: readonly WindowRun[]): FuelOutput[] {
    if (runs.length === 0) return [];
    const outputs: FuelOutput[] = [];
    for (const run of runs) {
      const sources = this.sourcesOf(car, run.to, run);
      outputs.push(...lapsOfRun(sources, run, car), ...stintsOfRun(sources, run), insightOf(sources, run));
      car.calibration = this.filter.observed;
    }
    outputs.push(...this.measure(car));
    return outputs;
  }

  /** Works in the fills, run-outs and totals whose stretch has been worked through. */
  private measure(car: RaceCar): FuelOutput[] {
    if (car.waiting.length === 0) return [];
    const outputs: FuelOutput[] = [];
    const waiting = car.waiting;
    car.waiting = [];
    for (const measurement of waiting) {
      const taken = takeMeasurement(car, measurement, this.sourcesOf(car, measurement.at), this.counts);
      if (taken === "wait") car.waiting.push(measurement);
      else outputs.push(...taken);
    }
    return outputs;
  }

  private sourcesOf(car: RaceCar, t: number, run?: WindowRun): InsightSources {
    const state = run?.state ?? car.stream.state;
    return {
      car: car.car,
      maker: car.maker,
      profile: this.profile,
      idleRate: this.model.idleRate(),
      filter: this.filter,
      tank: car.tank,
      capacity: car.capacity ?? this.capacity,
      lapLengthM: this.options.lapLengthM,
      airC: this.timeline.airC(t),
      windowSec: this.options.windowSec,
      rebased: car.calibration !== this.filter.observed,
      lapsToGo: this.timeline.lapsToGo(t, state.last?.lap ?? null, paceOf(state).lapSec),
    };
  }
}

interface StoredRace {
  readonly model: string;
  readonly counts: FuelCounters;
  readonly cars: readonly StoredCar[];
  readonly makers: readonly (readonly [string, string])[];
  readonly filter: StoredScale;
  readonly timeline: unknown;
  readonly capacity: { readonly kg: number; readonly sdKg: number } | null;
}
