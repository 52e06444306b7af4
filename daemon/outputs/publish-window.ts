import type { LinkAnswer, NatsLink, OutgoingMessage } from "../link.js";
import type { WindowSize } from "./window-size.js";

export interface WindowParts {
  readonly link: Pick<NatsLink, "publish">;
  readonly size: WindowSize;
  /** Milliseconds of a clock that never steps. */
  readonly nowMs: () => number;
  /** All sequences up to this one are in the stream. */
  readonly onAcknowledged: (sequence: number) => void;
  readonly onBroken: () => void;
}

export interface Failure {
  readonly reason: string;
  readonly message: string;
}

/**
 * Publishes in order, a window at a time, each only if the stream's last message is the one before it.
 *
 * The last sequence alone does not say so. If someone else writes k messages into the stream while ours are on their way, the next k of ours
 * fail, and the one after them finds exactly the sequence it expects: a hole. So a message whose predecessor is not acknowledged yet also
 * names the predecessor's id (`isChained`). Servers that run a stream in several copies may check that id before the predecessor is applied,
 * so there it is left out, acknowledgements count only without a gap, and the next look at the stream finds the hole.
 */
export class PublishWindow {
  readonly #parts: WindowParts;
  #base = 0;
  #isChained = true;
  #previous: { sequence: number; id: string } | null = null;
  #contiguous = 0;
  readonly #ahead = new Set<number>();
  #inFlight = 0;
  #failure: Failure | null = null;
  #isAbandoned = false;
  /** Someone waited for room since the last answer. */
  #isFull = false;
  #wake: (() => void) | null = null;

  constructor(parts: WindowParts) {
    this.#parts = parts;
  }

  get failure(): Failure | null {
    return this.#failure;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** After a look at the stream: it holds ours up to `held`, whose place there is `base + held`. */
  begin(base: number, held: number, isChained: boolean): void {
    this.#base = base;
    this.#isChained = isChained;
    this.#contiguous = held;
    this.#previous = null;
    this.#failure = null;
    this.#ahead.clear();
  }

  /** The failure is dealt with: the next look at the stream decides how to go on. */
  forgetFailure(): void {
    this.#failure = null;
  }

  /** Waits for room. Nothing is sent any more once something has failed. */
  async send(message: OutgoingMessage, sequence: number, id: string): Promise<void> {
    while (this.#inFlight >= this.#parts.size.limit && this.#failure === null) {
      this.#isFull = true;
      await this.#untilAnswer();
    }
    if (this.#failure !== null) return;
    this.#inFlight += 1;
    const isPredecessorOpen = this.#isChained && this.#previous !== null && this.#previous.sequence > this.#contiguous;
    const expectedId = isPredecessorOpen ? (this.#previous?.id ?? null) : null;
    this.#previous = { sequence, id };
    const answering = this.#parts.link.publish(message, { sequence: this.#base + sequence - 1, id: expectedId });
    const sentMs = this.#parts.nowMs();
    void answering.then((answer) => this.#take(answer, sequence, sentMs));
  }

  /** Until every publish has its answer, or the time is over, or it was abandoned. */
  async settle(forMs: number): Promise<void> {
    const timer = setTimeout(() => this.#wakeUp(true), forMs);
    while (this.#inFlight > 0 && !this.#isAbandoned) await this.#untilAnswer();
    clearTimeout(timer);
    this.#isAbandoned = false;
  }

  /** Ends a `send` that waits. */
  fail(reason: string, message: string): void {
    this.#failure ??= { reason, message };
    this.#wakeUp(false);
  }

  #take(answer: LinkAnswer<{ readonly sequence: number }>, sequence: number, sentMs: number): void {
    this.#inFlight -= 1;
    const nowMs = this.#parts.nowMs();
    this.#parts.size.note(nowMs - sentMs, nowMs, this.#isFull);
    this.#isFull = false;
    const expected = this.#base + sequence;
    if (!answer.ok) this.#failure ??= answer;
    else if (answer.value.sequence === expected) this.#noteAcknowledged(sequence);
    else this.#failure ??= { reason: "other", message: `stored as ${answer.value.sequence}, expected ${expected}` };
    if (this.#failure !== null) this.#parts.onBroken();
    this.#wakeUp(false);
  }

  #noteAcknowledged(sequence: number): void {
    this.#ahead.add(sequence);
    const before = this.#contiguous;
    while (this.#ahead.delete(this.#contiguous + 1)) this.#contiguous += 1;
    if (this.#contiguous > before) this.#parts.onAcknowledged(this.#contiguous);
  }

  #untilAnswer(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #wakeUp(isAbandoned: boolean): void {
    this.#isAbandoned ||= isAbandoned;
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }
}
