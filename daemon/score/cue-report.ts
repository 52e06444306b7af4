import { type CueMatch, type Found, matchCues, type Target } from "./match-cues.js";
import { quantile } from "./shares.js";

/** What is scored together: one file, or one kind of sound of one session. */
export interface CueTrial {
  readonly targets: readonly Target[];
  readonly found: readonly Found[];
  readonly ignored: readonly (readonly [number, number])[];
  readonly durationSec: number;
}

export interface CueReport {
  readonly targets: number;
  readonly found: number;
  readonly falseAlarms: number;
  readonly duplicates: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  /** F1 at the narrow tolerance. */
  readonly f1Narrow: number | null;
  readonly falseAlarmsPerMinute: number | null;
  /** Median of told minus true onset. */
  readonly onsetBiasSec: number | null;
  readonly onsetP95Sec: number | null;
  /** From the true onset to the telling, median. */
  readonly latencySec: number | null;
  /** The same, 95 % quantile. */
  readonly latencyP95Sec: number | null;
  readonly minutes: number;
}

/** Tolerances, seconds: wide for the count, narrow for the timing. Roars start softly, so theirs are wider. */
export const WHISTLE_TOLERANCE = { wideSec: 0.25, narrowSec: 0.1 } as const;
export const ROAR_TOLERANCE = { wideSec: 1, narrowSec: 0.25 } as const;

export function reportCues(
  trials: readonly CueTrial[],
  tolerance: { readonly wideSec: number; readonly narrowSec: number } = WHISTLE_TOLERANCE,
): CueReport {
  const wide = trials.map((trial) => matchCues(trial.targets, trial.found, trial.ignored, tolerance.wideSec));
  const narrow = trials.map((trial) => matchCues(trial.targets, trial.found, trial.ignored, tolerance.narrowSec));
  const counts = countAll(wide);
  const pairs = wide.flatMap((match) => match.pairs);
  const latencies = pairs.flatMap(({ found, target }) =>
    found.reportedSec === null ? [] : [found.reportedSec - target.onsetSec],
  );
  const minutes = trials.reduce((sum, trial) => sum + trial.durationSec, 0) / 60;
  return {
    ...counts,
    f1Narrow: countAll(narrow).f1,
    falseAlarmsPerMinute: minutes === 0 ? null : counts.falseAlarms / minutes,
    onsetBiasSec: quantile(
      pairs.map((pair) => pair.errorSec),
      0.5,
    ),
    onsetP95Sec: quantile(
      pairs.map((pair) => Math.abs(pair.errorSec)),
      0.95,
    ),
    latencySec: quantile(latencies, 0.5),
    latencyP95Sec: quantile(latencies, 0.95),
    minutes,
  };
}

function countAll(matches: readonly CueMatch[]) {
  const sum = (count: (match: CueMatch) => number) => matches.reduce((total, match) => total + count(match), 0);
  const hits = sum((match) => match.pairs.length);
  const targets = hits + sum((match) => match.missed.length);
  const falseAlarms = sum((match) => match.falseAlarms.length);
  const precision = hits + falseAlarms === 0 ? null : hits / (hits + falseAlarms);
  const recall = targets === 0 ? null : hits / targets;
  // 2 TP / (2 TP + FP + FN): defined even where precision is not.
  const weight = targets + hits + falseAlarms;
  const f1 = targets === 0 || weight === 0 ? null : (2 * hits) / weight;
  return { targets, found: hits, falseAlarms, duplicates: sum((match) => match.duplicates), precision, recall, f1 };
}
