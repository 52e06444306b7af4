import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";

const RESOLUTION_MS = 20;
const NANOS_PER_SECOND = 1e9;

/** How late the main thread ran what was due, over the last sampling period. */
export interface LoopDelay {
  readonly p50Sec: number;
  readonly p99Sec: number;
  readonly maxSec: number;
}

const NO_DELAY: LoopDelay = { p50Sec: 0, p99Sec: 0, maxSec: 0 };

/** Delay of the event loop. One owner samples it; everybody else reads the last sample, so that no reader resets another's. */
export class LoopMonitor {
  #histogram: IntervalHistogram | null = null;
  #last: LoopDelay = NO_DELAY;

  start(): void {
    if (this.#histogram !== null) return;
    this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.#histogram.enable();
  }

  stop(): void {
    this.#histogram?.disable();
    this.#histogram = null;
  }

  /** Closes the sampling period and opens the next. */
  sample(): LoopDelay {
    const histogram = this.#histogram;
    if (histogram === null || histogram.count === 0) return this.#last;
    this.#last = {
      p50Sec: excess(histogram.percentile(50)),
      p99Sec: excess(histogram.percentile(99)),
      maxSec: excess(histogram.max),
    };
    histogram.reset();
    return this.#last;
  }

  last(): LoopDelay {
    return this.#last;
  }
}

// The histogram holds the whole interval between two ticks of its own timer; what lies above the resolution is delay.
function excess(nanos: number): number {
  return Math.max(0, nanos / NANOS_PER_SECOND - RESOLUTION_MS / 1000);
}
