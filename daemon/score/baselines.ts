import { addSeconds, type HeardCue, secondsBetween, type UnixMicros } from "../../sync/index.js";
import { type LoggerTruth, lagMedianSec } from "../simulate/index.js";
import { monotonePairs } from "./monotone-dp.js";
import { loggedTime, type ScoreCase, type ScoredRecord } from "./score-case.js";

export type Estimates = ReadonlyMap<string, UnixMicros>;
export type Method = (match: ScoreCase) => Estimates;

/** Offsets searched, seconds to either side: a little beyond the 300 s a logger may be off. */
const SCAN_RANGE_SEC = 320;
/** Half width of the kernel of the offset scan: lags of one class spread by about a second. */
const KERNEL_SEC = 0.8;
const SCAN_STEP_SEC = 0.1;
/** How far "nearest whistle" may move a record. */
const SNAP_SEC = 5;
/** A roar's onset after its act: lognormal, median 0.55 s, spread as one sd around it. */
const ROAR_DELAY = { medianSec: 0.55, sdSec: 0.3 } as const;

/** What stands beside the product in every table, from nothing at all to what nobody can beat. */
export const BASELINES: Readonly<Record<string, Method>> = {
  "raw log": rawLog,
  "kick-off anchor": kickOffAnchor,
  "global offset": (match) => shifted(match, (logger) => scanOffset(match, logger, [0])),
  "offset + rate": (match) => shifted(match, (logger) => scanOffset(match, logger, RATES_PPM)),
  "nearest whistle": nearestWhistle,
  "monotone DP": monotoneDp,
};

const RATES_PPM = Array.from({ length: 21 }, (_, index) => (index - 10) * 20);

/** The logged time as it came. */
export function rawLog(match: ScoreCase): Estimates {
  return new Map(match.records.map((record) => [record.eventId, loggedTime(record)]));
}

/** Each period is moved so that its kick-off is right: the first step of synchronisers that find the kick-off in the pictures. */
export function kickOffAnchor(match: ScoreCase): Estimates {
  const offsets = new Map<string, number>();
  for (const record of match.records) {
    if (record.class !== "period_start") continue;
    offsets.set(keyOf(record), secondsBetween(record.truth, loggedTime(record)));
  }
  return new Map(
    match.records.map((record) => {
      const offsetSec = offsets.get(keyOf(record)) ?? 0;
      return [record.eventId, addSeconds(loggedTime(record), -offsetSec)];
    }),
  );
}

/** After the global offset, whistle classes go to the nearest whistle heard. */
export function nearestWhistle(match: ScoreCase): Estimates {
  const whistles = match.cues.filter((cue) => cue.kind === "whistle");
  const moved = new Map(shifted(match, (logger) => scanOffset(match, logger, [0])));
  for (const record of match.records) {
    const from = moved.get(record.eventId);
    if (record.anchor !== "whistle" || from === undefined) continue;
    const nearest = nearestOnset(whistles, from);
    if (nearest !== null && Math.abs(secondsBetween(from, nearest)) <= SNAP_SEC) moved.set(record.eventId, nearest);
  }
  return moved;
}

/** Records and whistles paired in one order, with each class's median lag: what finds no whistle stays on the calibrated log. */
export function monotoneDp(match: ScoreCase): Estimates {
  const offsets = new Map<string, number>();
  for (const { logger } of match.records) {
    if (!offsets.has(logger)) offsets.set(logger, scanOffset(match, logger, [0], lagMedianSec).offsetSec);
  }
  return monotonePairs(match, (logger) => offsets.get(logger) ?? 0);
}

/**
 * What could be known at best: the logger's clock, this person's median lag per class, and which cue belongs to which record. A record
 * whose whistle was heard stands on it; a roar is weighed with the log by their spreads; the rest is log minus clock minus median lag.
 * `null` where the truth about the loggers is not known.
 */
export function oracle(match: ScoreCase): Estimates | null {
  const { loggers } = match;
  if (loggers === null) return null;
  const byLogger = new Map(loggers.map((logger) => [logger.logger, logger]));
  const heardOf = new Map<string, HeardCue>();
  for (const cue of match.cues) {
    const truth = match.cueTruth.get(cue.cueId);
    if (truth !== undefined && !heardOf.has(truth)) heardOf.set(truth, cue);
  }
  return new Map(
    match.records.map((record) => {
      const logger = byLogger.get(record.logger);
      const calibrated = logger === undefined ? loggedTime(record) : calibratedTime(match, record, logger);
      const heard = record.cueId === null ? undefined : heardOf.get(record.cueId);
      if (heard === undefined) return [record.eventId, calibrated];
      if (heard.kind === "whistle") return [record.eventId, heard.onset];
      const fromRoar = addSeconds(heard.onset, -ROAR_DELAY.medianSec);
      const logSdSec = 0.45 * (logger?.lagSec[record.class] ?? lagMedianSec(record.class)) + 0.3;
      const weight = logSdSec ** 2 / (logSdSec ** 2 + ROAR_DELAY.sdSec ** 2);
      return [record.eventId, addSeconds(calibrated, secondsBetween(calibrated, fromRoar) * weight)];
    }),
  );
}

