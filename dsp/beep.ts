import { powerToDb } from "./bands.js";
import type { Cue } from "./cue.js";
import type { Detector } from "./detector.js";
import type { Floor } from "./floor.js";
import type { Frame, Front } from "./front.js";
import { OnsetFinder } from "./onset.js";
import { RateLimit } from "./rate-limit.js";
import type { Ridge, Surroundings } from "./ridge.js";
import { type RidgeBand, Ridges } from "./ridges.js";
import type { Transforms } from "./transform.js";

/** Start lights and pips: 440-1200 Hz, with room on both sides. A beep does not move. */
const BAND: RidgeBand = { lowHz: 400, highHz: 1700, reachHz: 40, clusterHz: 150, slots: 16 };
/** A tone is judged after 100 ms: steady to 0.7 bin, seen in most hops, 9 dB over its floor on average. */
const JUDGED_HOPS = 20;
const STEADY_BINS = 0.7;
const HIT_SHARE = 0.85;
const LOG_RATIO = 0.9;
/** Equal tones: 1.5 % or 12 Hz, 8 dB. Equal steps: 35 ms, between 0.35 and 2.5 s. */
const SAME_SHARE = 0.015;
const SAME_HZ = 12;
const SAME_LEVEL = 6.3;
const SAME_STEP_SEC = 0.035;
const SHORTEST_STEP_SEC = 0.35;
const LONGEST_STEP_SEC = 2.5;
/** Three equal tones at equal steps make a train; the last of it lasts 1.8 times as long as the first. */
const TRAIN = 3;
const LAST_SHARE = 1.8;
const REMEMBERED = 16;
const LONGEST_SEC = 5;
const LOBE = 2.4;
const NARROW_HZ = 90;

interface Tone {
  onset: number;
  onsetSdSec: number;
  end: number;
  hz: number;
  peak: number;
  /** Place in its train; 0: in none yet. */
  count: number;
  stepSec: number;
  isTold: boolean;
  slot: number;
}

interface BeepState {
  ridges: Ridge[];
  tones: Tone[];
  lastTold: number;
  limit: object;
}

/** Trains of beeps. A single tone is no cue; the third of a train tells the two before it as well. */
export class BeepDetector implements Detector {
  readonly state: BeepState;
  readonly #front: Front;
  readonly #floor: Floor;
  readonly #ridges: Ridges;
  readonly #onset: OnsetFinder;
  readonly #limit: RateLimit;
  readonly #around: Surroundings = { band: 1, total: 1, top: 1, lowTone: 0, lowRecent: 0 };

