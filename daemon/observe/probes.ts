import { MICROS_PER_SECOND, type MonoMicros } from "../../sync/index.js";
import type { Clock } from "../clock.js";
import { OK, type Probe } from "./health.js";
import type { LoopDelay } from "./loop-monitor.js";

/** A human notices nothing below this; above it audio reports and acknowledgements are late. */
const LOOP_DEGRADED_SEC = 0.25;
/** A loop this late cannot answer within a second any more, whatever it does. */
const LOOP_FAILED_SEC = 2;

export function loopProbe(loopDelay: () => LoopDelay): Probe {
  return {
    part: "loop",
    needed: "live",
    check() {
      const { p99Sec } = loopDelay();
      if (p99Sec < LOOP_DEGRADED_SEC) return OK;
      const reason = `the main thread runs up to ${p99Sec.toFixed(2)} s late`;
      return { state: p99Sec < LOOP_FAILED_SEC ? "degraded" : "failed", reason };
    },
  };
}

/** What of the store its health is told by. */
export interface CommittingStore {
  /** Set when a damaged database was put aside at open: its new name. */
  readonly setAside: string | null;
  /** A commit waits for room on the disk: it is no sign of a store that hangs. */
  readonly isWaitingForRoom?: boolean;
  /** Calls back after each commit that made records. */
  onCommitted(listener: () => void): () => void;
}

/**
 * Commits must go on: the health record itself is one every ten seconds, so three missing ones are a store that does not write any more.
 */
export function storeProbe(store: CommittingStore, clock: Pick<Clock, "mono">, stalledAfterSec = 30): Probe {
  const progress = new Progress(clock);
  store.onCommitted(() => progress.moved());
  return {
    part: "store",
    needed: "live",
    check() {
      const idleSec = progress.idleSec();
      if (store.isWaitingForRoom === true)
        return { state: "degraded", reason: "no room on the disk: input is refused" };
      if (idleSec >= stalledAfterSec) return { state: "failed", reason: `no commit for ${Math.floor(idleSec)} s` };
      if (store.setAside === null) return OK;
      return { state: "degraded", reason: `a damaged database was set aside as ${store.setAside}` };
    },
  };
}

/** While the disk has no room what is sent here is refused: no place to send to, though a restart is no cure. */
export function inputProbe(store: Pick<CommittingStore, "isWaitingForRoom">): Probe {
  return {
    part: "input",
    needed: "ready",
    check() {
      if (store.isWaitingForRoom !== true) return OK;
      return { state: "failed", reason: "no room on the disk: input is refused until there is" };
    },
  };
}

/** What an output says of itself; the room of the outputs has the full type. */
export interface LinkStatus {
  readonly state: "connecting" | "up" | "stalled" | "down";
  /** Why it is not up, in words for a person. */
  readonly detail: string | null;
  readonly backlog: number;
}

/** An output being away is shown and never makes the box unready: what it misses waits in the outbox. */
export function outputProbe(name: string, status: () => LinkStatus): Probe {
  return {
    part: `output ${name}`,
    needed: "info",
    check() {
      const { state, detail, backlog } = status();
      if (state === "up") return OK;
      return { state: "degraded", reason: `${detail ?? state}; ${backlog} records wait` };
    },
  };
}

/** How long something has stood still, on a clock that never steps. */
export class Progress {
  readonly #clock: Pick<Clock, "mono">;
  #movedAt: MonoMicros;

  constructor(clock: Pick<Clock, "mono">) {
    this.#clock = clock;
    this.#movedAt = clock.mono();
  }

  moved(): void {
    this.#movedAt = this.#clock.mono();
  }

  /** Seconds since it last moved, from the construction on. */
  idleSec(): number {
    return (this.#clock.mono() - this.#movedAt) / MICROS_PER_SECOND;
  }
}
