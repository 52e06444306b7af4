import { addSeconds, type EventRevision, secondsBetween, type UnixMicros } from "../../sync/index.js";

/** When the first revision must be out. */
export const FIRST_SEC = 0.1;
/** When the corrected one must be out. */
export const CORRECTED_SEC = 1;

/** How the story of one event was told, counted from the arrival of what its record says in the end. */
export interface EventTrace {
  /** Believed 100 ms and one second after that arrival. */
  readonly first: UnixMicros;
  readonly corrected: UnixMicros;
  /** From that arrival to the first confirmed revision with a cue; `null` when there was none. Negative: confirmed before the last edit. */
  readonly confirmedAfterSec: number | null;
  /** The cue at the end is not the one first confirmed. */
  readonly isRelinked: boolean;
  /** Was provisional after it had been confirmed. */
  readonly fellBack: boolean;
  /** A time told as final was told anew. */
  readonly movedWhenFinal: boolean;
}

interface Told {
  readonly revision: EventRevision;
  readonly at: UnixMicros;
}

/** Follows one event from its first message to its last revision. */
export class TraceBook {
  readonly #told = new Map<string, Told[]>();
  readonly #arrived = new Map<string, UnixMicros>();

  /** A message about the event came; what was said before it does not count as said about it. */
  arrived(eventId: string, at: UnixMicros): void {
    this.#arrived.set(eventId, at);
  }

  add(revision: EventRevision, at: UnixMicros): void {
    const told = this.#told.get(revision.eventId);
    if (told === undefined) this.#told.set(revision.eventId, [{ revision, at }]);
    else told.push({ revision, at });
  }

  traceOf(eventId: string): EventTrace | null {
    const told = this.#told.get(eventId);
    const first = told?.[0];
    if (told === undefined || first === undefined) return null;
    const arrival = this.#arrived.get(eventId) ?? first.at;
    const believedBy = (seconds: number) =>
      (told.filter(({ at }) => at <= addSeconds(arrival, seconds)).at(-1) ?? first).revision.corrected.time;
    const confirmed = told.findIndex(({ revision }) => revision.state === "confirmed" && revision.cues.length > 0);
    const link = told[confirmed];
    const final = told.findIndex(({ revision }) => revision.state === "final");
    const finalTime = told[final]?.revision.corrected.time;
    return {
      first: believedBy(FIRST_SEC),
      corrected: believedBy(CORRECTED_SEC),
      confirmedAfterSec: link === undefined ? null : secondsBetween(arrival, link.at),
      isRelinked: link !== undefined && told.at(-1)?.revision.cues[0] !== link.revision.cues[0],
      fellBack: link !== undefined && told.slice(confirmed).some(({ revision }) => revision.state === "provisional"),
      movedWhenFinal: final >= 0 && told.slice(final).some(({ revision }) => revision.corrected.time !== finalTime),
    };
  }
}
