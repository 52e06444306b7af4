import { MICROS_PER_SECOND, type UnixMicros } from "./time.js";

/** Affine map from a channel's sample clock to Unix time. The mapping used is recorded with the session. */
export interface SampleClock {
  readonly anchorSample: number;
  readonly anchorTime: UnixMicros;
  /** Samples per second of Unix time: the nominal rate corrected by the measured drift. */
  readonly rateHz: number;
}

export function timeOfSample(clock: SampleClock, sample: number): UnixMicros {
  return Math.round(
    clock.anchorTime + ((sample - clock.anchorSample) / clock.rateHz) * MICROS_PER_SECOND,
  ) as UnixMicros;
}
