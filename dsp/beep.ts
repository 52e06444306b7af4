import { powerToDb } from "./bands.js";
import type { Cue } from "./cue.js";
import type { Detector } from "./detector.js";
import type { Frame, Front } from "./front.js";
import { RateLimit } from "./rate-limit.js";
import { ToneTimer } from "./tone-onset.js";
import { Tones } from "./tones.js";

/** A tone is timed within 35 ms of where its edge was seen, an expected one within 25 ms of its time. */
const REACH_SEC = 0.035;
const EXPECTED_REACH_SEC = 0.025;
/** Sound that must be there to time a tone. */
const TIMED_SEC = 0.1;
/** Noise at the tone's frequency before it, over the tone: above this it did not begin here. */
const MOST_NOISE = 0.6;
/** A beep adds to what sounds between 400 and 1350 Hz; a siren that passes by does not. */
const LEAST_LIFT = 1.25;
/** It is as loud at its end (10-60 ms before it) as at its beginning: 3 dB. What is struck or plucked is not. */
const FLAT_FROM_SEC = 0.06;
const FLAT_TO_SEC = 0.01;
const FLAT_SHARE = 0.7;
/** Equal tones: 0.6 % or 5 Hz, 6 dB. Equal steps: 20 ms, between 0.35 and 2.5 s. */
const SAME_SHARE = 0.006;
const SAME_HZ = 5;
const SAME_AMPLITUDE = 2;
const SAME_STEP_SEC = 0.02;
const SHORTEST_STEP_SEC = 0.35;
const LONGEST_STEP_SEC = 2.5;
/** Equal lengths: 40 ms or a quarter. */
const SAME_LENGTH_SEC = 0.04;
const SAME_LENGTH_SHARE = 0.25;
/** Three equal tones at equal steps make a train, one in between may be missing; the last of it lasts 1.8 times as long as the first. */
const TRAIN = 3;
const LAST_SHARE = 1.8;
const REMEMBERED = 24;
const LONGEST_SEC = 5;
/** -6 dB for 25 ms: the tone is over. */
const EDGE_RATIO = 4;
const OVER_HOPS = 5;
/** The window of a hop smears a tone's edges: the same tone is not found again so close by. */
const SAME_ONSET_SEC = 0.06;
const APART_BINS = 2.5;

interface Tone {
  onset: number;
  onsetSdSec: number;
  end: number;
  hz: number;
  amplitude: number;
  /** Mean square of its lobe when it was found; what its end is measured by. */
  power: number;
  /** Newest position at which it still sounded. */
  lastHeard: number;
  quietHops: number;
  /** Whether it was as loud at its end as at its beginning. */
  isFlat: boolean;
  /** Place in its train; 0: in none yet. */
  count: number;
  isTold: boolean;
  /** Held back by the rate limit: counted as told, and never heard of. */
  isSilent: boolean;
}

interface BeepState {
  tones: Tone[];
  lastTold: number;
  /** The next tone of a train, if there is one: where, and after which tone of `tones`. */
  expected: number;
  expectedHz: number;
  found: object;
  limit: object;
}

/**
 * Trains of beeps. A single tone is no cue; the third of a train tells the two before it as well.
 *
 * 1. Steady tones that begin suddenly are found (`tones.ts`) and timed (`tone-onset.ts`).
 * 2. Tones of one pitch, level and length at equal steps are a train.
 * 3. Two of a train say when the next is due: where it was not found there (an engine's harmonic ran through it), it is looked for by its own sine.
 */
export class BeepDetector implements Detector {
  readonly state: BeepState;
  readonly #front: Front;
  readonly #tones: Tones;
  readonly #timer: ToneTimer;
  readonly #limit: RateLimit;

  constructor(front: Front) {
    this.#front = front;
    this.#tones = new Tones(front);
    this.#timer = new ToneTimer(front);
    this.#limit = new RateLimit(front.sampleRate / front.hopSamples);
    this.state = {
      tones: [],
      lastTold: -1e12,
      expected: -1,
      expectedHz: 0,
      found: this.#tones.state,
      limit: this.#limit.state,
    };
  }

  get suppressed(): number {
    return this.#limit.state.suppressed;
  }

