import type { Clock } from "../../../daemon/clock.js";
import type { MonoMicros, UnixMicros } from "../../../sync/index.js";

/** A clock that stands until it is moved; wall and mono move together. */
export class FakeClock implements Clock {
  #micros = 0;
  readonly #start = Date.parse("2026-05-16T18:30:00Z") * 1000;

  advance(seconds: number): void {
    this.#micros += seconds * 1e6;
  }

  wall(): UnixMicros {
    return (this.#start + this.#micros) as UnixMicros;
  }

  mono(): MonoMicros {
    return this.#micros as MonoMicros;
  }
}
