import { COLUMN_SEC, CROWD_BANDS, CrowdLevel, HELD_COLUMNS, KEPT_COLUMNS } from "./crowd-level.js";
import { CrowdMood, NAMED_FROM, nameOf, sharesOf } from "./crowd-mood.js";
import { CROWD_CLASSES } from "./crowd-weights.js";
import type { Cue } from "./cue.js";
import type { Detector } from "./detector.js";
import type { Frame, Front } from "./front.js";
import { RateLimit } from "./rate-limit.js";
import { RiseFit } from "./rise-fit.js";

/** The crowd must be known for so long: 15 s. */
const FEWEST_COLUMNS = 300;
/**
 * A roar: what was held over 1.2 s is 3.6 dB over the baseline and 1 dB over what the crowd reached of its own in the last 30 s, and three quarters of
 * those columns are 2.7 dB over the baseline. It ends when it was below 2.5 dB for 1 s.
 */
const RISE_DB = 3.6;
const OVER_REACHED_DB = 1;
const COLUMN_RISE_DB = 2.7;
const FEWEST_ABOVE = 18;
/** And half of the bands have risen by 1.5 dB over what they were before: a whistle moves one or two of them. */
const BAND_RISE_DB = 1.5;
const FEWEST_BANDS = 4;
const END_DB = 2.5;
const END_COLUMNS = 20;
const LONGEST_COLUMNS = 1200;
/** After 15 s the crowd's new level counts as its own: a stand that fills at kick-off is no roar of a minute. */
const SETTLED_COLUMNS = 300;
/** 2.6 s: a crowd that has been up for longer than that says nothing of when the rise began. */
const LONGEST_RISEN = 52;
/** Sound that was lost within the columns that are fitted makes the onset a guess. */
const GAP_SD_SEC = 0.5;
/** Excitement is the logistic of the rise, rising in 0.4 s and sinking in 4 s. */
const EXCITED_DB = 5;
const EXCITED_SCALE_DB = 1.5;
const EXCITED_UP = COLUMN_SEC / 0.4;
const EXCITED_DOWN = COLUMN_SEC / 4;
const TRAIN_GAP_SEC = 1.5;
/** The crowd fell quiet: 6 dB below its baseline for 1 s. */
const SILENT_DB = -6;
const SILENT_COLUMNS = 20;
/** A crowd that is 2.5 dB up does what is most likely; one that is not may chant or clap all the same, where that is surer. */
const UP_DB = 2.5;
const SURE_FROM = 0.85;

interface RoarState {
  crowd: object;
  mood: object;
  /** Probabilities of what the crowd does, summed over the roar. */
  shares: Float64Array;
  silentColumns: number;
  character: string;
  riseDb: number;
  excitement: number;
  isRoaring: boolean;
  isSilent: boolean;
  onset: number;
  onsetSdSec: number;
  isAfterGap: boolean;
  floorDb: number;
  /** What the roar is measured against as it lasts. */
  usualDb: number;
  peakRiseDb: number;
  quietColumns: number;
  columns: number;
  lastAbove: number;
  lastEnd: number;
  trainCount: number;
  limit: object;
}

/** Rises of the crowd above its own late level, and how excited it is. */
export class RoarDetector implements Detector {
  readonly state: RoarState;
  readonly #front: Front;
  readonly #crowd: CrowdLevel;
  readonly #mood: CrowdMood;
  readonly #fit = new RiseFit();
  readonly #limit: RateLimit;

  constructor(front: Front) {
    this.#front = front;
    this.#crowd = new CrowdLevel(front);
    this.#mood = new CrowdMood(front);
    this.#limit = new RateLimit(front.sampleRate / front.hopSamples);
    this.state = emptyState(this.#crowd.state, this.#mood.state, this.#limit.state);
  }

  get suppressed(): number {
    return this.#limit.state.suppressed;
  }

  get riseDb(): number {
    return this.state.riseDb;
  }

  get excitement(): number {
    return this.state.excitement;
  }

  /** What the crowd does now: see `Level`. */
  get character(): string {
    return this.state.character;
  }

  step(frame: Frame, tell: (cue: Cue) => void): void {
    this.#mood.step(frame);
    if (this.#crowd.add(frame)) this.#column(frame.hop, tell);
  }

  finish(tell: (cue: Cue) => void): void {
    if (this.state.isRoaring) this.#end(tell);
  }

  #column(hop: number, tell: (cue: Cue) => void): void {
    const { state } = this;
    const { count, levelDb, baselineDb } = this.#crowd.state;
    const isKnown = count >= FEWEST_COLUMNS;
    state.riseDb = isKnown ? levelDb - (state.isRoaring ? state.usualDb : baselineDb) : 0;
    this.#excite(isKnown);
    this.#characterise();
    if (state.isRoaring) this.#goOn(levelDb, tell);
    else if (isKnown && this.#isRisen()) this.#begin(hop, tell);
  }

  #excite(isKnown: boolean): void {
    const { state } = this;
    const target = isKnown ? 1 / (1 + Math.exp((EXCITED_DB - state.riseDb) / EXCITED_SCALE_DB)) : 0;
    state.excitement += (target > state.excitement ? EXCITED_UP : EXCITED_DOWN) * (target - state.excitement);
  }

  #characterise(): void {
    const { state } = this;
    state.silentColumns = state.riseDb <= SILENT_DB ? state.silentColumns + 1 : 0;
    if (state.silentColumns >= SILENT_COLUMNS) state.character = "silence";
    else {
      const { isKnown, shares } = this.#mood.state;
      const isUp = state.riseDb >= UP_DB;
      const name = isKnown ? nameOf(shares, isUp ? NAMED_FROM : SURE_FROM) : "unknown";
      state.character = isUp || name === "chant" || name === "applause" ? name : "unknown";
    }
  }

