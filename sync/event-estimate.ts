import { type BeliefPart, cdfOf, quantileOf, widened } from "./belief.js";
import type { EventRevision } from "./event-revision.js";
import type { Outcome } from "./logger-solver.js";
import { MICROS_PER_SECOND, type UnixMicros } from "./time.js";
import { loggedTime, type Told, type TrackedEvent } from "./tracked-event.js";

/** A link above this is told as the anchor; above that it is confirmed and frozen. */
export const LINK_P = 0.5;
export const CONFIRMED_P = 0.9;
/** How long after the act a record reaches the box at most, by the slowest way that was measured. */
const SLOWEST_DELIVERY_SEC = 25;

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
    flags: [...(outcome.conflict ? ["conflict"] : []), ...(tracked.logged.flags ?? [])],
    time: tracked.pin?.time ?? at(median),
    lo: at(quantileOf(parts, 0.025)),
    hi: at(quantileOf(parts, 0.975)),
    notBefore: at(quantileOf(parts, 0.005)),
    confidence: round(cdfOf(parts, median + 1) - cdfOf(parts, median - 1)),
    cues: isLinked ? [best.cueId] : [],
    linkP: best?.p ?? 0,
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
  const reach = tracked.pin === null ? scanRangeSec : 0.05;
  const shifted = (seconds: number) => Math.round(time + seconds * MICROS_PER_SECOND) as UnixMicros;
  return {
    state: tracked.pin === null ? "provisional" : "confirmed",
    anchor: tracked.pin === null ? "none" : "operator",
    flags: [...(tracked.pin === null ? ["noLock"] : []), ...(tracked.logged.flags ?? [])],
    time,
    lo: shifted(-reach - (tracked.pin === null ? SLOWEST_DELIVERY_SEC : 0)),
    hi: shifted(reach),
    notBefore: shifted(-reach - (tracked.pin === null ? SLOWEST_DELIVERY_SEC : 0)),
    confidence: tracked.pin === null ? 0 : 1,
    cues: [],
    linkP: 0,
    alternatives: [],
    clock: null,
    reason: tracked.pin === null ? { code: "noLock", params: {} } : { code: "pinned", params: { by: tracked.pin.by } },
  };
}

export function meanOf(parts: readonly BeliefPart[]): number {
  return parts.reduce((sum, part) => sum + part.weight * part.mean, 0);
}

function round(p: number): number {
  return Math.round(p * 1e4) / 1e4;
}
