/**
 * Drives the pipeline in real time: takes what was accepted and heard, in order, pushes it through, and commits records, snapshots
 * and the inbox mark of each step in one transaction. One commit is under way at a time; what arrives meanwhile shares the next.
 */
import type { Clock } from "./clock.js";
import { type AcceptedMessage, INBOX_KEPT_CORE, type Snapshot, type Store } from "./outbox/index.js";
import type { Pipeline, PipelineInput } from "./pipeline.js";
import type { RecordDraft } from "./records/index.js";

/** One accepted message, read for the pipeline; `null` inputs are messages that change nothing yet. */
export type ReadMessage = (message: AcceptedMessage) => PipelineInput | null;

export interface EngineObserver {
  /** After the commit. `arrivals`: of the logged messages in it, for the delay of the first revision. */
  committed(drafts: readonly RecordDraft[], arrivals: readonly number[]): void;
  failed(error: unknown): void;
  /** Not messages, which wait in the inbox: what was heard, or the box's own records, while no commit went through for hours. */
  dropped(what: "input" | "record" | "snapshot"): void;
}

export interface EngineParts {
  readonly store: Store;
  readonly pipeline: Pipeline;
  readonly clock: Clock;
  readonly readMessage: ReadMessage;
  readonly observer: EngineObserver;
  /** Looks over the records of a step before they are committed, all together. Never rejects. */
  readonly refine?: (drafts: readonly RecordDraft[]) => Promise<RecordDraft[]>;
  /** Body of the last `INBOX_KEPT_CORE` snapshot: `<saved>:<consumed>`; `null`: there is none. */
  readonly kept?: string | null;
}

type Work =
  /** Consumed before the last stop, but not in the snapshot of the fuel: for that alone. */
  | { readonly type: "again"; readonly message: AcceptedMessage }
  | { readonly type: "message"; readonly message: AcceptedMessage }
  | { readonly type: "input"; readonly input: PipelineInput }
  | { readonly type: "record"; readonly draft: RecordDraft }
  | { readonly type: "snapshot"; readonly snapshot: Snapshot };

/** Items one commit may hold: bounds the time of a step and the size of its transaction. */
const MAX_STEP = 256;
/** Within a step the thread is given back this often: sound, sockets and timers that are due wait no longer for it. */
const SLICE_MICROS = 8000;
/** Messages waiting in memory; beyond them they wait in the inbox, where they are durable already. */
const MAX_WAITING_MESSAGES = 4096;
/** Everything else that waits for a commit: hours of cues and levels while the disk is full. */
const MAX_WAITING_WORK = 20_000;
const MAX_TIMER_MS = 60_000;
/** Shortest time between two ticks, so that a core that stays due cannot hold the thread. */
const MIN_TICK_MICROS = 20_000;