  #isRisen(): boolean {
    const { heldDb, baselineDb, reachedDb } = this.#crowd.state;
    if (heldDb < baselineDb + RISE_DB || heldDb < reachedDb + OVER_REACHED_DB) return false;
    let above = 0;
    for (let back = 0; back < HELD_COLUMNS; back += 1) {
      if (this.#crowd.levelAt(back) >= baselineDb + COLUMN_RISE_DB) above += 1;
    }
    return above >= FEWEST_ABOVE && this.#fit.bandsRisen(this.#crowd, BAND_RISE_DB) >= FEWEST_BANDS;
  }

  #begin(hop: number, tell: (cue: Cue) => void): void {
    const { state } = this;
    const { heldDb, baselineDb } = this.#crowd.state;
    this.#time();
    state.shares.fill(0);
    this.#mood.addTo(state.shares);
    const isInTrain = state.onset - state.lastEnd < TRAIN_GAP_SEC * this.#front.sampleRate;
    state.isRoaring = true;
    state.isSilent = !this.#limit.allow(hop);
    state.floorDb = baselineDb;
    state.usualDb = baselineDb;
    state.peakRiseDb = heldDb - baselineDb;
    state.quietColumns = 0;
    state.columns = 0;
    state.trainCount = isInTrain ? state.trainCount + 1 : 1;
    if (!state.isSilent) tell(this.#cue(null));
  }

  #time(): void {
    const { state } = this;
    const crowd = this.#crowd;
    const isFitted = this.#fit.fit(crowd, this.#risenColumns());
    const { backColumns, sdSec } = this.#fit.result;
    const back = isFitted ? backColumns : HELD_COLUMNS;
    const column = Math.min(Math.ceil(back) - 1, KEPT_COLUMNS - 1);
    const at = crowd.startAt(column) + (column + 1 - back) * crowd.columnSamples;
    const elapsed = crowd.startAt(0) - crowd.startAt(column);
    state.isAfterGap = elapsed > (column + 0.5) * crowd.columnSamples;
    state.onset = Math.max(at, state.lastEnd);
    state.onsetSdSec = isFitted && !state.isAfterGap ? sdSec : Math.max(GAP_SD_SEC, sdSec);
  }

  /** For how many columns the crowd has been risen without a pause: the rise began before them. 0 when that is longer than a roar takes to be known. */
  #risenColumns(): number {
    const leastDb = this.#crowd.state.baselineDb + COLUMN_RISE_DB;
    let risen = 0;
    for (let back = 0; back <= LONGEST_RISEN; back += 1) {
      if (this.#crowd.levelAt(back) >= leastDb) risen = back;
      else if (back >= HELD_COLUMNS) return risen;
    }
    return 0;
  }

  #goOn(levelDb: number, tell: (cue: Cue) => void): void {
    const { state } = this;
    state.columns += 1;
    this.#mood.addTo(state.shares);
    if (state.columns > SETTLED_COLUMNS) state.usualDb = Math.max(state.floorDb, this.#crowd.state.baselineDb);
    state.peakRiseDb = Math.max(state.peakRiseDb, levelDb - state.floorDb);
    if (levelDb - state.usualDb >= END_DB) {
      state.quietColumns = 0;
      state.lastAbove = this.#crowd.startAt(0) + this.#crowd.columnSamples;
    } else state.quietColumns += 1;
    if (state.quietColumns >= END_COLUMNS || state.columns >= LONGEST_COLUMNS) this.#end(tell);
  }

  #end(tell: (cue: Cue) => void): void {
    const { state } = this;
    state.isRoaring = false;
    state.lastEnd = Math.max(state.lastAbove, state.onset);
    if (!state.isSilent) tell(this.#cue(state.lastEnd));
  }

  #cue(end: number | null): Cue {
    const { state } = this;
    const { origin } = this.#front.state;
    const shares = sharesOf(state.shares);
    return {
      key: `roar-${Math.round(origin + state.onset)}`,
      kind: "roar",
      onset: origin + state.onset,
      end: end === null ? null : origin + end,
      onsetSdSec: state.onsetSdSec,
      score: 1 / (1 + Math.exp(3.5 - 0.9 * state.peakRiseDb)),
      count: state.trainCount,
      levelDb: state.floorDb + state.peakRiseDb + 10 * Math.log10(CROWD_BANDS),
      tonesHz: [],
      reported: origin + this.#front.heardUpTo,
      isFinal: end !== null,
      flags: state.isAfterGap ? ["afterGap"] : [],
      character: nameOf(state.shares, NAMED_FROM),
      ...(shares === null ? {} : { characterShares: shares }),
    };
  }
}

function emptyState(crowd: object, mood: object, limit: object): RoarState {
  return {
    crowd,
    mood,
    shares: new Float64Array(CROWD_CLASSES.length),
    silentColumns: 0,
    character: "unknown",
    riseDb: 0,
    excitement: 0,
    isRoaring: false,
    isSilent: false,
    onset: 0,
    onsetSdSec: 0,
    isAfterGap: false,
    floorDb: 0,
    usualDb: 0,
    peakRiseDb: 0,
    quietColumns: 0,
    columns: 0,
    lastAbove: 0,
    lastEnd: -1e12,
    trainCount: 0,
    limit,
  };
}
