import type { UnixMicros } from "./time.js";
import type { TrackedEvent } from "./tracked-event.js";

/** What is remembered of an event that is no longer kept, or that was deleted before it came. */
export interface PastEvent {
  readonly revision: number;
  readonly version: number | null;
  readonly isDeleted: boolean;
}

/** Records looked at to see whether a cue may concern one. */
const LOOK_BACK = 20;

/** In a flood that many old records are judged anew with each solve: their clock changes little from one to the next. */
const OTHERS_IN_FLOOD = 60;

/** Open records; when there are more than `bound`, new ones and some of the others, in turn from `from` on. */
export function chooseForRefresh(records: readonly TrackedEvent[], bound: number, from: number): TrackedEvent[] {
  const open = records.filter((tracked) => tracked.status === "open");
  if (open.length <= bound) return open;
  const waiting = open.filter((tracked) => tracked.isWaiting);
  const others = open.filter((tracked) => !tracked.isWaiting);
  const room = Math.min(OTHERS_IN_FLOOD, Math.max(20, bound - waiting.length));
  const start = others.length === 0 ? 0 : from % others.length;
  return [...waiting, ...others.slice(start, start + room)];
}

/** The events of a session in the order of their arrival, bounded, and a longer memory of those that had to go. */
export class EventShelf {
  readonly #maxEvents: number;
  #events = new Map<string, TrackedEvent>();
  /** So that the count of an event's revisions never starts anew. */
  #past = new Map<string, PastEvent>();
  #nextOrder = 0;

  constructor(maxEvents: number) {
    this.#maxEvents = maxEvents;
  }

  get size(): number {
    return this.#events.size;
  }

  nextOrder(): number {
    return this.#nextOrder++;
  }

  get(eventId: string): TrackedEvent | undefined {
    return this.#events.get(eventId);
  }

  pastOf(eventId: string): PastEvent | undefined {
    return this.#past.get(eventId);
  }

  all(): Iterable<TrackedEvent> {
    return this.#events.values();
  }

  add(tracked: TrackedEvent): void {
    this.#events.set(tracked.logged.eventId, tracked);
    this.#past.delete(tracked.logged.eventId);
  }

  remember(eventId: string, past: PastEvent): void {
    this.#past.delete(eventId);
    this.#past.set(eventId, past);
    if (this.#past.size > this.#maxEvents * 2) this.#past.delete(this.#past.keys().next().value ?? "");
  }

  /** The latest records, oldest first; of one logger, without retracted ones, when it is named. */
  latest(limit: number, logger: string | null = null): TrackedEvent[] {
    const found: TrackedEvent[] = [];
    const all = [...this.#events.values()];
    for (let index = all.length - 1; index >= 0 && found.length < limit; index--) {
      const tracked = all[index];
      if (tracked === undefined) continue;
      if (logger === null || (tracked.logged.logger === logger && tracked.status !== "retracted")) found.push(tracked);
    }
    return found.reverse();
  }

  /** Whether one of the latest records is open and arrived after `oldest`. */
  hasOpenSince(oldest: UnixMicros): boolean {
    return this.latest(LOOK_BACK).some((tracked) => tracked.status === "open" && tracked.arrivedAt > oldest);
  }

  /** The event that must go: the oldest that is done, else the oldest; `null` while there is room. */
  surplus(): TrackedEvent | null {
    if (this.#events.size <= this.#maxEvents) return null;
    let oldest: TrackedEvent | null = null;
    for (const tracked of this.#events.values()) {
      oldest ??= tracked;
      if (tracked.status !== "open") return tracked;
    }
    return oldest;
  }

  drop(tracked: TrackedEvent): void {
    const { eventId, version } = tracked.logged;
    this.#events.delete(eventId);
    this.remember(eventId, { revision: tracked.revision, version, isDeleted: tracked.status === "retracted" });
  }

  /** Events kept, open and in conflict, and how many of these cues nobody claims. */
  counts(cueIds: Iterable<string>) {
    const tracked = [...this.#events.values()];
    const claimed = new Set(tracked.flatMap((one) => one.told?.cues ?? []));
    return {
      events: tracked.length,
      open: tracked.filter((one) => one.status === "open").length,
      conflicts: tracked.filter((one) => one.told?.flags.includes("conflict") === true).length,
      unclaimedCues: [...cueIds].filter((cueId) => !claimed.has(cueId)).length,
    };
  }

  dump(): { events: TrackedEvent[]; past: [string, PastEvent][]; nextOrder: number } {
    return { events: [...this.#events.values()], past: [...this.#past], nextOrder: this.#nextOrder };
  }

  load(dump: ReturnType<EventShelf["dump"]>): void {
    this.#events = new Map(dump.events.map((tracked) => [tracked.logged.eventId, tracked]));
    this.#past = new Map(dump.past);
    this.#nextOrder = dump.nextOrder;
  }
}