function calibratedTime(match: ScoreCase, record: ScoredRecord, logger: LoggerTruth): UnixMicros {
  const logged = loggedTime(record);
  const isAfterBreak = match.secondHalf !== null && record.truth >= addSeconds(match.secondHalf, -60);
  const driftSec = logger.driftPpm * 1e-6 * secondsBetween(match.start, record.truth);
  const clockSec = logger.offsetSec + driftSec + (isAfterBreak ? logger.stepSec : 0);
  return addSeconds(logged, -(clockSec + logger.streamDelaySec + (logger.lagSec[record.class] ?? 0)));
}

interface Scan {
  readonly offsetSec: number;
  readonly ratePpm: number;
}

function shifted(match: ScoreCase, scanOf: (logger: string) => Scan): Estimates {
  const scans = new Map<string, Scan>();
  for (const { logger } of match.records) if (!scans.has(logger)) scans.set(logger, scanOf(logger));
  return new Map(
    match.records.map((record) => {
      const scan = scans.get(record.logger) ?? { offsetSec: 0, ratePpm: 0 };
      const logged = loggedTime(record);
      const sinceStartSec = secondsBetween(match.start, logged);
      return [record.eventId, addSeconds(logged, -(scan.offsetSec + scan.ratePpm * 1e-6 * sinceStartSec))];
    }),
  );
}

/**
 * The one offset (and rate) that brings most whistle-class records near whistles. Every pair of record and cue votes for its
 * difference; votes are smoothed by a triangle.
 */
export function scanOffset(
  match: ScoreCase,
  logger: string,
  ratesPpm: readonly number[],
  lagSecOf: (eventClass: string) => number = () => 0,
): Scan {
  const stamps = match.records
    .filter((record) => record.logger === logger && record.anchor === "whistle")
    .map((record) => secondsBetween(match.start, loggedTime(record)) - lagSecOf(record.class));
  const onsets = match.cues
    .filter((cue) => cue.kind === "whistle" && cue.count === 1)
    .map((cue) => secondsBetween(match.start, cue.onset));
  let best: Scan & { votes: number } = { offsetSec: 0, ratePpm: 0, votes: 0 };
  for (const ratePpm of ratesPpm) {
    const found = strongestOffset(
      stamps.map((stamp) => stamp * (1 - ratePpm * 1e-6)),
      onsets,
    );
    if (found.votes > best.votes + 1e-9) best = { ...found, ratePpm };
  }
  return best;
}

function strongestOffset(stamps: readonly number[], onsets: readonly number[]): { offsetSec: number; votes: number } {
  const votes = new Float64Array(Math.ceil((2 * SCAN_RANGE_SEC) / SCAN_STEP_SEC) + 1);
  const reach = Math.round(KERNEL_SEC / SCAN_STEP_SEC);
  for (const stamp of stamps) {
    for (const onset of onsets) {
      const centre = Math.round((stamp - onset + SCAN_RANGE_SEC) / SCAN_STEP_SEC);
      if (centre < 0 || centre >= votes.length) continue;
      for (let i = Math.max(0, centre - reach); i <= Math.min(votes.length - 1, centre + reach); i++) {
        votes[i] = (votes[i] ?? 0) + 1 - Math.abs(i - centre) / (reach + 1);
      }
    }
  }
  let at = -1;
  for (let i = 0; i < votes.length; i++) if ((votes[i] ?? 0) > (votes[at] ?? 0)) at = i;
  return at < 0
    ? { offsetSec: 0, votes: 0 }
    : { offsetSec: at * SCAN_STEP_SEC - SCAN_RANGE_SEC, votes: votes[at] ?? 0 };
}

function nearestOnset(cues: readonly HeardCue[], to: UnixMicros): UnixMicros | null {
  let nearest: UnixMicros | null = null;
  for (const { onset } of cues) if (nearest === null || Math.abs(onset - to) < Math.abs(nearest - to)) nearest = onset;
  return nearest;
}

function keyOf(record: ScoredRecord): string {
  return `${record.logger}\n${record.period ?? ""}`;
}
