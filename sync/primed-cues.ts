import { type ChannelWay, traitsOf } from "./channel-way.js";
import type { HeardCue } from "./heard-cue.js";
import { addSeconds, secondsBetween, type UnixMicros } from "./time.js";

/** How long a faint whistle waits for a log: a stream scout is 15 s late, a slow one a minute. */
const KEPT_SEC = 90;
const KEPT_CUES = 256;
/** Windows wait this long for sound that is still to be heard; an early logger is seconds early. */
const WINDOW_SEC = 30;
const KEPT_WINDOWS = 64;
/** A window wider than this is no hint. */
const WIDEST_SEC = 8;
/** Least half width: the log's own resolution, and the travel of sound. */
const LEAST_HALF_SEC = 0.4;
/** Most cues that one window lets through: the likeliest. */
const MOST_RELEASED = 2;
/** A faint hearing this near to a cue that was told is a part of it. */
const SAME_SEC = 0.5;
/** How often such sounds come is counted over this long. */
const RATE_SEC = 900;
const LEAST_RATE_SEC = 120;

interface Faint {
  readonly cue: HeardCue;
  readonly way: ChannelWay;
  /** At the source. */
  readonly at: UnixMicros;
}

interface Window {
  readonly from: UnixMicros;
  readonly to: UnixMicros;
  readonly openedAt: UnixMicros;
  released: number;
}

interface ChannelRate {
  readonly since: UnixMicros;
  readonly heard: readonly UnixMicros[];
}

interface PrimedState {
  readonly faint: readonly Faint[];
  readonly windows: readonly Window[];
  readonly told: readonly UnixMicros[];
  readonly rates: readonly [string, ChannelRate][];
}

export interface Released {
  readonly cue: HeardCue;
  readonly way: ChannelWay;
}

/**
 * Whistles too faint to tell, and the times at which the log expects one: where they meet, the faint one is told as primed, with the score of its sound
 * alone. Where a whistle was told in that time already nothing is let through. Pure, and the same in a replay: it works on what was heard, not on when.
 */
export class PrimedCues {
  #faint: Faint[] = [];
  #windows: Window[] = [];
  #told: UnixMicros[] = [];
  readonly #rates = new Map<string, ChannelRate>();

  /** The channel listens, whether or not it hears anything. */
  meet(channel: string, at: UnixMicros): void {
    if (!this.#rates.has(channel)) this.#rates.set(channel, { since: at, heard: [] });
  }

  /** A whistle was told for what it is. `at`: at the source. */
  told(at: UnixMicros): void {
    this.#told = [...this.#told, at].slice(-KEPT_WINDOWS);
    this.#faint = this.#faint.filter((one) => Math.abs(secondsBetween(one.at, at)) > SAME_SEC);
  }

  faint(cue: HeardCue, way: ChannelWay, at: UnixMicros, now: UnixMicros): Released[] {
    if (cue.kind !== "whistle" || !traitsOf(way).mayBeFaint) return [];
    this.meet(cue.channel, at);
    const rate = this.#rates.get(cue.channel);
    const heard = (rate?.heard ?? []).filter((time) => secondsBetween(time, at) < RATE_SEC);
    this.#rates.set(cue.channel, { since: rate?.since ?? at, heard: [...heard, at].slice(-KEPT_CUES) });
    if (this.#told.some((time) => Math.abs(secondsBetween(time, at)) <= SAME_SEC)) return [];
    this.#faint = [...this.#faint, { cue, way, at }].slice(-KEPT_CUES);
    return this.#release(now);
  }

  /** A whistle is expected between `from` and `to`. */
  expect(from: UnixMicros, to: UnixMicros, now: UnixMicros): Released[] {
    const spanSec = secondsBetween(from, to);
    if (!(spanSec >= 0 && spanSec <= WIDEST_SEC)) return [];
    const widenSec = Math.max(0, LEAST_HALF_SEC - spanSec / 2);
    const window = { from: addSeconds(from, -widenSec), to: addSeconds(to, widenSec), openedAt: now, released: 0 };
    const same = this.#windows.find((one) => one.from <= window.from && one.to >= window.to);
    if (same === undefined) this.#windows = [...this.#windows, window].slice(-KEPT_WINDOWS);
    return this.#release(now);
  }

  snapshot(): PrimedState {
    return { faint: this.#faint, windows: this.#windows, told: this.#told, rates: [...this.#rates] };
  }

  restore(state: unknown): void {
    const saved = state as Partial<PrimedState> | null | undefined;
    if (!Array.isArray(saved?.faint) || !Array.isArray(saved.windows) || !Array.isArray(saved.rates)) return;
    this.#faint = [...saved.faint];
    this.#windows = structuredClone(saved.windows);
    this.#told = [...(saved.told ?? [])];
    for (const [channel, rate] of saved.rates) this.#rates.set(channel, rate);
  }

  #release(now: UnixMicros): Released[] {
    this.#faint = this.#faint.filter(({ cue }) => secondsBetween(cue.reported, now) <= KEPT_SEC);
    this.#windows = this.#windows.filter(
      ({ openedAt, to }) => secondsBetween(laterOf(openedAt, to), now) <= WINDOW_SEC,
    );
    const released: Faint[] = [];
    for (const window of this.#windows) {
      if (this.#told.some((at) => at >= window.from && at <= window.to)) continue;
      const inside = this.#faint.filter(({ at }) => at >= window.from && at <= window.to);
      inside.sort((a, b) => b.cue.score - a.cue.score || a.at - b.at);
      const chosen = inside.slice(0, Math.max(0, MOST_RELEASED - window.released));
      window.released += chosen.length;
      released.push(...chosen);
      this.#faint = this.#faint.filter((one) => !chosen.includes(one));
    }
    return released.map(({ cue, way }) => ({
      cue: { ...cue, primed: true, backgroundPerHour: this.#rateOf(cue, now) },
      way,
    }));
  }

  /** Faint sounds an hour on the channel, one more than were heard. */
  #rateOf({ channel }: HeardCue, now: UnixMicros): number {
    const rate = this.#rates.get(channel);
    const sec = Math.min(RATE_SEC, Math.max(LEAST_RATE_SEC, secondsBetween(rate?.since ?? now, now)));
    return (((rate?.heard.length ?? 0) + 1) / sec) * 3600;
  }
}

function laterOf(a: UnixMicros, b: UnixMicros): UnixMicros {
  return a > b ? a : b;
}
