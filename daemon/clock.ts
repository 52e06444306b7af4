import type { MonoMicros, UnixMicros } from "../sync/index.js";

/** The one place that reads the box's clocks. Replays and tests hand in another one. */
export interface Clock {
  wall(): UnixMicros;
  mono(): MonoMicros;
}

export const SYSTEM_CLOCK: Clock = {
  // performance.timeOrigin drifts from the wall clock when that is stepped, so the wall clock is read itself; Date has milliseconds only.
  wall: () => (Date.now() * 1000) as UnixMicros,
  mono: () => Math.round(performance.now() * 1000) as MonoMicros,
};