  step(frame: Frame, tell: (cue: Cue) => void): void {
    if (!frame.valid) {
      this.#tones.forget();
      return;
    }
    this.#tones.add(frame);
    const at = frame.start + this.#front.size / 2;
    const { tones } = this.state;
    for (let i = 0; i < tones.length; i += 1) if (tones[i]!.end < 0) this.#follow(tones[i]!, at, tell);
    for (let bin = this.#tones.firstBin; bin <= this.#tones.lastBin; bin += 1) {
      if (this.#tones.find(bin)) this.#hear(at, frame.hop, tell);
    }
    const due = this.state.expected + TIMED_SEC * this.#front.sampleRate;
    if (this.state.expected >= 0 && this.#front.heardUpTo >= due) this.#lookFor(frame.hop, tell);
  }

  finish(tell: (cue: Cue) => void): void {
    for (const tone of this.state.tones) if (tone.end < 0) this.#end(tone, tell);
  }

  #hear(at: number, hop: number, tell: (cue: Cue) => void): void {
    const { bin, power, ageHops, lift } = this.#tones.found;
    const front = this.#front;
    if (lift < LEAST_LIFT) return;
    const near = at - (ageHops - 0.5) * front.hopSamples;
    if (this.#isKnown(near, bin * front.binHz)) return;
    if (front.heardUpTo < near + TIMED_SEC * front.sampleRate) return;
    if (!this.#timer.time(near, bin * front.binHz, REACH_SEC) || this.#timer.result.noise > MOST_NOISE) return;
    this.#keep(at, power, hop, tell);
  }

  #isKnown(near: number, hz: number): boolean {
    const { binHz, sampleRate } = this.#front;
    return this.state.tones.some(
      (tone) =>
        Math.abs(tone.hz - hz) < APART_BINS * binHz && Math.abs(tone.onset - near) < SAME_ONSET_SEC * sampleRate,
    );
  }

  /** The tone that the timer has just timed. */
  #keep(at: number, power: number, hop: number, tell: (cue: Cue) => void): void {
    const { at: onset, sdSec: onsetSdSec, hz, amplitude } = this.#timer.result;
    const tone: Tone = {
      onset,
      onsetSdSec,
      end: -1,
      hz,
      amplitude,
      power,
      lastHeard: at,
      quietHops: 0,
      isFlat: false,
      count: 0,
      isTold: false,
      isSilent: false,
    };
    const { tones } = this.state;
    for (const older of tones) if (older.end < 0 && Math.abs(older.hz - hz) < SAME_HZ) this.#end(older, tell);
    const train = this.#trainBefore(tone);
    tones.push(tone);
    if (tones.length > REMEMBERED) tones.shift();
    const last = train[train.length - 1];
    if (last === undefined) return;
    if (train.length + 1 >= TRAIN) this.#tellTrain(train, tone, hop, tell);
    this.state.expected = tone.onset + (tone.onset - train[0]!.onset) / this.#steps(train, tone);
    this.state.expectedHz = tone.hz;
  }

  /** A train's next tone was due and not found: is there its very sine? */
  #lookFor(hop: number, tell: (cue: Cue) => void): void {
    const { expected, expectedHz, tones } = this.state;
    this.state.expected = -1;
    const before = tones.find((tone) => tone.hz === expectedHz);
    if (before === undefined || this.#isKnown(expected, expectedHz)) return;
    if (!this.#timer.time(expected, expectedHz, EXPECTED_REACH_SEC)) return;
    const { amplitude, noise, hz } = this.#timer.result;
    const isEqual = Math.abs(hz - expectedHz) < SAME_HZ && amplitude * SAME_AMPLITUDE > before.amplitude;
    if (!isEqual || noise > MOST_NOISE) return;
    this.#keep(expected + TIMED_SEC * this.#front.sampleRate, before.power, hop, tell);
  }

  /** Earlier tones of the train that `tone` goes on, oldest first: the longest there is, so that every second tone is no train of its own. */
  #trainBefore(tone: Tone): Tone[] {
    const rate = this.#front.sampleRate;
    let longest: Tone[] = [];
    for (const last of this.state.tones) {
      const stepSec = (tone.onset - last.onset) / rate;
      if (stepSec < SHORTEST_STEP_SEC || stepSec > LONGEST_STEP_SEC || !isSame(last, tone) || !isBeep(last)) continue;
      const train = this.#stepBack(last, tone, stepSec * rate);
      if (train.length > longest.length) longest = train;
      // Or the one between the two is missing.
      const holed = this.#stepBack(last, tone, (stepSec * rate) / 2);
      if (holed.length > Math.max(1, longest.length)) longest = holed;
    }
    return longest;
  }

  /** From `last` back in steps of `step` samples as long as there are tones like `tone`; one at a time may be missing. */
  #stepBack(last: Tone, tone: Tone, step: number): Tone[] {
    const train = [last];
    for (let wanted = last.onset - step, holes = 0; holes < 2; wanted -= step) {
      const before = this.state.tones.find(
        (one) =>
          isBeep(one) &&
          isSame(one, tone) &&
          this.#isAsLong(one, last) &&
          Math.abs(one.onset - wanted) < SAME_STEP_SEC * this.#front.sampleRate,
      );
      if (before === undefined || train.includes(before)) {
        holes += 1;
        continue;
      }
      holes = 0;
      wanted = before.onset;
      train.unshift(before);
    }
    return train;
  }

