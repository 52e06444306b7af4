/** A sound that should be found, seconds. */
export interface Target {
  readonly id: string;
  readonly onsetSec: number;
  readonly endSec: number;
}

/** A sound that was told, seconds. `reportedSec`: when it could first be told. */
export interface Found {
  readonly onsetSec: number;
  readonly reportedSec: number | null;
}

export interface Pairing {
  readonly target: Target;
  readonly found: Found;
  /** Told onset minus true onset. */
  readonly errorSec: number;
}

export interface CueMatch {
  readonly pairs: readonly Pairing[];
  readonly missed: readonly Target[];
  /** Second tellings of a sound that was found: free. */
  readonly duplicates: number;
  /** Told inside a stretch that does not count: free. */
  readonly ignored: number;
  readonly falseAlarms: readonly Found[];
}

/** A telling this long before the onset or after the end of a found sound is the same sound told again. */
const DUPLICATE_BEFORE_SEC = 0.25;
const DUPLICATE_AFTER_SEC = 0.3;
/** Stretches that do not count are widened by this on both sides. */
const IGNORE_MARGIN_SEC = 0.25;
/** Decimal seconds are not exact in binary: a difference of just the tolerance is within it. */
const ROUNDING_SEC = 1e-9;

/**
 * Pairs what was told with what is true, nearest pairs first, each used once, within the tolerance. What is left over is a duplicate
 * when it lies in [onset - 0.25, end + 0.3] of a found sound, free within an ignored stretch (+- 0.25 s), else a false alarm.
 */
export function matchCues(
  targets: readonly Target[],
  found: readonly Found[],
  ignored: readonly (readonly [number, number])[],
  toleranceSec: number,
): CueMatch {
  const pairs = pairNearest(targets, found, toleranceSec + ROUNDING_SEC);
  const usedTargets = new Set(pairs.map((pair) => pair.target));
  const usedFound = new Set(pairs.map((pair) => pair.found));
  const falseAlarms: Found[] = [];
  let duplicates = 0;
  let free = 0;
  for (const one of found) {
    if (usedFound.has(one)) continue;
    if (
      pairs.some(({ target }) =>
        isWithin(one, target.onsetSec - DUPLICATE_BEFORE_SEC, target.endSec + DUPLICATE_AFTER_SEC),
      )
    ) {
      duplicates += 1;
    } else if (ignored.some(([from, to]) => isWithin(one, from - IGNORE_MARGIN_SEC, to + IGNORE_MARGIN_SEC))) {
      free += 1;
    } else {
      falseAlarms.push(one);
    }
  }
  return {
    pairs,
    missed: targets.filter((target) => !usedTargets.has(target)),
    duplicates,
    ignored: free,
    falseAlarms,
  };
}

function pairNearest(targets: readonly Target[], found: readonly Found[], toleranceSec: number): Pairing[] {
  const candidates: Pairing[] = [];
  for (const target of targets) {
    for (const one of found) {
      const errorSec = one.onsetSec - target.onsetSec;
      if (Math.abs(errorSec) <= toleranceSec) candidates.push({ target, found: one, errorSec });
    }
  }
  candidates.sort((a, b) => Math.abs(a.errorSec) - Math.abs(b.errorSec) || a.target.onsetSec - b.target.onsetSec);
  const taken = new Set<Target | Found>();
  return candidates.filter(({ target, found: one }) => {
    if (taken.has(target) || taken.has(one)) return false;
    taken.add(target).add(one);
    return true;
  });
}

function isWithin({ onsetSec }: Found, from: number, to: number): boolean {
  return onsetSec >= from - ROUNDING_SEC && onsetSec <= to + ROUNDING_SEC;
}
