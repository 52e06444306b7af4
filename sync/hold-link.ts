import type { Told, TrackedEvent } from "./tracked-event.js";

/** A confirmed link stands until what speaks against it is 3 nats better: 1 / (1 + e^3). */
const OVERTURNED_P = 0.047;

/**
 * What may be told when `next` was found after what was told before. A confirmed event stays confirmed: its link is held until the evidence
 * against it is 3 nats better. Only a record that says something else now, a cue taken back and an operator's release begin anew.
 */
export function holdConfirmed({ told: before, frozenCue, isConfirmed, pin }: TrackedEvent, next: Told): Told {
  if (before?.state !== "confirmed" || next.state === "confirmed" || pin !== null) return next;
  const isSameLink = before.cues[0] !== undefined && next.cues[0] === before.cues[0];
  if (!isConfirmed) return isSameLink ? { ...next, state: "confirmed" } : next;
  // A clock that is lost for a while is no evidence against a link.
  if (next.anchor === "none") return before;
  const isHeld = frozenCue !== null && !isSameLink && next.heldP >= OVERTURNED_P;
  return isHeld ? before : { ...next, state: "confirmed" };
}