export class Engine {
  readonly #parts: EngineParts;
  #queue: Work[] = [];
  #waitingMessages = 0;
  #lastInboxSeen = 0;
  /** Accepted messages that are only in the inbox: they are read from there when the queue has drained. */
  #isInboxAhead = false;
  #isReadingInbox = false;
  #lastTickAt = 0;
  #busy: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isStopped = false;
  /** Inbox messages up to these ids are consumed, have been worked in, and are in every snapshot. */
  #consumed = 0;
  #worked = 0;
  #saved = 0;
  #keptBody: string | null = null;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    const [saved, consumed] = (parts.kept ?? "").split(":").map(Number);
    if (saved === undefined || consumed === undefined || !Number.isSafeInteger(saved + consumed)) return;
    this.#saved = saved;
    this.#worked = consumed;
    this.#consumed = consumed;
    this.#keptBody = parts.kept ?? null;
  }

  /** Works in what was accepted before the last stop, then goes on with what arrives. */
  async start(): Promise<void> {
    const { pipeline, clock } = this.#parts;
    for (const draft of pipeline.open(clock.wall())) this.#queue.push({ type: "record", draft });
    await this.#repeat();
    this.#isInboxAhead = true;
    await this.#wake();
  }

  /** Messages the store has just accepted, in the order of their inbox ids. */
  accepted(messages: readonly AcceptedMessage[]): void {
    for (const message of messages) {
      // Order is that of the inbox: while older messages are still to be read from it, newer ones wait there too.
      const mustWait = this.#isInboxAhead || this.#isReadingInbox || this.#waitingMessages >= MAX_WAITING_MESSAGES;
      if (mustWait) this.#isInboxAhead = true;
      else this.#enqueueMessage(message);
    }
    void this.#wake();
  }

  input(input: PipelineInput): void {
    this.#enqueue({ type: "input", input });
  }

  /** A record that no pipeline makes: health, gap. */
  record(draft: RecordDraft): void {
    this.#enqueue({ type: "record", draft });
  }

  /** State that belongs to no pipeline core: a listener's, a file input's position. */
  snapshot(snapshot: Snapshot): void {
    this.#enqueue({ type: "snapshot", snapshot });
  }

  /** Resolves when all that came before is committed. */
  async settle(): Promise<void> {
    while (this.#busy !== null) await this.#busy;
  }

  async stop(): Promise<void> {
    await this.settle();
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #enqueue(work: Exclude<Work, { type: "message" | "again" }>): void {
    if (this.#queue.length - this.#waitingMessages < MAX_WAITING_WORK) this.#queue.push(work);
    else this.#parts.observer.dropped(work.type);
    void this.#wake();
  }

  #enqueueMessage(message: AcceptedMessage): void {
    this.#lastInboxSeen = message.inboxId;
    this.#waitingMessages += 1;
    this.#queue.push({ type: "message", message });
  }

  #wake(): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    this.#busy ??= this.#work().finally(() => {
      this.#busy = null;
      this.#setTimer();
    });
    return this.#busy;
  }

  async #work(): Promise<void> {
    try {
      while (this.#queue.length > 0 || this.#isInboxAhead || this.#isDue()) {
        if (this.#queue.length === 0 && this.#isInboxAhead) await this.#readInbox();
        await this.#step();
      }
    } catch (error) {
      this.#isStopped = true;
      this.#parts.observer.failed(error);
    }
  }

  /** Fuel is written down with its insights, every few seconds: what it took in after that is given to it once more. */
  async #repeat(): Promise<void> {
    for (let after = this.#saved; after < this.#consumed; ) {
      const messages = await this.#parts.store.consumed(after, this.#consumed, MAX_STEP);
      if (messages.length === 0) return;
      for (const message of messages) {
        after = message.inboxId;
        if (message.what === "telemetry" || message.what === "race") this.#queue.push({ type: "again", message });
      }
      if (this.#queue.length > 0) await this.#wake();
    }
  }

  async #readInbox(): Promise<void> {
    // Cleared before the read: what is accepted while it runs sets it again.
    this.#isInboxAhead = false;
    this.#isReadingInbox = true;
    const messages = await this.#parts.store.pending(this.#lastInboxSeen, MAX_STEP);
    this.#isReadingInbox = false;
    for (const message of messages) this.#enqueueMessage(message);
    if (messages.length === MAX_STEP) this.#isInboxAhead = true;
  }

  async #step(): Promise<void> {
    const { store, pipeline, clock, observer } = this.#parts;
    const work = this.#queue.splice(0, MAX_STEP);
    const now = clock.wall();
    const records: RecordDraft[] = [];
    const snapshots: Snapshot[] = [];
    const arrivals: number[] = [];
    let consumedInbox: number | null = null;
    let sliceBegan = clock.mono();
    for (const item of work) {
      if (clock.mono() - sliceBegan >= SLICE_MICROS) {
        await nextTurn();
        sliceBegan = clock.mono();
      }
      if (item.type === "record") records.push(item.draft);
      else if (item.type === "snapshot") snapshots.push(item.snapshot);
      else if (item.type === "input") records.push(...pipeline.push(item.input, now));
      else if (item.type === "again") {
        const input = this.#parts.readMessage(item.message);
        if (input !== null) records.push(...pipeline.push(input, now));
      } else {
        this.#waitingMessages -= 1;
        consumedInbox = item.message.inboxId;
        const input = this.#parts.readMessage(item.message);
        if (input !== null) records.push(...pipeline.push(input, now));
        this.#worked = item.message.inboxId;
        if (item.message.what === "log") arrivals.push(item.message.arrival);
      }
    }
    if (this.#isDue()) {
      this.#lastTickAt = now;
      records.push(...pipeline.push({ type: "tick" }, now));
    }
    snapshots.push(...pipeline.takeSnapshots(now), ...this.#kept(consumedInbox));
    if (records.length + snapshots.length === 0 && consumedInbox === null) return;
    const { refine } = this.#parts;
    const refined = refine === undefined ? records : await refine(records);
    await store.commit({ records: refined, snapshots, consumedInbox });
    observer.committed(refined, arrivals);
  }

  /** Tells the store which consumed messages must not be forgotten yet, and the next start where to begin. */
  #kept(consumedInbox: number | null): Snapshot[] {
    const { fuel } = this.#parts.pipeline;
    this.#consumed = consumedInbox ?? this.#consumed;
    if (!fuel.hasUnsaved) this.#saved = this.#worked;
    const body = `${this.#saved}:${this.#consumed}`;
    if (body === this.#keptBody || (this.#keptBody === null && fuel.lanes().length === 0)) return [];
    this.#keptBody = body;
    return [{ core: INBOX_KEPT_CORE, version: 1, body }];
  }

  #isDue(): boolean {
    const due = this.#parts.pipeline.nextDue();
    const now = this.#parts.clock.wall();
    return due !== null && due <= now && Math.abs(now - this.#lastTickAt) >= MIN_TICK_MICROS;
  }

  #setTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const due = this.#parts.pipeline.nextDue();
    if (this.#isStopped || due === null) return;
    const waitMs = Math.max(MIN_TICK_MICROS / 1000, Math.ceil((due - this.#parts.clock.wall()) / 1000));
    this.#timer = setTimeout(() => void this.#wake(), Math.min(waitMs, MAX_TIMER_MS));
    this.#timer.unref();
  }
}

/** When the thread has run what was due. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
