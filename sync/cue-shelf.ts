import { type CueTable, tableOfCues } from "./cue-table.js";
import type { HeardCue } from "./heard-cue.js";
import { isTime, type UnixMicros } from "./time.js";

/** The cues heard so far, bounded: the oldest go first. Claimed or not, they are kept, for an event may come late. */
export class CueShelf {
  readonly #maxCues: number;
  #cues = new Map<string, HeardCue>();
  #rejected = new Set<string>();
  #table: CueTable | null = null;

  constructor(maxCues: number) {
    this.#maxCues = maxCues;
  }

  get size(): number {
    return this.#cues.size;
  }

  ids(): Iterable<string> {
    return this.#cues.keys();
  }

  /** `same`: told again without news, or rejected before; `unusable`: no time, no score. */
  take(cue: HeardCue): "new" | "same" | "unusable" {
    if (this.#rejected.has(cue.cueId)) return "same";
    const numbers = [cue.onsetSdSec, cue.score, cue.count];
    if (!isTime(cue.onset) || !numbers.every(Number.isFinite) || cue.onsetSdSec < 0) return "unusable";
    const before = this.#cues.get(cue.cueId);
    this.#cues.set(cue.cueId, cue);
    if (this.#cues.size > this.#maxCues) this.#cues.delete(this.#cues.keys().next().value ?? "");
    if (before !== undefined && saysTheSame(before, cue)) return "same";
    this.#table = null;
    return "new";
  }

  /** Takes a cue away for good; `false` when it was not there. */
  reject(cueId: string): boolean {
    this.#rejected.add(cueId);
    if (this.#rejected.size > this.#maxCues) this.#rejected.delete(this.#rejected.values().next().value ?? "");
    this.#table = null;
    return this.#cues.delete(cueId);
  }

  table(origin: UnixMicros): CueTable {
    this.#table ??= tableOfCues(this.#cues.values(), origin);
    return this.#table;
  }

  dump(): { cues: HeardCue[]; rejected: string[] } {
    return { cues: [...this.#cues.values()], rejected: [...this.#rejected] };
  }

  load(dump: ReturnType<CueShelf["dump"]>): void {
    this.#cues = new Map(dump.cues.map((cue) => [cue.cueId, cue]));
    this.#rejected = new Set(dump.rejected);
    this.#table = null;
  }
}

function isReplay(cue: HeardCue): boolean {
  return cue.flags?.includes("replay") === true;
}

function saysTheSame(a: HeardCue, b: HeardCue): boolean {
  return (
    a.onset === b.onset &&
    a.score === b.score &&
    a.count === b.count &&
    a.kind === b.kind &&
    isReplay(a) === isReplay(b)
  );
}
