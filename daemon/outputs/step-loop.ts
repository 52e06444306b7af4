const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 5000;

/** What one step of an output came to. */
export type Step =
  /** There may be more to do at once. */
  | { readonly kind: "again" }
  /** Nothing to do until the bell rings. */
  | { readonly kind: "idle" }
  /** It knows itself when to try again; the retry bell wakes it before that. */
  | { readonly kind: "wait"; readonly forMs: number }
  | { readonly kind: "failed"; readonly reason: string; readonly detail: string };

export const AGAIN: Step = { kind: "again" };
export const IDLE: Step = { kind: "idle" };

export function failed(reason: string, detail: string): Step {
  return { kind: "failed", reason, detail };
}

/**
 * Wakes who waits. Take `rung` first, then look whether there is work, then wait with it: a ring in between is not missed.
 * Waiters are let go when they are done (a race of promises would keep every one of them for as long as the bell is silent).
 */
export class Bell {
  #rung = 0;
  readonly #waiters = new Set<() => void>();

  get rung(): number {
    return this.#rung;
  }

  ring(): void {
    this.#rung += 1;
    for (const wake of this.#waiters) wake();
  }

  /** Until it has rung since `rung`, or for so long; `null`: for ever. */
  wait(rung: number, forMs: number | null): Promise<void> {
    if (rung !== this.#rung) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiters.delete(wake);
        if (timer !== null) clearTimeout(timer);
        resolve();
      };
      const timer = forMs === null ? null : setTimeout(wake, forMs).unref();
      this.#waiters.add(wake);
    });
  }
}

export interface LoopParts {
  step(): Promise<Step>;
  /** There is something to send. */
  readonly work: Bell;
  /** What failed may work now: do not wait for the end of the back-off. */
  readonly retry: Bell;
  readonly signal: AbortSignal;
  onFailed(reason: string, detail: string): void;
}

/** Steps for ever, until aborted. After failures it waits, twice as long each time, with jitter so that boxes do not come back in step. */
export async function runSteps({ step, work, retry, signal, onFailed }: LoopParts): Promise<void> {
  const wakeBoth = (): void => {
    work.ring();
    retry.ring();
  };
  signal.addEventListener("abort", wakeBoth, { once: true });
  let waitMs = RETRY_MIN_MS;
  while (!signal.aborted) {
    const workRung = work.rung;
    const retryRung = retry.rung;
    const result = await step();
    if (signal.aborted) break;
    if (result.kind === "failed") {
      onFailed(result.reason, result.detail);
      await retry.wait(retryRung, waitMs * (0.5 + Math.random()));
      waitMs = Math.min(RETRY_MAX_MS, waitMs * 2);
    } else if (result.kind === "wait") {
      await retry.wait(retryRung, result.forMs);
    } else {
      waitMs = RETRY_MIN_MS;
      if (result.kind === "idle") await work.wait(workRung, null);
    }
  }
  signal.removeEventListener("abort", wakeBoth);
}
