import type { CueKind } from "../dsp/cue.js";
import type { HeardCue } from "./heard-cue.js";
import type { EventClassProfile } from "./sport-profile.js";
import { MICROS_PER_SECOND, type UnixMicros } from "./time.js";

/** Cues of one kind closer than this belong to one train (design: vocabulary). */
const TRAIN_GAP_SEC = 1.5;

/** Flagged replays that are none: below one in a hundred. */
const REPLAY_WORTH = 0.02;
/** Faint sounds an hour where nobody counted them: crowds and matches had 4 a minute. */
const DEFAULT_BACKGROUND_PER_HOUR = 240;

/** A cue as the association sees it: seconds on the aligner's clock. */
export interface CueSite {
  readonly cueId: string;
  readonly at: number;
  readonly sd: number;
  readonly score: number;
  readonly isFirst: boolean;
  /** Of its train as far as it was heard. */
  readonly isLast: boolean;
  /** Blasts of its train as far as they were heard. */
  readonly trainLength: number;
  /** Told because the log expected it, or heard a second time: no evidence on the clock of the log. */
  readonly isWeak: boolean;
  /** Of a primed one: sounds like it a second, expected or not; else 0. */
  readonly backgroundPerSec: number;
  /** Factor on the odds that an event made it: a replay is claimed only where there is nothing else. */
  readonly worth: number;
}

export type CueTable = ReadonlyMap<CueKind, readonly CueSite[]>;

/** Cues by kind, in the order of their onsets, with their trains counted. Ties are broken by id so that the order of arrival does not matter. */
export function tableOfCues(cues: Iterable<HeardCue>, origin: UnixMicros): CueTable {
  const byKind = new Map<CueKind, HeardCue[]>();
  for (const cue of cues) {
    const list = byKind.get(cue.kind);
    if (list === undefined) byKind.set(cue.kind, [cue]);
    else list.push(cue);
  }
  const table = new Map<CueKind, CueSite[]>();
  for (const [kind, list] of byKind) {
    list.sort((a, b) => a.onset - b.onset || (a.cueId < b.cueId ? -1 : 1));
    table.set(kind, sitesOf(list, origin));
  }
  return table;
}

function sitesOf(sorted: readonly HeardCue[], origin: UnixMicros): CueSite[] {
  const sites: CueSite[] = [];
  for (let start = 0; start < sorted.length; ) {
    let end = start + 1;
    while (end < sorted.length && gapSec(sorted[end - 1], sorted[end]) < TRAIN_GAP_SEC) end++;
    const train = sorted.slice(start, end);
    const trainLength = Math.max(train.length, ...train.map((cue) => cue.count));
    train.forEach((cue, position) => {
      sites.push({
        cueId: cue.cueId,
        at: (cue.onset - origin) / MICROS_PER_SECOND,
        sd: cue.onsetSdSec,
        score: cue.score,
        isFirst: position === 0,
        isLast: position === train.length - 1,
        trainLength,
        isWeak: cue.primed === true || isReplay(cue),
        backgroundPerSec: cue.primed === true ? (cue.backgroundPerHour ?? DEFAULT_BACKGROUND_PER_HOUR) / 3600 : 0,
        worth: isReplay(cue) ? REPLAY_WORTH : 1,
      });
    });
    start = end;
  }
  return sites;
}

function isReplay(cue: HeardCue): boolean {
  return cue.flags?.includes("replay") === true;
}

function gapSec(before: HeardCue | undefined, after: HeardCue | undefined): number {
  return before === undefined || after === undefined ? 0 : (after.onset - before.onset) / MICROS_PER_SECOND;
}

/** Index of the first cue at or after `at`. */
export function firstAtOrAfter(sites: readonly CueSite[], at: number): number {
  let lo = 0;
  let hi = sites.length;
  while (lo < hi) {
    const middle = (lo + hi) >> 1;
    if ((sites[middle]?.at ?? 0) < at) lo = middle + 1;
    else hi = middle;
  }
  return lo;
}

/** How much likelier this place in a train is for the class's cue than for a cue that belongs to nothing. */
export function trainFactor(site: CueSite, { blasts, truth }: Pick<EventClassProfile, "blasts" | "truth">): number {
  const expectsTrain = blasts.length > 0 && Math.min(...blasts) > 1;
  const isItsBlast = truth === "lastBlast" ? site.isLast : site.isFirst;
  if (expectsTrain) return isItsBlast ? (site.trainLength > 1 ? 6 : 0.15) : 0.05;
  if (!site.isFirst) return 0.6;
  return site.trainLength > 2 ? 0.5 : 1;
}

/** How much clutter to expect at this score: half of it are real sounds that belong to no logged event, half are mistakes of the detector. */
export function clutterAtScore(score: number): number {
  const odds = Math.min(0.99, Math.max(0.05, score));
  return 0.5 + 0.5 * Math.min(12, ((1 - odds) / odds) * 5);
}