  #isAsLong(a: Tone, b: Tone): boolean {
    const lengths = [a.end - a.onset, b.end - b.onset] as const;
    const most = Math.max(SAME_LENGTH_SEC * this.#front.sampleRate, SAME_LENGTH_SHARE * Math.min(...lengths));
    return a.end >= 0 && b.end >= 0 && Math.abs(lengths[0] - lengths[1]) < most;
  }

  /** Steps between the first of a train and its newest tone: the smallest distance between two neighbours is one. */
  #steps(train: readonly Tone[], tone: Tone): number {
    let step = tone.onset - train[train.length - 1]!.onset;
    for (let i = 1; i < train.length; i += 1) step = Math.min(step, train[i]!.onset - train[i - 1]!.onset);
    return Math.max(1, Math.round((tone.onset - train[0]!.onset) / step));
  }

  #tellTrain(train: readonly Tone[], tone: Tone, hop: number, tell: (cue: Cue) => void): void {
    const isHarmonic = Math.abs(tone.onset - this.state.lastTold) < SAME_ONSET_SEC * this.#front.sampleRate;
    if (isHarmonic) return;
    const isSilent = !this.#limit.allow(hop);
    this.state.lastTold = tone.onset;
    let count = 0;
    for (const one of [...train, tone]) {
      count += 1;
      one.count = count;
      if (one.isTold) continue;
      one.isTold = true;
      one.isSilent = isSilent;
      if (!isSilent) tell(this.#cue(one, train.length + 1, one.end < 0 ? null : one.end, []));
    }
  }

  #follow(tone: Tone, at: number, tell: (cue: Cue) => void): void {
    const front = this.#front;
    const now = this.#tones.lobe(Math.round(tone.hz / front.binHz), 0);
    if (now * EDGE_RATIO >= tone.power) {
      tone.lastHeard = at;
      tone.quietHops = 0;
    } else tone.quietHops += 1;
    const isLong = at - tone.onset > LONGEST_SEC * front.sampleRate;
    if (tone.quietHops >= OVER_HOPS || isLong) this.#end(tone, tell);
  }

  #end(tone: Tone, tell: (cue: Cue) => void): void {
    tone.end = Math.max(tone.onset, tone.lastHeard + this.#front.hopSamples / 2);
    const rate = this.#front.sampleRate;
    const from = Math.max(tone.onset, tone.end - FLAT_FROM_SEC * rate);
    const late = this.#timer.amplitudeOf(tone.hz, from, tone.end - FLAT_TO_SEC * rate);
    tone.isFlat = late >= FLAT_SHARE * tone.amplitude;
    if (!tone.isTold || tone.isSilent) return;
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
      levelDb: powerToDb(0.5 * tone.amplitude * tone.amplitude),
      tonesHz: [Math.round(tone.hz)],
      reported: origin + this.#front.heardUpTo,
      isFinal: end !== null,
      flags,
    };
  }
}

/** What has been told as part of a train has been judged. */
function isBeep(tone: Tone): boolean {
  return tone.isFlat || tone.isTold;
}

function isSame(a: Tone, b: Tone): boolean {
  const isSamePitch = Math.abs(a.hz - b.hz) < Math.max(SAME_HZ, SAME_SHARE * b.hz);
  return isSamePitch && a.amplitude < SAME_AMPLITUDE * b.amplitude && b.amplitude < SAME_AMPLITUDE * a.amplitude;
}
