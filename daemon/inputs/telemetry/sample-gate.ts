import { AdaptiveSampler, type SamplingOptions } from "./adaptive-sampler.js";
import { SIGNALS, type Signal, type TelemetrySample } from "./sample.js";
import { REFUSALS, type Refusal, SampleGuard } from "./sample-guard.js";

/** Cars one input may speak of at a time: twice the largest field there is. */
export const MAX_CARS = 128;
/** A car that was silent this long makes room for another. Seconds. */
const FORGET_SEC = 600;

export interface GateCounts {
  readonly offered: number;
  readonly refused: Readonly<Record<Refusal, number>>;
  readonly values: Readonly<Record<Signal, { readonly kept: number; readonly dropped: number }>>;
  readonly cars: number;
}

/** What every input of telemetry goes through: the guard, then the thinning. Counts what becomes of each sample and value. */
export class SampleGate {
  readonly #guard = new SampleGuard({ maxCars: MAX_CARS, forgetSec: FORGET_SEC });
  readonly #sampler: AdaptiveSampler;
  readonly #refused = new Map<Refusal, number>(REFUSALS.map((reason) => [reason, 0]));
  #offered = 0;

  constructor(sampling: SamplingOptions) {
    this.#sampler = new AdaptiveSampler(sampling, MAX_CARS);
  }

  /** The sample to keep; `null`: thinned out; a reason: refused. */
  push(sample: TelemetrySample): TelemetrySample | null | Refusal {
    this.#offered += 1;
    const refusal = this.#guard.check(sample);
    if (refusal === null) return this.#sampler.push(sample);
    this.refuse(refusal, 1);
    return refusal;
  }

  /** Of those samples, the ones to keep; `onRefused` is told of each that cannot be used. */
  pushAll(
    samples: readonly TelemetrySample[],
    onRefused: (reason: Refusal, sample: TelemetrySample) => void,
  ): TelemetrySample[] {
    const kept: TelemetrySample[] = [];
    for (const sample of samples) {
      const result = this.push(sample);
      if (typeof result === "string") onRefused(result, sample);
      else if (result !== null) kept.push(result);
    }
    return kept;
  }

  refuse(reason: Refusal, count: number): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + count);
  }

  counts(): GateCounts {
    const { kept, dropped } = this.#sampler;
    return {
      offered: this.#offered,
      refused: Object.fromEntries(this.#refused) as Record<Refusal, number>,
      values: Object.fromEntries(
        SIGNALS.map((signal, index) => [signal, { kept: kept[index] ?? 0, dropped: dropped[index] ?? 0 }]),
      ) as Record<Signal, { kept: number; dropped: number }>,
      cars: this.#guard.cars,
    };
  }
}

/** For people: why, and what to do about it. */
export function sayRefusal(reason: Refusal, sample: TelemetrySample): string {
  switch (reason) {
    case "throttlePercent":
      return `throttle ${sample.throttle} is a percentage, not a share 0..1: declare units.throttle: percent for this input, or send a share`;
    case "throttleRange":
      return `throttle ${sample.throttle} lies outside 0..1`;
    case "noCar":
      return "the sample names no car: map it with fields.car";
    case "noTime":
      return "the sample has no readable time: map it with fields.t, and its unit with units.time";
    case "range":
      return `speed ${sample.speedMps} m/s or rpm ${sample.rpm} is beyond any car: check units.speed`;
    case "tooManyCars":
      return `car '${sample.car}' is one more than the ${MAX_CARS} an input may speak of`;
    case "unreadable":
      return "the payload cannot be read";
  }
}
