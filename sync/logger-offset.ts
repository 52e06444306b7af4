import { type CueTable, clutterAtScore, trainFactor } from "./cue-table.js";
import { normalDensity } from "./gaussian.js";
import type { ClockReadings, Reading } from "./logger-clocks.js";
import { cuesFor, type LockLevel, type LoggerState, type SolveOptions } from "./logger-state.js";
import { countFound, type ScanEntry, type ScanResult, scanOffsets, scoreAt } from "./offset-scan.js";
import { lagShape, personaNamed } from "./persona.js";
import type { EventClassProfile } from "./sport-profile.js";

/** A lock needs this margin over every other offset and this many events that find their cue (no wrong lock was ever seen above 4 nats). */
const LOCK_MARGIN = 5;
const LOCK_ANCHORS = 3;
/** Share of the expected cues that must be found for a lock, and below which a lock is given up. */
const LOCK_SHARE = 0.45;
const LOST_SHARE = 0.25;
/** Steps of a period's clock that are tried in that test, and the records it takes. */
const STEP_REACH_SEC = 15;
const STEP_RECORDS = 6;
/** How far around its cues a detector is taken to work. */
const HEARD_MARGIN_SEC = 120;
/** Where the arrivals say the same, one event and this margin are enough to go on with; the search goes on too. */
const SOFT_MARGIN = 2.5;
const SUPPORTED_NATS = 2;
/** A period may lie elsewhere than the rest when its own records say so by this much. */
const STEP_MARGIN = 8;
const STEP_NEAR_SEC = 3;
/** Records searched at most, and how many more there must be before a locked logger is searched again. */
const SCAN_RECORDS = 80;
const SCAN_EVERY = 4;
/** Unknown slow errors and speed of the person at the time of the search, seconds. */
const SCAN_SPREAD_SEC = 0.7;

export interface FoundBases {
  readonly lock: LockLevel;
  readonly bases: Readonly<Record<string, number>>;
  readonly scannedRecords: number;
  readonly isMoved: boolean;
}

/** Offset of the logger's clock, as a whole and by period, by a likelihood scan with a margin test. */
export function findBases(
  state: LoggerState,
  anchorable: readonly Reading[],
  clocks: ClockReadings,
  table: CueTable,
  options: SolveOptions,
): FoundBases {
  const kept = { lock: state.lock, bases: state.bases, scannedRecords: state.scannedRecords, isMoved: false };
  if (anchorable.length === 0) return kept;
  if (state.lock === 2 && Math.abs(anchorable.length - state.scannedRecords) < SCAN_EVERY) return kept;
  const recent = anchorable.slice(-SCAN_RECORDS);
  const persona = personaNamed(state.persona);
  const entries = recent.map((reading) => entryOf(reading, table, options, persona.lagScale));
  const arrivalPrior = priorFromArrivals(clocks);
  const best = bestScan(recent, entries, arrivalPrior, options);
  if (best === null) return kept;
  const { scan, lock } = best;
  const scannedRecords = anchorable.length;
  if (lock === 0) {
    const isLost = state.lock === 0 || shareFound(recent, entries, state.bases, false) < LOST_SHARE;
    return isLost ? { lock: 0, bases: {}, scannedRecords, isMoved: false } : { ...kept, scannedRecords };
  }
  const isElsewhere = state.lock > 0 && Math.abs(scan.offset - (state.bases[""] ?? 0)) > 4;
  if (state.lock === 2 && !(isElsewhere && scan.margin > STEP_MARGIN)) {
    return withPeriods(state.bases, kept, recent, entries, options, scannedRecords);
  }
  const bases = { "": scan.offset };
  const found = { lock, bases, scannedRecords, isMoved: state.lock === 0 || isElsewhere };
  return withPeriods(bases, found, recent, entries, options, scannedRecords);
}

/**
 * The offset of all records together; where that finds no lock, of the period that speaks most clearly: two halves with a step between
 * them are each other's rivals.
 */
function bestScan(
  readings: readonly Reading[],
  entries: readonly ScanEntry[],
  prior: (offset: number) => number,
  options: SolveOptions,
): { scan: ScanResult; lock: LockLevel } | null {
  let best: { scan: ScanResult; lock: LockLevel } | null = null;
  const periods = new Set(readings.map((reading) => reading.event.period));
  for (const period of [null, ...(periods.size > 1 ? periods : [])]) {
    const own = period === null ? entries : entries.filter((_, index) => readings[index]?.event.period === period);
    const scan = scanOffsets(own, options.scanFrom, options.scanTo, prior);
    if (scan === null) continue;
    const isFound = shareFound(readings, entries, { "": scan.offset }, true) > LOCK_SHARE;
    const lock = isFound ? lockOf(scan.margin, scan.anchors, prior(scan.offset) > SUPPORTED_NATS) : 0;
    if (best === null || lock > best.lock) best = { scan, lock };
    if (lock === 2) break;
  }
  return best;
}

