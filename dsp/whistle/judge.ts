import type { Front } from "../front.js";
import { OnsetFinder } from "../onset.js";
import type { Ridge } from "../ridge.js";
import type { Transforms } from "../transform.js";
import { FEATURES, fillFeatures, isPossible, RISE_AT, RISE_CAP, type Shape, shapeOf } from "./features.js";
import { logOdds } from "./weights.js";

/** Ages, in hops of 5 ms, at which a living ridge is judged; the first leaves the cue within 0.2 s of its onset. */
const AGES = [33, 37, 41, 48, 60, 80, 110, 150, 200, 300] as const;
/** Attack glides come from below. */
const ATTACK_BELOW_HZ = 700;
const ATTACK_ABOVE_HZ = 450;
/** A ridge that ended is judged when it was seen in this many hops. */
const FEWEST_HITS = 12;
/** Ended tones that are remembered, and for how long they count as "busy": birds and music are, referees are not. */
const REMEMBERED = 32;
const BUSY_HOPS = 800;
const BUSY_SHARE = 0.2;
const IMPOSSIBLE = -99;

interface Past {
  end: number;
  peak: number;
}

interface JudgeState {
  past: Past[];
  at: number;
}

/** For tools that fit the weights: what was judged. The arrays are reused; while somebody looks on, nothing is told. */
export interface Judgement {
  readonly ridge: Ridge;
  readonly hasEnded: boolean;
  readonly features: Float64Array;
  readonly logOdds: number;
}

/** Judges ridges: the shape that rules them out, the onset, the features, the log odds. */
export class Judge {
  readonly state: JudgeState = { past: Array.from({ length: REMEMBERED }, () => ({ end: -1e9, peak: 0 })), at: 0 };
  readonly features = new Float64Array(FEATURES.length);
  onJudgement: ((judgement: Judgement) => void) | null = null;
  /** The model; tools that fit weights put another in its place. */
  weigh: (features: Float64Array) => number = logOdds;
  readonly #front: Front;
  readonly #onset: OnsetFinder;
  readonly #shape: Shape = { age: 0, kHz: 0, hitRatio: 0, inBand: 0, lowTone: 0, spread: 0, trend: 0, wobble: 0 };

  constructor(front: Front, transforms: Transforms) {
    this.#front = front;
    this.#onset = new OnsetFinder(front, transforms, ATTACK_BELOW_HZ, ATTACK_ABOVE_HZ);
  }

  /** Whether a judgement of this ridge is due at this hop. */
  isDue(ridge: Ridge, hop: number): boolean {
    if (ridge.phase === "ended") return ridge.hits >= FEWEST_HITS;
    if (ridge.lastHop !== hop) return false;
    const age = hop - ridge.startHop;
    for (const due of AGES) if (due === age) return true;
    return false;
  }

  /** Log odds that the ridge is a whistle; its onset is timed on the way when it matters. */
  judge(ridge: Ridge): number {
    const hasEnded = ridge.phase === "ended";
    shapeOf(ridge, this.#front.binHz, this.#shape);
    if (!isPossible(this.#shape)) return IMPOSSIBLE;
    fillFeatures(ridge, this.#shape, this.#busy(ridge), hasEnded, this.features);
    if (ridge.onset < 0) {
      this.features[RISE_AT] = RISE_CAP.rise;
      this.features[RISE_AT + 1] = RISE_CAP.riseHigh;
      if (this.onJudgement === null && this.weigh(this.features) < 0) return IMPOSSIBLE;
      this.#time(ridge);
      fillFeatures(ridge, this.#shape, this.#busy(ridge), hasEnded, this.features);
    }
    const odds = this.weigh(this.features);
    if (this.onJudgement === null) return odds;
    this.onJudgement({ ridge, hasEnded, features: this.features, logOdds: odds });
    return IMPOSSIBLE;
  }

  /** Remembers a ridge that ended, when it stood out for 60 ms. */
  remember(ridge: Ridge): void {
    if (ridge.hits < FEWEST_HITS || ridge.sumLogRatio < 0.7 * ridge.hits) return;
    const { state } = this;
    const slot = state.past[state.at]!;
    slot.end = ridge.lastHop;
    slot.peak = ridge.peakPower;
    state.at = (state.at + 1) % REMEMBERED;
  }

  #busy(ridge: Ridge): number {
    let count = 0;
    for (const past of this.state.past) {
      const isLate = past.end < ridge.startHop - 3 && past.end > ridge.startHop - BUSY_HOPS;
      if (isLate && past.peak > BUSY_SHARE * ridge.peakPower) count += 1;
    }
    return count;
  }

  #time(ridge: Ridge): void {
    const front = this.#front;
    const near = ridge.startHop * front.hopSamples + front.size / 2;
    const found = this.#onset.find(near, (ridge.sumBin / ridge.hits) * front.binHz);
    const { result } = this.#onset;
    ridge.onset = found ? result.at : near;
    ridge.onsetSdSec = found ? result.sdSec : 0.05;
    ridge.rise = found ? Math.log10(Math.max(result.rise, 1e-3)) : 0.5;
  }
}