  constructor(front: Front, floor: Floor, transforms: Transforms) {
    this.#front = front;
    this.#floor = floor;
    this.#ridges = new Ridges(BAND, front.binHz, floor);
    this.#onset = new OnsetFinder(front, transforms, NARROW_HZ, NARROW_HZ);
    this.#limit = new RateLimit(front.sampleRate / front.hopSamples);
    this.state = { ridges: this.#ridges.ridges, tones: [], lastTold: -1e12, limit: this.#limit.state };
  }

  get suppressed(): number {
    return this.#limit.state.suppressed;
  }

  step(frame: Frame, tell: (cue: Cue) => void): void {
    if (!frame.valid || !this.#floor.isSettled) return;
    this.#ridges.step(frame.hop, this.#floor, frame.power, this.#around);
    const { ridges } = this.#ridges;
    for (let slot = 0; slot < ridges.length; slot += 1) {
      const ridge = ridges[slot]!;
      const age = frame.hop - ridge.startHop;
      if (ridge.phase === "alive" && age === JUDGED_HOPS && isTone(ridge)) this.#hear(ridge, slot, frame.hop, tell);
      const isOver =
        ridge.phase === "ended" ||
        (ridge.isTold && age > LONGEST_SEC / (this.#front.hopSamples / this.#front.sampleRate));
      if (isOver && ridge.phase !== "free") this.#end(ridge, slot, tell);
    }
  }

  finish(tell: (cue: Cue) => void): void {
    const { ridges } = this.#ridges;
    for (let slot = 0; slot < ridges.length; slot += 1)
      if (ridges[slot]!.phase !== "free") this.#end(ridges[slot]!, slot, tell);
  }

  #hear(ridge: Ridge, slot: number, hop: number, tell: (cue: Cue) => void): void {
    const front = this.#front;
    const near = ridge.startHop * front.hopSamples + front.size / 2;
    const hz = (ridge.sumBin / ridge.hits) * front.binHz;
    const found = this.#onset.find(near, hz);
    const tone: Tone = {
      onset: found ? this.#onset.result.at : near,
      onsetSdSec: found ? this.#onset.result.sdSec : 0.03,
      end: -1,
      hz,
      peak: ridge.peakPower,
      count: 0,
      stepSec: 0,
      isTold: false,
      slot,
    };
    ridge.isTold = true;
    const { tones } = this.state;
    const train = this.#trainBefore(tone);
    tones.push(tone);
    if (tones.length > REMEMBERED) tones.shift();
    if (train.length + 1 < TRAIN) return;
    this.#tellTrain(train, tone, hop, tell);
  }

  /** Earlier tones of the train that `tone` goes on, oldest first: the longest there is, so that every second tone is no train of its own. */
  #trainBefore(tone: Tone): Tone[] {
    const rate = this.#front.sampleRate;
    let longest: Tone[] = [];
    for (const last of this.state.tones) {
      const stepSec = (tone.onset - last.onset) / rate;
      if (stepSec < SHORTEST_STEP_SEC || stepSec > LONGEST_STEP_SEC || !isSame(last, tone)) continue;
      const train = this.#stepBack(last, tone, stepSec * rate);
      if (train.length > longest.length) longest = train;
    }
    return longest;
  }

  /** From `last` back in steps of `step` samples as long as there are tones like `tone`. */
  #stepBack(last: Tone, tone: Tone, step: number): Tone[] {
    const train = [last];
    for (;;) {
      const wanted = train[0]!.onset - step;
      const before = this.state.tones.find(
        (one) => isSame(one, tone) && Math.abs(one.onset - wanted) < SAME_STEP_SEC * this.#front.sampleRate,
      );
      if (before === undefined || train.includes(before)) return train;
      train.unshift(before);
    }
  }

  #tellTrain(train: readonly Tone[], tone: Tone, hop: number, tell: (cue: Cue) => void): void {
    const isHarmonic = Math.abs(tone.onset - this.state.lastTold) < 0.06 * this.#front.sampleRate;
    if (isHarmonic || !this.#limit.allow(hop)) return;
    this.state.lastTold = tone.onset;
    let count = 0;
    for (const one of [...train, tone]) {
      count += 1;
      one.count = count;
      if (one.isTold) continue;
      one.isTold = true;
      tell(this.#cue(one, train.length + 1, one.end < 0 ? null : one.end, []));
    }
  }

  #end(ridge: Ridge, slot: number, tell: (cue: Cue) => void): void {
    const tone = ridge.isTold ? this.state.tones.find((one) => one.slot === slot && one.end < 0) : undefined;
    ridge.phase = "free";
    if (tone === undefined) return;
    tone.end = Math.max(tone.onset, (ridge.lastHop + 0.5) * this.#front.hopSamples + this.#front.size / 2);
    tone.slot = -1;
    if (!tone.isTold) return;
    const first = this.state.tones.find((one) => one.count === 1 && one.end >= 0 && isSame(one, tone));
    const isLast =
      first !== undefined && first !== tone && tone.end - tone.onset > LAST_SHARE * (first.end - first.onset);
    tell(this.#cue(tone, tone.count, tone.end, isLast ? ["last"] : []));
  }

  #cue(tone: Tone, length: number, end: number | null, flags: readonly string[]): Cue {
    const { origin } = this.#front.state;
    return {
      key: `beep-${Math.round(origin + tone.onset)}`,
      kind: "beep",
      onset: origin + tone.onset,
      end: end === null ? null : origin + end,
      onsetSdSec: tone.onsetSdSec,
      score: length >= 4 ? 0.97 : 0.85,
      count: tone.count,
      levelDb: powerToDb(LOBE * tone.peak),
      tonesHz: [Math.round(tone.hz)],
      reported: origin + this.#front.heardUpTo,
      isFinal: end !== null,
      flags,
    };
  }
}

function isTone(ridge: Ridge): boolean {
  const n = ridge.hits;
  const mean = ridge.sumBin / n;
  const spread = Math.sqrt(Math.max(0, ridge.sumBinSquares / n - mean * mean));
  return spread < STEADY_BINS && n >= HIT_SHARE * JUDGED_HOPS && ridge.sumLogRatio / n > LOG_RATIO;
}

function isSame(a: Tone, b: Tone): boolean {
  const isSamePitch = Math.abs(a.hz - b.hz) < Math.max(SAME_HZ, SAME_SHARE * b.hz);
  return isSamePitch && a.peak < SAME_LEVEL * b.peak && b.peak < SAME_LEVEL * a.peak;
}