function lockOf(margin: number, anchors: number, isSupported: boolean): LockLevel {
  if (margin > LOCK_MARGIN && anchors >= LOCK_ANCHORS) return 2;
  if (margin > SOFT_MARGIN && isSupported && anchors >= 1) return 1;
  return 0;
}

/**
 * Share of the expected cues that are there: near 1 for a good detector and logger. A match of another day finds a few cues at some
 * offset, never most of them. A period with enough records may lie some seconds beside the others.
 */
function shareFound(
  readings: readonly Reading[],
  entries: readonly ScanEntry[],
  bases: Readonly<Record<string, number>>,
  mayStep: boolean,
): number {
  let found = 0;
  let expected = 0;
  for (const period of new Set(readings.map((reading) => reading.event.period))) {
    const own = entries.filter((_, index) => readings[index]?.event.period === period);
    const base = bases[period] ?? bases[""] ?? 0;
    let best = countFound(own, base);
    for (let step = -STEP_REACH_SEC; mayStep && own.length >= STEP_RECORDS && step <= STEP_REACH_SEC; step += 1) {
      const there = countFound(own, base + step);
      if (there.found > best.found) best = there;
    }
    found += best.found;
    expected += best.expected;
  }
  return expected > 0 ? found / expected : 0;
}

/** Clock steps between periods, where the records of a period say so clearly. */
function withPeriods(
  bases: Readonly<Record<string, number>>,
  found: Omit<FoundBases, "bases">,
  readings: readonly Reading[],
  entries: readonly ScanEntry[],
  options: SolveOptions,
  scannedRecords: number,
): FoundBases {
  const main = bases[""] ?? 0;
  const next: Record<string, number> = { ...bases };
  let isMoved = found.isMoved;
  for (const period of new Set(readings.map((reading) => reading.event.period))) {
    const own = entries.filter((_, index) => readings[index]?.event.period === period);
    const known = next[period] ?? main;
    const scan = scanOffsets(own, options.scanFrom, options.scanTo, (offset) =>
      Math.abs(offset - main) <= STEP_NEAR_SEC ? 0 : -Math.min(6, 2 + Math.abs(offset - main) / 5),
    );
    if (scan === null || scan.anchors < LOCK_ANCHORS || Math.abs(scan.offset - known) <= STEP_NEAR_SEC) continue;
    if (scan.score - bestNear(own, known) < STEP_MARGIN) continue;
    next[period] = scan.offset;
    isMoved = true;
  }
  return { ...found, bases: next, scannedRecords, isMoved };
}

function bestNear(entries: readonly ScanEntry[], offset: number): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let step = -6; step <= 6; step++) {
    const at = offset + step * 0.4;
    best = Math.max(
      best,
      entries.reduce((sum, entry) => sum + scoreAt(entry, at), 0),
    );
  }
  return best;
}

function entryOf(reading: Reading, table: CueTable, options: SolveOptions, lagScale: number): ScanEntry {
  const { event } = reading;
  const profile = event.profile as EventClassProfile;
  const lag = lagShape(profile, personaNamed(lagScale > 0 ? "live" : "tagger"));
  const offsets: number[] = [];
  const gains: number[] = [];
  const clutter = (options.profile.clutterPerHour[profile.cue ?? "whistle"] ?? 20) / 3600;
  const detection = Math.min(0.97, Math.max(0.02, profile.detection));
  const sites = cuesFor(reading, table);
  for (const site of sites) {
    if (site.isWeak) continue;
    const offset = reading.stamp - (site.at - profile.cueDelay.medianSec) - lag.mean;
    if (offset < options.scanFrom - 10 || offset > options.scanTo + 10) continue;
    offsets.push(offset);
    gains.push(
      ((detection / (1 - detection)) * trainFactor(site, profile) * reading.good) /
        (clutter * clutterAtScore(site.score)),
    );
  }
  const sd = Math.sqrt(lag.variance + SCAN_SPREAD_SEC ** 2 + profile.cueDelay.sdSec ** 2);
  return {
    offsets,
    gains,
    sd,
    act: reading.stamp - lag.mean,
    heardFrom: (sites[0]?.at ?? 0) - HEARD_MARGIN_SEC,
    heardTo: (sites.at(-1)?.at ?? 0) + HEARD_MARGIN_SEC,
    detection,
  };
}

/**
 * Where records arrive steadily after their stamps, the arrivals bound the offset: a record reaches the box 0 to 20 s after the act
 * (a stream scout's 7-15 s and a press of a few seconds are the longest measured). Half a person's trust, or a flat prior elsewhere.
 */
function priorFromArrivals(clocks: ClockReadings): (offset: number) => number {
  const difference = clocks.arrivalMinusStamp;
  if (difference === null) return () => 0;
  return (offset) => {
    const delay = offset + difference;
    const near = 0.45 * normalDensity(delay, 0.5, 0.8);
    const stream = delay > -1 && delay < 20 ? 0.45 / 21 : 0;
    return Math.log(near + stream + 0.1 / 600) - Math.log(0.1 / 600);
  };
}
