import type { BeliefPart } from "./belief.js";
import type { Prediction } from "./calibration.js";
import { lowerMedian } from "./gaussian.js";
import type { LagShape } from "./persona.js";
import type { EventClassProfile } from "./sport-profile.js";

/** A logged event as the solver sees it. Seconds; stamps on the logger's clock, the rest on the aligner's. */
export interface SolverEvent {
  readonly eventId: string;
  readonly class: string;
  readonly period: string;
  readonly profile: EventClassProfile | null;
  readonly stamp: number | null;
  readonly arrival: number | null;
  readonly resolutionSec: number;
  /** The cue of a confident link, which only much better evidence may change. */
  readonly frozenCue: string | null;
  /** The truth, where an operator set it. */
  readonly pinned: number | null;
}

/** An event after its two clocks have been compared. */
export interface Reading {
  readonly event: SolverEvent;
  /** Stamp on the logger's clock, middle of its resolution; from the arrival where there is none. */
  readonly stamp: number;
  /** The stamp that the arrival clock tells; `null` when there is only one clock. */
  readonly surrogate: number | null;
  readonly surrogateSd: number;
  /** The clocks differ by more than three of their sds. */
  readonly disagrees: boolean;
  /** Probabilities: the stamp is good; it is wrong (the arrival may be good); the press came far too late. */
  readonly good: number;
  readonly gross: number;
  readonly late: number;
}

/** Records on either side whose typical delivery delay is taken as this record's. */
const NEIGHBOURS = 12;
/** A delivery delay that varies more than this around its neighbours', or from one end of the log to the other, tells nothing of the press. */
const STEADY_SEC = 3;
/** Spread of a usual line's delivery, and how many records that belief weighs. */
const USUAL_SPREAD_SEC = 0.35;
const USUAL_SPREAD_RECORDS = 3;
const LIVE_SEC = 20;
/**
 * What a careful logger's records suffer, as published feeds show it: wrong stamps, presses that come late, right stamps delivered late
 * (one record in eight arrives after its successor); and how many records that belief weighs.
 */
const GROSS_RATE = 0.02;
const LATE_RATE = 0.008;
const HELD_RATE = 0.05;
const PRIOR_RECORDS = 50;
const GROSS_REACH_SEC = 60;
const LATE_REACH_SEC = 60;
/** Held records come 15 s late in the mean, and mostly together with a later one. */
const HELD_MEAN_SEC = 15;
const TOGETHER_SEC = 3;
const HELD_TOGETHER = 5;
const HELD_ALONE = 0.2;
/** Disagreement that is never called one, whatever the sds say. */
const LEAST_CONFLICT_SEC = 2.5;

interface FaultRates {
  readonly gross: number;
  readonly late: number;
  readonly held: number;
}

export interface ClockReadings {
  readonly readings: readonly Reading[];
  /** Records that repeat one of these, by their ids: a play that the feed tells again under another id, or once for each team. */
  readonly repeats: ReadonlyMap<string, Reading>;
  /** Arrival minus stamp of a typical record, aligner's clock minus logger's; `null` when the arrivals tell nothing. */
  readonly arrivalMinusStamp: number | null;
  /** Records behind that number. */
  readonly arrivals: number;
}

