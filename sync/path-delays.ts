/** Differences kept of a channel: an hour of a lively match. */
const KEPT_CUES = 60;
/** Delays that are thought of, seconds: a mix may be this late against the microphones, and a little early by their travel. */
export const EARLIEST_SEC = -0.5;
export const LATEST_SEC = 10;
/** Differences this near to each other are one delay: the travel differs from whistle to whistle. */
const SAME_SEC = 0.08;
/** A delay is believed when this many whistles agree, they are this share of those it was heard with, and no other delay has nearly as many. */
const LEAST_PAIRS = 3;
const LEAST_SHARE = 0.5;
const LEAD = 2;
const LEAST_SPREAD_SEC = 0.005;
/** From median absolute deviation to standard deviation of a normal. */
const MAD_TO_SD = 1.4826;

export interface PathDelay {
  readonly sec: number;
  /** Spread of one whistle around it: the travel that varies, and the detector. */
  readonly sdSec: number;
  /** Whistles that agree. */
  readonly pairs: number;
}

/** Of one cue of the channel: its onset less that of each sound it may be. Seconds. */
type Differences = readonly number[];

/** Learns how late each channel is against the others, from the whistles heard on both. A train of blasts fits itself at several delays: the one that fits most wins. */
export class PathDelays {
  #heard = new Map<string, Differences[]>();
  #delays = new Map<string, PathDelay>();

  of(channel: string): PathDelay | null {
    return this.#delays.get(channel) ?? null;
  }

  all(): ReadonlyMap<string, PathDelay> {
    return this.#delays;
  }

  /** One more cue of the channel, with its differences to all that was heard elsewhere; those out of reach are left out. */
  learn(channel: string, differences: Differences): void {
    const near = differences.filter((sec) => sec >= EARLIEST_SEC && sec <= LATEST_SEC);
    if (near.length === 0) return;
    const kept = [...(this.#heard.get(channel) ?? []), near].slice(-KEPT_CUES);
    this.#heard.set(channel, kept);
    const delay = estimate(kept);
    if (delay === null) this.#delays.delete(channel);
    else this.#delays.set(channel, delay);
  }

  dump(): [string, Differences[]][] {
    return [...this.#heard];
  }

  load(dump: ReturnType<PathDelays["dump"]>): void {
    this.#heard = new Map(dump);
    this.#delays = new Map();
    for (const [channel, kept] of dump) {
      const delay = estimate(kept);
      if (delay !== null) this.#delays.set(channel, delay);
    }
  }
}

function estimate(kept: readonly Differences[]): PathDelay | null {
  const candidates = kept.flat();
  const supported = candidates.map((centre) => ({ centre, support: supportOf(kept, centre).length }));
  supported.sort((a, b) => b.support - a.support || a.centre - b.centre);
  const best = supported[0];
  if (best === undefined) return null;
  const rival = supported.find(({ centre }) => Math.abs(centre - best.centre) > 2 * SAME_SEC)?.support ?? 0;
  if (best.support < LEAST_PAIRS || best.support < LEAST_SHARE * kept.length || best.support < rival + LEAD)
    return null;
  const sec = median(supportOf(kept, best.centre));
  const agreeing = supportOf(kept, sec);
  const spread = median(agreeing.map((one) => Math.abs(one - sec))) * MAD_TO_SD;
  return { sec, sdSec: Math.max(LEAST_SPREAD_SEC, spread), pairs: agreeing.length };
}

/** Of each cue the difference nearest to `centre`, where it is near enough. */
function supportOf(kept: readonly Differences[], centre: number): number[] {
  const agreeing: number[] = [];
  for (const differences of kept) {
    let nearest = Number.POSITIVE_INFINITY;
    for (const one of differences) if (Math.abs(one - centre) < Math.abs(nearest - centre)) nearest = one;
    if (Math.abs(nearest - centre) <= SAME_SEC) agreeing.push(nearest);
  }
  return agreeing;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}
