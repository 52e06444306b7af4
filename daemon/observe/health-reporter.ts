import type { Clock } from "../clock.js";
import { messageOf } from "../errors.js";
import type { BoxIdentity, RecordDraft } from "../records/index.js";
import type { Health, HealthReport } from "./health.js";
import { type HealthFacts, toHealthDraft } from "./health-record.js";
import type { Logger } from "./logger.js";

/** How often a health record is made: what a consumer may rely on to tell silence from absence. */
export const HEALTH_PERIOD_SEC = 10;

export interface HealthReporterDeps {
  readonly health: Pick<Health, "check">;
  readonly box: BoxIdentity;
  readonly clock: Pick<Clock, "wall">;
  readonly logger: Logger;
  /** Gathers the figures of the parts. May take its time: a slow answer skips records, it never piles them up. */
  readonly gather: () => Promise<HealthFacts>;
  /** Takes the record to the store, with its revision of all else. */
  readonly emit: (draft: RecordDraft) => Promise<void>;
  /** Told of each report, e.g. to feed the watchdog's status line and to sample the loop. */
  readonly onReport: ((report: HealthReport) => void) | null;
}

/** Makes a health record every ten seconds, the first one at the start. */
export class HealthReporter {
  readonly #deps: HealthReporterDeps;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;

  constructor(deps: HealthReporterDeps) {
    this.#deps = deps;
  }

  start(): void {
    if (this.#timer !== null) return;
    this.#timer = setInterval(() => void this.report(), HEALTH_PERIOD_SEC * 1000);
    this.#timer.unref();
    void this.report();
  }

  /** Ends the records; resolves when the one under way is done. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#running;
  }

  /** Makes one record now; never rejects. One at a time: a call while one is under way waits for that one. */
  report(): Promise<void> {
    this.#running ??= this.#reportOnce().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #reportOnce(): Promise<void> {
    const { health, box, clock, gather, emit, logger, onReport } = this.#deps;
    try {
      const report = health.check();
      onReport?.(report);
      await emit(toHealthDraft(await gather(), report, box, clock.wall()));
    } catch (thrown) {
      // The record of these ten seconds is lost; the store's probe tells when commits stay away.
      logger.warn({ reason: messageOf(thrown) }, "health record not made");
    }
  }
}
