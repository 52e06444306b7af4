import type { Health } from "./health.js";
import type { Logger } from "./logger.js";
import { type Notifier, statusLine } from "./sd-notify.js";

/** systemd asks to be fed at half its limit or faster; at a third, one lost word does no harm. */
const FEEDS_PER_LIMIT = 3;

export interface WatchdogDeps {
  readonly notifier: Pick<Notifier, "alive" | "status" | "watchdogMs">;
  readonly health: Pick<Health, "check">;
  readonly logger: Logger;
}

/**
 * Feeds systemd's watchdog only while every vital part makes progress (`HealthReport.live`): audio blocks, commits, the loop.
 * The cloud being away never stops it. It keeps the status line up to date as well.
 */
export class Watchdog {
  readonly #deps: WatchdogDeps;
  #timer: NodeJS.Timeout | null = null;
  #lastStatus = "";

  constructor(deps: WatchdogDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { watchdogMs } = this.#deps.notifier;
    if (this.#timer !== null || watchdogMs === null) return;
    this.#timer = setInterval(() => this.feed(), watchdogMs / FEEDS_PER_LIMIT);
    this.#timer.unref();
    this.feed();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** One look and, when all vital parts are well, one feed. */
  feed(): void {
    const { notifier, health, logger } = this.#deps;
    const report = health.check();
    if (report.live) notifier.alive();
    const status = statusLine(report);
    if (status !== this.#lastStatus) notifier.status(status);
    this.#lastStatus = status;
    if (report.live) return;
    const failed = report.parts.filter((part) => part.needed === "live" && part.state === "failed");
    logger.error({ parts: failed }, "a vital part has failed: the watchdog is not fed");
  }
}
