import { CROWD_FEATURES, CrowdFeatures } from "./crowd-features.js";
import { CROWD_CLASSES, CROWD_WEIGHTS } from "./crowd-weights.js";
import type { CrowdShares } from "./cue.js";
import type { Frame, Front } from "./front.js";

const CLASSES = CROWD_CLASSES.length;
const INPUTS = CROWD_FEATURES.length;
const weights = Float64Array.from(CROWD_WEIGHTS.flat());
/** Measured four times a second. */
const EVERY = 5;
/** A class is named from this probability on, else it is not known. */
export const NAMED_FROM = 0.6;

interface MoodState {
  features: object;
  columns: number;
  isKnown: boolean;
  shares: Float64Array;
}

/** Cheer, applause, chant or jeer: what the crowd's sound of the last seconds is like, by a multinomial logistic of its features. */
export class CrowdMood {
  readonly state: MoodState;
  readonly #features: CrowdFeatures;

  constructor(front: Front) {
    this.#features = new CrowdFeatures(front);
    this.state = { features: this.#features.state, columns: 0, isKnown: false, shares: new Float64Array(CLASSES) };
  }

  step(frame: Frame): void {
    if (!this.#features.add(frame)) return;
    const { state } = this;
    state.columns += 1;
    if (state.columns % EVERY !== 0 || !this.#features.measure()) return;
    this.#weigh();
    state.isKnown = true;
  }

  /** Adds the present probabilities, as far as they are known. */
  addTo(sums: Float64Array): void {
    const { isKnown, shares } = this.state;
    if (isKnown) for (let i = 0; i < CLASSES; i += 1) sums[i] = sums[i]! + shares[i]!;
  }

  #weigh(): void {
    const { values } = this.#features;
    const { shares } = this.state;
    let top = Number.NEGATIVE_INFINITY;
    for (let i = 0, at = 0; i < CLASSES; i += 1, at += INPUTS + 1) {
      let odds = weights[at + INPUTS]!;
      for (let k = 0; k < INPUTS; k += 1) odds += weights[at + k]! * values[k]!;
      shares[i] = odds;
      if (odds > top) top = odds;
    }
    let sum = 0;
    for (let i = 0; i < CLASSES; i += 1) {
      shares[i] = Math.exp(shares[i]! - top);
      sum += shares[i]!;
    }
    for (let i = 0; i < CLASSES; i += 1) shares[i] = shares[i]! / sum;
  }
}

/** The class whose part of the sums is at least `from`; `unknown` where there is none. */
export function nameOf(sums: Float64Array, from: number): string {
  let sum = 0;
  let best = 0;
  for (let i = 0; i < CLASSES; i += 1) {
    sum += sums[i]!;
    if (sums[i]! > sums[best]!) best = i;
  }
  return sum > 0 && sums[best]! >= from * sum ? CROWD_CLASSES[best]! : "unknown";
}

/** The sums as probabilities; `null` where nothing was known. */
export function sharesOf(sums: Float64Array): CrowdShares | null {
  const sum = sums.reduce((total, value) => total + value, 0);
  if (!(sum > 0)) return null;
  const [cheer = 0, applause = 0, chant = 0, jeer = 0] = sums;
  return { cheer: cheer / sum, applause: applause / sum, chant: chant / sum, jeer: jeer / sum };
}
