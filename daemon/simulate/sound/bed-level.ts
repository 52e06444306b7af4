import type { Match } from "../match/match.js";
import type { Random } from "../random.js";
import { decibels } from "./shape.js";

/** RMS of the crowd at kick-off, full scale 1: about -29 dBFS, so that a goal 15 dB above it does not clip. */
const BED_RMS = 0.035;
/** The crowd grows by this much from kick-off to the end. */
const GROWTH_DB = 3;
const SWELL = { sdDb: 1.4, tauSec: 35 } as const;

/** The crowd's RMS over the match, told once a second and joined by straight lines. */
export class BedLevel {
  readonly #bySecond: Float64Array;

  constructor(match: Match, random: Random) {
    const seconds = Math.ceil(match.durationSec) + 2;
    this.#bySecond = new Float64Array(seconds);
    const keep = Math.exp(-1 / SWELL.tauSec);
    let swellDb = random.normal(0, SWELL.sdDb);
    for (let second = 0; second < seconds; second++) {
      swellDb = swellDb * keep + random.normal(0, SWELL.sdDb * Math.sqrt(1 - keep * keep));
      const db = swellDb + (GROWTH_DB * second) / seconds + phaseDb(match, second);
      this.#bySecond[second] = BED_RMS * decibels(db);
    }
    for (const play of match.plays) {
      if (play.class === "goal" || play.class === "shot_on" || play.class === "shot_off") this.#excite(play.timeSec);
    }
  }

  /** Amplitude (RMS) at a moment of the session. */
  at(sec: number): number {
    const clamped = Math.min(Math.max(0, sec), this.#bySecond.length - 1.001);
    const index = Math.floor(clamped);
    const from = this.#bySecond[index] ?? 0;
    return from + ((this.#bySecond[index + 1] ?? from) - from) * (clamped - index);
  }

  /** Before a shot people see it coming: a rise of some 2 dB in four seconds. */
  #excite(sec: number): void {
    for (let ahead = 0; ahead < 4; ahead++) {
      const second = Math.floor(sec) - ahead;
      if (second >= 0) this.#bySecond[second] = (this.#bySecond[second] ?? 0) * decibels(2 - ahead / 2);
    }
  }
}

/** Before kick-off and in the break people talk rather than shout. */
function phaseDb(match: Match, sec: number): number {
  const isPlayed = match.periods.some((period) => sec >= period.startSec - 5 && sec <= period.endSec + 10);
  return isPlayed ? 0 : -4;
}