/** Compares stamp and arrival of each event of one logger; events with neither are left out. */
export function readClocks(events: readonly SolverEvent[]): ClockReadings {
  const { usable, firstOf } = withoutRepeats(events.filter((event) => event.stamp !== null || event.arrival !== null));
  const both = usable
    .filter((event) => event.stamp !== null && event.arrival !== null)
    .sort((a, b) => (a.arrival ?? 0) - (b.arrival ?? 0) || (a.eventId < b.eventId ? -1 : 1));
  const differences = both.map((event) => (event.arrival ?? 0) - stampOf(event));
  const typical = both.map((_, index) => typicalDelay(both, differences, index));
  const deviations = differences.map((difference, index) => difference - (typical[index] ?? 0));
  const sd = spreadOf(deviations);
  const overall = both.length === 0 ? null : lowerMedian(differences.slice(-NEIGHBOURS * 2));
  const all = lowerMedian(differences);
  // A log handed in after the match arrives evenly too, but not at the pace of its stamps.
  const isLive = lowerMedian(differences.map((difference) => Math.abs(difference - all))) < LIVE_SEC;
  const steady = both.length > 0 && sd < STEADY_SEC && isLive;
  const rates = faultRates(steady ? deviations : [], Math.max(LEAST_CONFLICT_SEC, 4 * sd));
  const places = new Map(both.map((event, index) => [event.eventId, index]));
  const readings = usable.map((event): Reading => {
    if (event.stamp === null) return arrivalOnly(event, overall ?? 0, overall === null ? 0 : sd, rates.late);
    const place = places.get(event.eventId);
    if (place === undefined || !steady) return stampOnly(event, rates);
    const gap = (event.arrival ?? 0) - (both[place - 1]?.arrival ?? Number.NEGATIVE_INFINITY);
    const together = gap < TOGETHER_SEC ? HELD_TOGETHER : HELD_ALONE;
    return compare(event, typical[place] ?? 0, sd, { ...rates, held: rates.held * together });
  });
  const byId = new Map(readings.map((reading) => [reading.event.eventId, reading]));
  const repeats = new Map<string, Reading>();
  for (const [eventId, first] of firstOf) {
    const reading = byId.get(first.eventId);
    if (reading !== undefined) repeats.set(eventId, reading);
  }
  return { readings, repeats, arrivalMinusStamp: steady ? overall : null, arrivals: both.length };
}

/**
 * One press makes one stamp: records of one class with the very same stamp are one play, and only the first to arrive tells when it was pressed.
 * Each by itself they would be rivals for its cue. What an operator pinned stands for itself.
 */
function withoutRepeats(events: readonly SolverEvent[]) {
  const firsts = new Map<string, SolverEvent>();
  const keyOf = (event: SolverEvent) =>
    event.stamp === null || event.pinned !== null ? null : `${event.stamp} ${event.class} ${event.period}`;
  for (const event of events) {
    const key = keyOf(event);
    if (key === null) continue;
    const first = firsts.get(key);
    if (first === undefined || cameBefore(event, first)) firsts.set(key, event);
  }
  const firstOf = new Map<string, SolverEvent>();
  const usable = events.filter((event) => {
    const first = firsts.get(keyOf(event) ?? "") ?? event;
    if (first !== event) firstOf.set(event.eventId, first);
    return first === event;
  });
  return { usable, firstOf };
}

function cameBefore(a: SolverEvent, b: SolverEvent): boolean {
  const [first, second] = [a.arrival ?? Number.POSITIVE_INFINITY, b.arrival ?? Number.POSITIVE_INFINITY];
  return first < second || (first === second && a.eventId < b.eventId);
}

/**
 * Robust spread of the delivery delays. The middle one of a few says little: a usual line's spread stands beside it with the weight of some records.
 */
function spreadOf(deviations: readonly number[]): number {
  const own = 1.4826 * lowerMedian(deviations.map(Math.abs));
  const records = USUAL_SPREAD_RECORDS + deviations.length;
  const blended = (USUAL_SPREAD_RECORDS * USUAL_SPREAD_SEC ** 2 + deviations.length * own ** 2) / records;
  return Math.max(0.2, Math.sqrt(blended));
}

/** A stamp ahead of its arrival can only be wrong; one behind it may be wrong or held: the surplus of those is held. */
function faultRates(deviations: readonly number[], limit: number): FaultRates {
  const ahead = deviations.filter((deviation) => deviation < -limit).length;
  const behind = deviations.filter((deviation) => deviation > limit).length;
  const records = PRIOR_RECORDS + deviations.length;
  return {
    gross: (GROSS_RATE * PRIOR_RECORDS + 2 * ahead) / records,
    held: (HELD_RATE * PRIOR_RECORDS + Math.max(0, behind - ahead)) / records,
    late: (LATE_RATE * PRIOR_RECORDS + 0.5 * ahead) / records,
  };
}

/** Whole seconds are floored by every feed that was measured, so the middle of the resolution is the best guess. */
function stampOf(event: SolverEvent): number {
  return (event.stamp ?? 0) + event.resolutionSec / 2;
}

/**
 * Median over the nearest records of the same period: the clock may step between periods. Of two the lower one: what comes late is common,
 * what comes before it was sent is not.
 */
