import { addSeconds, secondsBetween, type UnixMicros } from "../../sync/index.js";
import { lagMedianSec } from "../simulate/index.js";
import { loggedTime, type ScoreCase, type ScoredRecord } from "./score-case.js";

/** Spread of one press around its class's median lag, and the reach in which a whistle may be a record's. */
const SPREAD_SEC = 1.1;
const REACH_SEC = 6;
/** Log-odds of a match on the spot over "not heard, and a whistle of something else": 90 % heard, 15 foreign whistles an hour. */
const MATCH_NATS = Math.log((0.9 / 0.1) * (3600 / 15 / (SPREAD_SEC * Math.sqrt(2 * Math.PI))));

/**
 * Pairs records and whistles in one order for both (dynamic programming over gaps and matches), after `offsetOf` has taken the logger's clock
 * off and each class its median lag: how event logs are laid over tracking data. What finds no whistle stays on the calibrated log.
 */
export function monotonePairs(match: ScoreCase, offsetOf: (logger: string) => number): Map<string, UnixMicros> {
  const whistles = match.cues
    .filter(({ kind }) => kind === "whistle")
    .map(({ onset }) => onset)
    .sort((a, b) => a - b);
  const placed = new Map<string, UnixMicros>();
  const byLogger = new Map<string, ScoredRecord[]>();
  for (const record of match.records) {
    const act = addSeconds(loggedTime(record), -offsetOf(record.logger) - lagMedianSec(record.class));
    placed.set(record.eventId, act);
    if (record.anchor === "whistle") byLogger.set(record.logger, [...(byLogger.get(record.logger) ?? []), record]);
  }
  for (const records of byLogger.values()) {
    const acts = records
      .map(({ eventId }) => ({ eventId, act: placed.get(eventId) as UnixMicros }))
      .sort((a, b) => a.act - b.act);
    for (const [record, whistle] of alignInOrder(
      acts.map(({ act }) => act),
      whistles,
    )) {
      const { eventId } = acts[record] ?? {};
      const onset = whistles[whistle];
      if (eventId !== undefined && onset !== undefined) placed.set(eventId, onset);
    }
  }
  return placed;
}

/** Needleman-Wunsch with free gaps: the pairs of indices of the best common order. */
export function alignInOrder(acts: readonly UnixMicros[], onsets: readonly UnixMicros[]): [number, number][] {
  const width = onsets.length + 1;
  const best = new Float64Array((acts.length + 1) * width);
  const gain = (i: number, j: number) => {
    const apart = secondsBetween(onsets[j] as UnixMicros, acts[i] as UnixMicros);
    if (Math.abs(apart) > REACH_SEC) return Number.NEGATIVE_INFINITY;
    return MATCH_NATS - 0.5 * (apart / SPREAD_SEC) ** 2;
  };
  const at = (i: number, j: number) => best[i * width + j] as number;
  for (let i = 1; i <= acts.length; i++) {
    for (let j = 1; j <= onsets.length; j++) {
      best[i * width + j] = Math.max(at(i - 1, j), at(i, j - 1), at(i - 1, j - 1) + gain(i - 1, j - 1));
    }
  }
  const pairs: [number, number][] = [];
  for (let i = acts.length, j = onsets.length; i > 0 && j > 0; ) {
    if (at(i, j) === at(i - 1, j)) i--;
    else if (at(i, j) === at(i, j - 1)) j--;
    else pairs.push([--i, --j]);
  }
  return pairs.reverse();
}
