import type { Anchor, EventRevision, EventState, Reason } from "./event-revision.js";
import type { LoggedEvent } from "./logged-event.js";
import type { UnixMicros } from "./time.js";

/** An event as the aligner follows it: plain data, so that a snapshot holds all of it. */
export interface TrackedEvent {
  logged: LoggedEvent;
  /** The stamp that is used: `null` when it is none or impossible. */
  stamp: UnixMicros | null;
  /** Rises with each new event: the order of arrival. */
  readonly order: number;
  readonly arrivedAt: UnixMicros;
  revision: number;
  status: "open" | "final" | "retracted";
  /** Waits for its first solve. */
  isWaiting: boolean;
  /** Was told as confirmed, and nothing has been taken back since. */
  isConfirmed: boolean;
  /** Cue of a confident link. */
  frozenCue: string | null;
  pin: { readonly time: UnixMicros; readonly by: string } | null;
  finalBy: UnixMicros;
  occurrenceId: string;
  sources: readonly string[];
  /** What is believed now; `null` before the first revision. */
  told: Told | null;
  /** The time that its last revision told: what is believed may creep away from it by less than is news. */
  toldTime: UnixMicros | null;
  /** What its own logger and the cues say, before other loggers' records of the play are weighed in. */
  own: Told | null;
}

/** The part of a revision that estimation decides. */
export interface Told {
  readonly state: EventState;
  readonly anchor: Anchor;
  readonly flags: readonly string[];
  readonly time: UnixMicros;
  readonly lo: UnixMicros;
  readonly hi: UnixMicros;
  readonly notBefore: UnixMicros;
  readonly confidence: number;
  readonly cues: readonly string[];
  /** Probability of the best link. */
  readonly linkP: number;
  /** Probability of the link that was held so far (`frozenCue`); 0 without one. */
  readonly heldP: number;
  readonly alternatives: EventRevision["alternatives"];
  readonly clock: EventRevision["clock"];
  readonly reason: Reason | null;
}

/** A revision goes out when the time moves by more than this, or when anything but a number changes. */
const MOVED_MICROS = 150_000;

export function isNews({ told: before, toldTime }: Pick<TrackedEvent, "told" | "toldTime">, next: Told): boolean {
  if (before === null) return true;
  return (
    Math.abs(next.time - (toldTime ?? before.time)) > MOVED_MICROS ||
    next.state !== before.state ||
    next.anchor !== before.anchor ||
    next.cues.join() !== before.cues.join() ||
    next.flags.join() !== before.flags.join()
  );
}

/** The logged time: what is corrected. */
export function loggedTime(tracked: TrackedEvent): UnixMicros {
  return tracked.stamp ?? tracked.logged.arrival ?? tracked.arrivedAt;
}

export function revisionOf(
  tracked: TrackedEvent,
  told: Told,
  session: string,
  utcUncertaintySec: number,
): EventRevision {
  const { logged } = tracked;
  return {
    eventId: logged.eventId,
    revision: tracked.revision,
    occurrenceId: tracked.occurrenceId,
    session,
    input: logged.input,
    class: logged.class,
    period: logged.period,
    state: told.state,
    anchor: told.anchor,
    flags: told.flags,
    corrected: {
      time: told.time,
      intervals: [{ p: 0.95, lo: told.lo, hi: told.hi }],
      notBefore: told.notBefore,
    },
    shiftSec: (told.time - loggedTime(tracked)) / 1e6,
    confidence: told.confidence,
    cues: told.cues,
    alternatives: told.alternatives,
    sources: tracked.sources,
    clock: told.clock,
    utcUncertaintySec,
    finalBy: tracked.finalBy,
    reason: told.reason,
  };
}
