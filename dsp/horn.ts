import { powerToDb } from "./bands.js";
import type { Cue } from "./cue.js";
import type { Detector } from "./detector.js";
import type { Frame, Front } from "./front.js";
import { RateLimit } from "./rate-limit.js";
import { FEWEST_HARMONICS, type Stack, Stacks } from "./stacks.js";
import { ToneTimer } from "./tone-onset.js";

/** A stack is judged after 0.44 s; it is over when its lines were 5 dB below their plateau for 60 ms. */
const HELD_SEC = 0.44;
const LONGEST_SEC = 20;
const STILL_SHARE = 0.32;
const OVER_ROWS = 3;
/**
 * A horn does not fade: 3 dB. Its pitch does not move: its deviation is below this share, or, where it is low, what noise makes of three
 * harmonics, Hz (of six half of that). */
const LATE_SHARE = 0.5;
const STEADY_SHARE = 0.0028;
const STEADY_HZ = 1.3;
/** Same pitch. */
const SAME_SHARE = 0.03;
/** A melody: another stack of this share of the power ended at most so long before, or sounded when this one began. */
const MELODY_SEC = 0.7;
const MELODY_SHARE = 0.4;
const MELODY_LENGTH_SEC = 0.12;
/** A stack this much louder than one of its pitch that is being followed is another one. */
const LOUDER = 4;
const CHORD_SEC = 0.08;
/** Vuvuzelas: B flat below middle C and harmonics far above the sixth. */
const VUVUZELA_HZ = [214, 252] as const;
const VUVUZELA_HIGH = 6;
/** The onset is timed when 110 ms of the stack are there, within 60 ms of where it was seen. */
const TIMED_SEC = 0.12;
const REACH_SEC = 0.06;
/** From the middle of an attack, which is what is timed, to its beginning: half of 30 ms. */
const HALF_ATTACK_SEC = 0.012;
const OWN_SD_SEC = 0.01;
const ROUGH_SD_SEC = 0.025;
const TIMED_HARMONICS = 3;
const SLOTS = 4;
const TRAIN_GAP_SEC = 1.5;

interface Blast extends Stack {
  isFree: boolean;
  rough: number;
  onset: number;
  onsetSdSec: number;
  last: number;
  quietRows: number;
  rows: number;
  sumHz: number;
  sumHzSquares: number;
  isTimed: boolean;
  isJudged: boolean;
  isTold: boolean;
  count: number;
}

interface HornState {
  stacks: object;
  blasts: Blast[];
  /** The newest stack that was over: what came before a note makes it a melody. */
  before: { hz: number; power: number; end: number };
  lastEnd: number;
  lastOnset: number;
  count: number;
  limit: object;
}

/**
 * Horns: stacks of at least three harmonics that come suddenly out of something else than music, stand still and last.
 *
 * 1. New stacks are found in the mean of 100 ms (`stacks.ts`); each is followed by its lines.
 * 2. Its strongest lines are timed one by one on the sound itself (`tone-onset.ts`); the median is the onset.
 * 3. After 0.44 s it is judged: steady in pitch and level, no other stack just before it, no vuvuzela.
 */
export class HornDetector implements Detector {
  readonly state: HornState;
  readonly #front: Front;
  readonly #stacks: Stacks;
  readonly #timer: ToneTimer;
  readonly #limit: RateLimit;
  readonly #times = new Float64Array(TIMED_HARMONICS);

  constructor(front: Front) {
    this.#front = front;
    this.#stacks = new Stacks(front);
    this.#timer = new ToneTimer(front);
    this.#limit = new RateLimit(front.sampleRate / front.hopSamples);
    this.state = {
      stacks: this.#stacks.state,
      blasts: Array.from({ length: SLOTS }, emptyBlast),
      before: { hz: 0, power: 0, end: -1e12 },
      lastEnd: -1e12,
      lastOnset: -1e12,
      count: 0,
      limit: this.#limit.state,
    };
  }

