import type { Front } from "../front.js";
import { OnsetFinder } from "../onset.js";
import type { Ridge } from "../ridge.js";
import type { Transforms } from "../transform.js";
import { type Company, doubtOf } from "./doubt.js";
import { FAINT_ODDS } from "./faint.js";
import { FEATURES, fillFeatures, glideOf, isPossible, RISE_AT, RISE_CAP, type Shape, shapeOf } from "./features.js";
import { logOdds } from "./net.js";
import { onsetDeviation } from "./onset-deviation.js";

/** Ages, in hops of 5 ms, at which a living ridge is judged; a sure one is told 0.15 s after its onset, most within 0.2 s. */
const AGES = [25, 28, 31, 34, 37, 41, 48, 60, 80, 110, 150, 200, 300] as const;
/** Attack glides come from below. */
const ATTACK_BELOW_HZ = 700;
const ATTACK_ABOVE_HZ = 450;
/** A ridge that ended is judged when it was seen in this many hops. */
const FEWEST_HITS = 12;
/** Ended tones that are remembered, and for how long they count as "busy": birds and music are, referees are not. */
const REMEMBERED = 64;
const BUSY_HOPS = 800;
const BUSY_SHARE = 0.2;
/** Tones that glide are remembered longer, even short and faint ones: where a bird sang, birds sing. */
const FEWEST_CHIRP_HITS = 5;
const CHIRP_HOPS = 3000;
const CHIRP_DECAY_HOPS = 1200;
const CHIRP_SHARE = 0.03;
/** A note of a song is at most 0.6 s long; the same note comes again within 7 % of its pitch and 13 dB of its level. */
const NOTE_HOPS = 120;
const SAME_PITCH = 0.07;
const SAME_SHARE = 0.05;
const REPEAT_DECAY_HOPS = 400;
const IMPOSSIBLE = -99;
/** Of an onset that could not be timed. */
const UNTIMED_SD_SEC = 0.065;

interface Past {
  end: number;
  peak: number;
  isLong: boolean;
  isNote: boolean;
  /** Its mean frequency, bins. */
  bin: number;
  /** How far it glided, bins. */
  glide: number;
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
  readonly state: JudgeState = {
    past: Array.from({ length: REMEMBERED }, () => ({
      end: -1e9,
      peak: 0,
      isLong: false,
      isNote: false,
      bin: 0,
      glide: 0,
    })),
    at: 0,
  };
  readonly features = new Float64Array(FEATURES.length);
  onJudgement: ((judgement: Judgement) => void) | null = null;
  /** The model; tools that fit weights put another in its place. */
  weigh: (features: Float64Array) => number = logOdds;
  readonly #front: Front;
  readonly #onset: OnsetFinder;
  readonly #company: Company = { busy: 0, chirps: 0, notes: 0, repeats: 0 };
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
    this.#lookBack(ridge);
    fillFeatures(ridge, this.#shape, this.#company.busy, this.#company.chirps, hasEnded, this.features);
    if (ridge.onset < 0) {
      this.features[RISE_AT] = RISE_CAP.rise;
      this.features[RISE_AT + 1] = RISE_CAP.riseHigh;
      if (this.onJudgement === null && this.weigh(this.features) < FAINT_ODDS) return IMPOSSIBLE;
      this.#time(ridge);
      fillFeatures(ridge, this.#shape, this.#company.busy, this.#company.chirps, hasEnded, this.features);
    }
    const odds = this.weigh(this.features) - doubtOf(ridge, this.#company);
    if (this.onJudgement === null) return odds;
    this.onJudgement({ ridge, hasEnded, features: this.features, logOdds: odds });
    return IMPOSSIBLE;
  }

  /** Remembers a ridge that ended, when it stood out. */
  remember(ridge: Ridge): void {
    if (ridge.hits < FEWEST_CHIRP_HITS || ridge.sumLogRatio < 0.7 * ridge.hits) return;
    const { state } = this;
    const slot = state.past[state.at]!;
    slot.end = ridge.lastHop;
    slot.peak = ridge.peakPower;
    slot.isLong = ridge.hits >= FEWEST_HITS;
    slot.isNote = ridge.lastHop - ridge.startHop < NOTE_HOPS;
    slot.bin = ridge.sumBin / ridge.hits;
    slot.glide = glideOf(ridge);
    state.at = (state.at + 1) % REMEMBERED;
  }

  /** What ended before this tone began. */
  #lookBack(ridge: Ridge): void {
    const company = this.#company;
    company.busy = 0;
    company.chirps = 0;
    company.notes = 0;
    company.repeats = 0;
    const bin = ridge.sumBin / ridge.hits;
    for (const past of this.state.past) {
      const ago = ridge.startHop - past.end;
      if (ago <= 0 || ago >= CHIRP_HOPS) continue;
      if (ago > 3 && ago < BUSY_HOPS && past.isLong && past.peak > BUSY_SHARE * ridge.peakPower) company.busy += 1;
      if (past.peak <= CHIRP_SHARE * ridge.peakPower) continue;
      const recent = Math.exp(-ago / CHIRP_DECAY_HOPS);
      company.chirps += Math.min(1, past.glide) * recent;
      if (past.isNote) company.notes += recent;
      const isSame = Math.abs(past.bin - bin) < SAME_PITCH * bin && past.peak > SAME_SHARE * ridge.peakPower;
      if (isSame) company.repeats += Math.exp(-ago / REPEAT_DECAY_HOPS);
    }
  }

  #time(ridge: Ridge): void {
    const front = this.#front;
    const near = ridge.startHop * front.hopSamples + front.size / 2;
    const found = this.#onset.find(near, (ridge.sumBin / ridge.hits) * front.binHz);
    const { result } = this.#onset;
    ridge.onset = found ? result.at : near;
    ridge.onsetSdSec = found ? onsetDeviation(result.rise, result.attackSec) : UNTIMED_SD_SEC;
    ridge.rise = found ? Math.log10(Math.max(result.rise, 1e-3)) : 0.5;
    ridge.attackSec = found ? result.attackSec : 0.02;
  }
}
