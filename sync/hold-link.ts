import type { Told, TrackedEvent } from "./tracked-event.js";

/** A confirmed link stands until what speaks against it is 3 nats better: 1 / (1 + e^3). */
const OVERTURNED_P = 0.047;

/**
 * What may be told when `next` was found after what was told before. A confirmed event stays confirmed: its link is held until the evidence
 * against it is 3 nats better. Only a record that says something else now, a cue taken back and an operator's release begin anew.
 */
export function holdConfirmed({ told: before, frozenCue, pin }: TrackedEvent, next: Told): Told {
  if (before?.state !== "confirmed" || next.state === "confirmed" || before.cues[0] === undefined) return next;
  if (next.cues[0] === before.cues[0]) return { ...next, state: "confirmed" };
  if (frozenCue === null || pin !== null) return next;
  return next.heldP < OVERTURNED_P ? { ...next, state: "confirmed" } : before;
}
