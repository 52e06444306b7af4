import type { Cue } from "../cue.js";
import type { Detector } from "../detector.js";
import type { Floor } from "../floor.js";
import type { Frame, Front } from "../front.js";
import type { Ridge, Surroundings } from "../ridge.js";
import { type RidgeBand, Ridges } from "../ridges.js";
import type { Transforms } from "../transform.js";
import { Blasts } from "./blasts.js";
import { FAINT_ODDS } from "./faint.js";
import { Judge } from "./judge.js";

/** Whistles were seen from 1.9 to 4.3 kHz, with attack glides of 0.7 kHz in 30 ms. */
const BAND: RidgeBand = { lowHz: 1700, highHz: 4800, reachHz: 130, clusterHz: 300, slots: 16 };
/** Voices have their strongest harmonics below this. */
const VOICE_HZ = 1500;
/** The band against which a tone's share is measured, from here up to the end of the floor's range. */
const BAND_FROM_HZ = 1200;
const TOTAL_FROM_HZ = 200;
/** New: this far above the floor in time. A tone: this far above the bins two away. */
const NEW_RATIO = 6;
const TONE_RATIO = 4;
/** In the first 1.5 s of a stream a tone must be this much surer to be a whistle, less so where it is by far the loudest there is. */
const COLD_HOPS = 300;
const COLD_ODDS = 3;
const COLD_RULING_ODDS = 1.2;
/** By far: the largest peak of 0.2-5.2 kHz nearly always, with this share of all power above 200 Hz (mean over the tone's hops). */
const RULES_TOP = 0.9;
const RULES_SHARE = 0.6;
const RECENT_DECAY = 0.985;

/**
 * Whistles. 1. `Floor`: what a tone must stand out of. 2. `Ridges`: tones from hop to hop. 3. `Judge`: is it a whistle, and since when.
 * 4. `Blasts`: tones of one blast joined, echoes left out, ends, trains.
 */
export class WhistleDetector implements Detector {
  readonly state: object;
  readonly judge: Judge;
  readonly #floor: Floor;
  readonly #ridges: Ridges;
  /** Hears of tones that are no cue, but would be where a whistle is known to be due. */
  onFaint: ((cue: Cue) => void) | null = null;
  /** For tools that measure blasts. */
  readonly blasts: Blasts;
  readonly #around: Surroundings = { band: 1, total: 1, top: 1, lowTone: 0, lowRecent: 0 };
  readonly #voiceEnd: number;
  readonly #bandFrom: number;
  readonly #totalFrom: number;

  constructor(front: Front, floor: Floor, transforms: Transforms) {
    this.#floor = floor;
    this.#ridges = new Ridges(BAND, front.binHz, floor);
    this.judge = new Judge(front, transforms);
    this.blasts = new Blasts(front);
    this.#voiceEnd = Math.round(VOICE_HZ / front.binHz);
    this.#bandFrom = Math.round(BAND_FROM_HZ / front.binHz);
    this.#totalFrom = Math.round(TOTAL_FROM_HZ / front.binHz);
    this.state = {
      ridges: this.#ridges.ridges,
      judge: this.judge.state,
      blasts: this.blasts.state,
      around: this.#around,
    };
  }

  get suppressed(): number {
    return this.blasts.suppressed;
  }

  step(frame: Frame, tell: (cue: Cue) => void): void {
    if (!frame.valid) return;
    this.#lookAround(frame.power);
    this.#ridges.step(frame.hop, this.#floor, frame.power, this.#around);
    for (const ridge of this.#ridges.ridges) if (ridge.phase !== "free") this.#consider(ridge, frame.hop, tell);
    this.blasts.step(frame.hop, this.#ridges.ridges, tell);
  }

  finish(tell: (cue: Cue) => void): void {
    for (const ridge of this.#ridges.ridges) {
      if (ridge.phase === "free") continue;
      ridge.phase = "ended";
      this.#consider(ridge, ridge.lastHop, tell);
    }
    this.blasts.finish(tell);
  }

  #consider(ridge: Ridge, hop: number, tell: (cue: Cue) => void): void {
    if (!ridge.isTold && this.judge.isDue(ridge, hop)) {
      const odds = this.judge.judge(ridge) - this.#doubt(ridge, hop);
      if (odds > 0) this.blasts.accept(ridge, odds, hop, this.#ridges.ridges, tell);
      else if (odds > FAINT_ODDS && ridge.phase === "ended") this.#keepFaint(ridge, odds, hop);
    }
    if (ridge.phase !== "ended") return;
    this.judge.remember(ridge);
    ridge.phase = "free";
  }

  #keepFaint(ridge: Ridge, odds: number, hop: number): void {
    const cue = this.blasts.faint(ridge, odds, hop, this.#ridges.ridges);
    if (cue !== null) this.onFaint?.(cue);
  }

  /** The floor is young: what stands out of it may have been there before. What rules the spectrum needs it less. */
  #doubt(ridge: Ridge, hop: number): number {
    const isRuling = ridge.sumTop > RULES_TOP * ridge.hits && ridge.sumShare > RULES_SHARE * ridge.hits;
    return Math.max(0, (isRuling ? COLD_RULING_ODDS : COLD_ODDS) * (1 - hop / COLD_HOPS));
  }

  #lookAround(power: Float32Array): void {
    const { smooth, to } = this.#floor;
    const around = this.#around;
    let total = 1e-13;
    let band = 1e-13;
    let top = 1e-14;
    for (let k = this.#totalFrom; k < power.length; k += 1) total += power[k]!;
    for (let k = this.#bandFrom; k < to; k += 1) band += power[k]!;
    for (let k = this.#totalFrom; k < to; k += 1) if (smooth[k]! > top) top = smooth[k]!;
    around.total = total;
    around.band = band;
    around.top = top;
    around.lowTone = this.#strongestVoice(power);
    around.lowRecent = Math.max(around.lowRecent * RECENT_DECAY, around.lowTone);
  }

  #strongestVoice(power: Float32Array): number {
    const { smooth } = this.#floor;
    const { inTime } = this.#floor.state;
    let strongest = 0;
    for (let k = this.#totalFrom; k < this.#voiceEnd; k += 1) {
      const now = smooth[k]!;
      if (now <= strongest || now < NEW_RATIO * inTime[k]!) continue;
      if (power[k]! > TONE_RATIO * power[k - 2]! && power[k]! > TONE_RATIO * power[k + 2]!) strongest = now;
    }
    return strongest;
  }
}