function typicalDelay(events: readonly SolverEvent[], differences: readonly number[], index: number): number {
  const period = events[index]?.period;
  const near: number[] = [differences[index] ?? 0];
  for (let reach = 1; reach < events.length && near.length <= 2 * NEIGHBOURS; reach++) {
    if (events[index - reach]?.period === period && index - reach >= 0) near.push(differences[index - reach] ?? 0);
    if (events[index + reach]?.period === period && index + reach < events.length)
      near.push(differences[index + reach] ?? 0);
    if (reach > 4 * NEIGHBOURS) break;
  }
  return lowerMedian(near);
}

function arrivalOnly(event: SolverEvent, delay: number, sd: number, lateRate: number): Reading {
  return {
    event,
    stamp: (event.arrival ?? 0) - delay,
    surrogate: null,
    surrogateSd: sd,
    disagrees: false,
    good: 1 - lateRate,
    gross: 0,
    late: lateRate,
  };
}

function stampOnly(event: SolverEvent, rates: FaultRates): Reading {
  return {
    event,
    stamp: stampOf(event),
    surrogate: null,
    surrogateSd: 0,
    disagrees: false,
    good: 1 - rates.gross - rates.late,
    gross: rates.gross,
    late: rates.late,
  };
}

/**
 * Bayes over what may have happened, given how far the clocks are apart: a normal record, a wrong stamp, a right stamp that was
 * delivered late, and a press that came late (then both clocks agree).
 */
function compare(event: SolverEvent, delay: number, sd: number, rates: FaultRates): Reading {
  const stamp = stampOf(event);
  const surrogate = (event.arrival ?? 0) - delay;
  const apart = surrogate - stamp;
  const agree = heavyDensity(apart / sd) / sd;
  const normal = Math.max(0.3, 1 - rates.gross - rates.late - rates.held) * agree;
  const gross = Math.abs(apart) < GROSS_REACH_SEC + 10 ? rates.gross / (2 * GROSS_REACH_SEC) : rates.gross / 1e4;
  const held = apart > 0 ? (rates.held / HELD_MEAN_SEC) * Math.exp(-apart / HELD_MEAN_SEC) : 0;
  const pressedLate = rates.late * agree;
  const total = normal + gross + held + pressedLate;
  return {
    event,
    stamp,
    surrogate,
    surrogateSd: sd,
    disagrees: Math.abs(apart) > Math.max(LEAST_CONFLICT_SEC, 3 * sd),
    good: (normal + held) / total,
    gross: gross / total,
    late: pressedLate / total,
  };
}

/** Student t with four degrees of freedom. */
function heavyDensity(z: number): number {
  return 0.375 * (1 + (z * z) / 4) ** -2.5;
}

/** What one record says of the truth, before any cue: seconds on the aligner's clock. The first `clean` parts trust the stamp. */
export interface RecordBelief {
  readonly parts: readonly BeliefPart[];
  readonly clean: number;
}

/**
 * `base` + `site.mean` is stamp minus truth beyond the mean lag; its uncertainty and the shape of the lag are in the parts.
 */
export function beliefOfRecord(reading: Reading, base: number, site: Prediction, lag: LagShape): RecordBelief {
  const shift = base + site.mean;
  const rounding = reading.event.resolutionSec ** 2 / 12;
  const variance = site.variance + rounding + (reading.surrogate === null ? reading.surrogateSd ** 2 : 0);
  const parts: BeliefPart[] = lag.parts.map((part) => ({
    weight: reading.good * part.weight,
    mean: reading.stamp - shift - part.mean,
    spread: Math.sqrt(variance + part.sd ** 2),
    uniform: false,
  }));
  const clean = parts.length;
  const centre = reading.stamp - shift - lag.mean;
  if (reading.gross > 0 && reading.surrogate !== null) {
    const surrogate = reading.surrogate;
    for (const part of lag.parts) {
      const spread = Math.sqrt(site.variance + reading.surrogateSd ** 2 + part.sd ** 2);
      parts.push({
        weight: reading.gross * part.weight,
        mean: surrogate - shift - part.mean,
        spread,
        uniform: false,
      });
    }
  } else if (reading.gross > 0) {
    parts.push({ weight: reading.gross, mean: centre, spread: GROSS_REACH_SEC, uniform: true });
  }
  if (reading.late > 0) {
    const half = LATE_REACH_SEC / 2;
    parts.push({ weight: reading.late, mean: centre - half - 2, spread: half, uniform: true });
  }
  return { parts, clean };
}