  get suppressed(): number {
    return this.#limit.state.suppressed;
  }

  step(frame: Frame, tell: (cue: Cue) => void): void {
    if (!frame.valid) {
      this.#stacks.forget();
      return;
    }
    if (!this.#stacks.add(frame)) return;
    // Middle of the newest row.
    const at = frame.start + this.#front.size / 2 - 1.5 * this.#front.hopSamples;
    const { blasts } = this.state;
    for (let i = 0; i < blasts.length; i += 1) {
      if (!blasts[i]!.isFree) this.#follow(blasts[i]!, at, frame.hop, tell);
    }
    if (this.#stacks.find()) this.#begin(at);
  }

  finish(tell: (cue: Cue) => void): void {
    for (const blast of this.state.blasts) if (!blast.isFree) this.#end(blast, tell);
  }

  #begin(at: number): void {
    const { hz, harmonics, power } = this.#stacks.found;
    let slot: Blast | null = null;
    for (const blast of this.state.blasts) {
      if (blast.isFree) slot ??= blast;
      else if (!blast.isTold && power > LOUDER * blast.power && isSamePitch(blast.hz, hz)) slot = blast;
      else if (isSamePitch(blast.hz, hz) || isSamePitch(2 * blast.hz, hz)) return;
    }
    if (slot === null) return;
    Object.assign(slot, BLANK);
    slot.isFree = false;
    slot.hz = hz;
    slot.harmonics = harmonics;
    slot.power = power;
    slot.last = at;
    let back = 0;
    while (back < 8 && this.#stacks.powerAt(slot, back) > 0.5 * power) back += 1;
    slot.rough = at - (back - 0.5) * 4 * this.#front.hopSamples;
    slot.onset = slot.rough;
  }

  #follow(blast: Blast, at: number, hop: number, tell: (cue: Cue) => void): void {
    const rate = this.#front.sampleRate;
    const power = this.#stacks.measure(blast, 2);
    if (power > STILL_SHARE * blast.power) {
      blast.last = at;
      blast.quietRows = 0;
      this.#see(blast, power);
    } else blast.quietRows += 1;
    if (blast.quietRows >= OVER_ROWS || at - blast.rough > LONGEST_SEC * rate) {
      this.#end(blast, tell);
      return;
    }
    if (!blast.isTimed && this.#front.heardUpTo >= blast.rough + TIMED_SEC * rate) this.#time(blast);
    if (blast.isJudged || at - blast.rough < HELD_SEC * rate) return;
    blast.isJudged = true;
    if (this.#isHorn(blast, power)) this.#tell(blast, hop, tell);
  }

  #see(blast: Blast, power: number): void {
    const { hzNow } = this.#stacks;
    if (!blast.isJudged) blast.power = Math.max(blast.power, 0.9 * power);
    if (!(hzNow > 0)) return;
    blast.rows += 1;
    blast.sumHz += hzNow;
    blast.sumHzSquares += hzNow * hzNow;
  }

  /** The strongest lines, each by its own sine; the median of those that are surely new. */
  #time(blast: Blast): void {
    blast.isTimed = true;
    const hz = blast.rows > 0 ? blast.sumHz / blast.rows : blast.hz;
    let count = 0;
    let noise = 0;
    for (let h = 1; h <= blast.harmonics && count < TIMED_HARMONICS; h += 1) {
      if (!this.#timer.time(blast.rough, h * hz, REACH_SEC) || this.#timer.result.noise > 0.5) continue;
      this.#times[count] = this.#timer.result.at;
      noise += this.#timer.result.noise;
      count += 1;
    }
    const half = HALF_ATTACK_SEC * this.#front.sampleRate;
    const times = this.#times.subarray(0, count).sort();
    blast.onset = (count === 0 ? blast.rough : times[(count - 1) >> 1]!) - half;
    blast.onsetSdSec = count === 0 ? ROUGH_SD_SEC : Math.hypot(OWN_SD_SEC, (0.02 * noise) / count);
  }

  #isHorn(blast: Blast, power: number): boolean {
    const rate = this.#front.sampleRate;
    const mean = blast.sumHz / Math.max(1, blast.rows);
    const deviation = Math.sqrt(Math.max(0, blast.sumHzSquares / Math.max(1, blast.rows) - mean * mean));
    if (
      blast.rows < 8 ||
      deviation > Math.max((FEWEST_HARMONICS * STEADY_HZ) / blast.harmonics, STEADY_SHARE * mean) ||
      power < LATE_SHARE * blast.power
    )
      return false;
    const isVuvuzela = mean > VUVUZELA_HZ[0] && mean < VUVUZELA_HZ[1];
    if (isVuvuzela && this.#stacks.highHarmonics(blast) >= VUVUZELA_HIGH) return false;
    const { before } = this.state;
    const isAfterNote = blast.onset - before.end < MELODY_SEC * rate && before.power > MELODY_SHARE * blast.power;
    if (isAfterNote && !isSamePitch(before.hz, blast.hz)) return false;
    return !this.state.blasts.some(
      (other) =>
        !other.isFree &&
        other !== blast &&
        other.power > MELODY_SHARE * blast.power &&
        blast.onset - other.onset > CHORD_SEC * rate,
    );
  }

  #tell(blast: Blast, hop: number, tell: (cue: Cue) => void): void {
    const { state } = this;
    const rate = this.#front.sampleRate;
    // The other notes of a chord are the same blast.
    if (Math.abs(blast.onset - state.lastOnset) < CHORD_SEC * rate || !this.#limit.allow(hop)) return;
    state.lastOnset = blast.onset;
    state.count = blast.onset - state.lastEnd < TRAIN_GAP_SEC * rate ? state.count + 1 : 1;
    blast.count = state.count;
    blast.isTold = true;
    tell(this.#cue(blast, null));
  }

  #end(blast: Blast, tell: (cue: Cue) => void): void {
    const { state } = this;
    blast.isFree = true;
    const end = Math.max(blast.last, blast.onset);
    if (end - blast.rough > MELODY_LENGTH_SEC * this.#front.sampleRate) {
      state.before.hz = blast.hz;
      state.before.power = blast.power;
      state.before.end = end;
    }
    if (!blast.isTold) return;
    state.lastEnd = end;
    tell(this.#cue(blast, end));
  }

  #cue(blast: Blast, end: number | null): Cue {
    const { origin } = this.#front.state;
    const hz = blast.sumHz / blast.rows;
    return {
      key: `horn-${Math.round(origin + blast.onset)}`,
      kind: "horn",
      onset: origin + blast.onset,
      end: end === null ? null : origin + end,
      onsetSdSec: blast.onsetSdSec,
      score: Math.min(0.97, 0.55 + 0.07 * blast.harmonics),
      count: blast.count,
      levelDb: powerToDb(2 * blast.power),
      tonesHz: Array.from({ length: blast.harmonics }, (_, i) => Math.round(hz * (i + 1))),
      reported: origin + this.#front.heardUpTo,
      isFinal: end !== null,
      flags: [],
    };
  }
}

function isSamePitch(a: number, b: number): boolean {
  return Math.abs(a - b) < SAME_SHARE * Math.max(a, b);
}

function emptyBlast(): Blast {
  return {
    hz: 0,
    harmonics: 0,
    power: 0,
    isFree: true,
    rough: 0,
    onset: 0,
    onsetSdSec: 0,
    last: 0,
    quietRows: 0,
    rows: 0,
    sumHz: 0,
    sumHzSquares: 0,
    isTimed: false,
    isJudged: false,
    isTold: false,
    count: 0,
  };
}

const BLANK: Readonly<Blast> = emptyBlast();
