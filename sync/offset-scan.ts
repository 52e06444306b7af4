import { normalDensity } from "./gaussian.js";

/** An event that should have a cue, reduced to what the scan needs. Seconds. */
export interface ScanEntry {
  /** For each cue that could be its own: stamp - cue - cue delay - mean lag, i.e. the offset that would link them. */
  readonly offsets: readonly number[];
  /** Likelihood ratio each of those cues carries, without its density. */
  readonly gains: readonly number[];
  /** Standard deviation of a true one of these. */
  readonly sd: number;
  /** Stamp less the mean lag: less an offset it is the time of the act. */
  readonly act: number;
  /** When cues of this kind were heard at all. */
  readonly heardFrom: number;
  readonly heardTo: number;
  /** P(the cue is heard). */
  readonly detection: number;
}

export interface ScanResult {
  readonly offset: number;
  /** Nats above the best offset elsewhere. */
  readonly margin: number;
  /** Events that find a cue at this offset. */
  readonly anchors: number;
  /** Log-likelihood at `offset`, nats above "no event has a cue". */
  readonly score: number;
}

const STEP_SEC = 0.2;
/** Offsets this near to the best one are the same mode. */
const SAME_MODE_SEC = 6;

/**
 * Log-likelihood of every offset between `from` and `to`: the sum over events of log(1 + ratio of its best cues), plus `logPrior`.
 * The grid lies on multiples of the step, so a constant added to all stamps (and to the range) moves the answer by just that constant.
 */
export function scanOffsets(
  entries: readonly ScanEntry[],
  from: number,
  to: number,
  logPrior: (offset: number) => number,
): ScanResult | null {
  const first = Math.ceil(from / STEP_SEC);
  const size = Math.floor(to / STEP_SEC) - first + 1;
  if (!(size > 0) || size > 4_000_000) return null;
  const scores = new Float64Array(size);
  for (let bin = 0; bin < size; bin++) scores[bin] = logPrior((first + bin) * STEP_SEC);
  const row = new Float64Array(size);
  for (const entry of entries) addEntry(entry, first, row, scores);
  return pickBest(entries, scores, first);
}

function addEntry(entry: ScanEntry, first: number, row: Float64Array, scores: Float64Array): void {
  const touched: number[] = [];
  const reach = Math.ceil((3.5 * entry.sd) / STEP_SEC);
  entry.offsets.forEach((offset, candidate) => {
    const centre = Math.round(offset / STEP_SEC) - first;
    for (let bin = Math.max(0, centre - reach); bin <= Math.min(row.length - 1, centre + reach); bin++) {
      if (row[bin] === 0) touched.push(bin);
      row[bin] =
        (row[bin] as number) +
        (entry.gains[candidate] ?? 0) * normalDensity((first + bin) * STEP_SEC, offset, entry.sd) +
        1e-30;
    }
  });
  for (const bin of touched) {
    scores[bin] = (scores[bin] as number) + Math.log1p(row[bin] as number);
    row[bin] = 0;
  }
}

function pickBest(entries: readonly ScanEntry[], scores: Float64Array, first: number): ScanResult {
  let best = 0;
  for (let bin = 1; bin < scores.length; bin++) if ((scores[bin] as number) > (scores[best] as number)) best = bin;
  const near = SAME_MODE_SEC / STEP_SEC;
  let rival = Number.NEGATIVE_INFINITY;
  for (let bin = 0; bin < scores.length; bin++) {
    if (Math.abs(bin - best) > near) rival = Math.max(rival, scores[bin] as number);
  }
  const score = scores[best] ?? 0;
  const offset = (first + best) * STEP_SEC;
  const margin = Number.isFinite(rival) ? score - rival : score;
  return { offset, margin, anchors: countAnchors(entries, offset), score };
}

/** Events whose cue at this offset is worth more than one nat. */
export function countAnchors(entries: readonly ScanEntry[], offset: number): number {
  return entries.filter((entry) => scoreAt(entry, offset) > 1).length;
}

/** Cues that should be there at this offset, and those that are. Records from times when nothing of their kind was heard do not count. */
export function countFound(entries: readonly ScanEntry[], offset: number): { expected: number; found: number } {
  let found = 0;
  let expected = 0;
  for (const entry of entries) {
    const at = entry.act - offset;
    if (at < entry.heardFrom || at > entry.heardTo) continue;
    expected += entry.detection;
    if (scoreAt(entry, offset) > 1) found++;
  }
  return { expected, found };
}

export function scoreAt(entry: ScanEntry, offset: number): number {
  let ratio = 0;
  entry.offsets.forEach((candidate, index) => {
    ratio += (entry.gains[index] ?? 0) * normalDensity(offset, candidate, entry.sd);
  });
  return Math.log1p(ratio);
}
