import { cdfOf, quantileOf, widened } from "./belief.js";
import type { EventRevision } from "./event-revision.js";
import type { Outcome } from "./outcome.js";
import { MICROS_PER_SECOND, type UnixMicros } from "./time.js";
import { loggedTime, type Told, type TrackedEvent } from "./tracked-event.js";

/** A link above this is told as the anchor; above that it is confirmed and frozen. */
export const LINK_P = 0.5;
export const CONFIRMED_P = 0.9;
/** How long after the act a record reaches the box at most, by the slowest way that was measured. */
const SLOWEST_DELIVERY_SEC = 25;
/** Whoever shows an event at this quantile of its truth tells it too early in 0.5 % of all cases. */
const NOT_BEFORE_P = 0.995;

/** Turns a belief into what is told: median, interval, the bound for those who must not be early, confidence. */
export function toldOf(
  tracked: TrackedEvent,
  outcome: Outcome,
  origin: UnixMicros,
  utcUncertaintySec: number,
  clock: EventRevision["clock"],
): Told {
  const parts = widened(outcome.parts, utcUncertaintySec);
  const median = quantileOf(parts, 0.5);
  const at = (seconds: number) => Math.round(origin + seconds * MICROS_PER_SECOND) as UnixMicros;
  const best = outcome.links[0];
  const isLinked = best !== undefined && best.p > LINK_P;
  return {
    state: tracked.pin !== null || (isLinked && best.p > CONFIRMED_P) ? "confirmed" : "provisional",
    anchor: tracked.pin !== null ? "operator" : isLinked ? (outcome.kind ?? "clock") : "clock",
    flags: [
      ...(outcome.conflict ? ["conflict"] : []),
      ...(isScheduled(tracked, outcome.conflict) ? ["scheduledTime"] : []),
      ...(tracked.logged.flags ?? []),
    ],
    time: tracked.pin?.time ?? at(median),
    lo: at(quantileOf(parts, 0.025)),
    hi: at(quantileOf(parts, 0.975)),
    // A marker shown at this time is early in one case of two hundred at most: the upper end, not the lower one.
    notBefore: at(quantileOf(parts, NOT_BEFORE_P)),
    confidence: round(cdfOf(parts, median + 1) - cdfOf(parts, median - 1)),
    cues: isLinked ? [best.cueId] : [],
    linkP: best?.p ?? 0,
    heldP: outcome.links.find(({ cueId }) => cueId === tracked.frozenCue)?.p ?? 0,
    alternatives: alternativesOf(outcome, isLinked, at),
    clock,
    reason: tracked.pin === null ? null : { code: "pinned", params: { by: tracked.pin.by } },
  };
}

function alternativesOf(outcome: Outcome, isLinked: boolean, at: (seconds: number) => UnixMicros) {
  const others = outcome.links.slice(isLinked ? 1 : 0).map((link) => ({ time: at(link.at), p: round(link.p) }));
  if (isLinked) {
    const linked = outcome.links.reduce((sum, link) => sum + link.p, 0);
    others.push({ time: at(outcome.clockMean), p: round(Math.max(0, 1 - linked)) });
  }
  return others
    .filter((other) => other.p >= 0.01)
    .sort((a, b) => b.p - a.p)
    .slice(0, 2);
}

/** Without a lock the logged time goes out unmoved, with all that it could be. */
export function toldUnlocked(tracked: TrackedEvent, scanRangeSec: number): Told {
  const time = tracked.pin?.time ?? loggedTime(tracked);
  const reach = tracked.pin === null ? Math.max(scanRangeSec, fromArrivalSec(tracked)) : 0.05;
  const shifted = (seconds: number) => Math.round(time + seconds * MICROS_PER_SECOND) as UnixMicros;
  return {
    state: tracked.pin === null ? "provisional" : "confirmed",
    anchor: tracked.pin === null ? "none" : "operator",
    flags: [...(tracked.pin === null ? ["noLock"] : []), ...(tracked.logged.flags ?? [])],
    time,
    lo: shifted(-reach - (tracked.pin === null ? SLOWEST_DELIVERY_SEC : 0)),
    hi: shifted(reach),
    notBefore: shifted(reach),
    confidence: tracked.pin === null ? 0 : 1,
    cues: [],
    linkP: 0,
    heldP: 0,
    alternatives: [],
    clock: null,
    reason: tracked.pin === null ? { code: "noLock", params: {} } : { code: "pinned", params: { by: tracked.pin.by } },
  };
}

/** A stamp far from its arrival may be off by at least as much. */
function fromArrivalSec({ stamp, logged }: TrackedEvent): number {
  if (stamp === null || logged.arrival === null) return 0;
  return Math.abs(logged.arrival - stamp) / MICROS_PER_SECOND + SLOWEST_DELIVERY_SEC;
}

/** Classes whose stamp may be the programme's instead of a press. */
const SCHEDULED_CLASSES: ReadonlySet<string> = new Set(["period_start", "race_start"]);

/** A start that contradicts what was heard and stands on a round time carries the programme's time: whole minutes where seconds are all the feed has. */
function isScheduled({ logged, stamp }: TrackedEvent, conflict: boolean): boolean {
  if (!conflict || stamp === null || !SCHEDULED_CLASSES.has(logged.class)) return false;
  return stamp % ((logged.resolutionSec < 1 ? 1 : 60) * MICROS_PER_SECOND) === 0;
}

function round(p: number): number {
  return Math.round(p * 1e4) / 1e4;
}
