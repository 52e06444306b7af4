import { powerToDb } from "./bands.js";
import type { Cue } from "./cue.js";
import type { Detector } from "./detector.js";
import type { Frame, Front } from "./front.js";
import { RateLimit } from "./rate-limit.js";

/** The level is the mean of the dB of eight bands of 300-4000 Hz: a whistle or a horn moves one of them, a crowd all. */
const BANDS = 8;
const LOW_HZ = 300;
const HIGH_HZ = 4000;
const HOPS_PER_COLUMN = 10;
const COLUMN_SEC = 0.05;
/** The baseline is the median of the last 20 s. It begins to count after 5 s. */
const BASELINE_COLUMNS = 400;
const FEWEST_COLUMNS = 100;
/** A roar: 5 dB over the baseline in at least 22 of 24 columns (1.2 s). It ends when it was below 2.5 dB for 1 s. */
const RISE_DB = 5;
const WINDOW_COLUMNS = 24;
const FEWEST_ABOVE = 22;
const END_DB = 2.5;
const END_COLUMNS = 20;
const LONGEST_COLUMNS = 1200;
/** Onset: back from the first column above the rise to where the smoothed level was last within 1.2 dB of the baseline; at most 2.5 s. */
const ONSET_DB = 1.2;
const MOST_BACK_COLUMNS = 50;
/** Excitement is the logistic of the rise, rising in 0.4 s and sinking in 4 s. */
const EXCITED_DB = 5;
const EXCITED_SCALE_DB = 1.5;
const EXCITED_UP = COLUMN_SEC / 0.4;
const EXCITED_DOWN = COLUMN_SEC / 4;
const TRAIN_GAP_SEC = 1.5;

interface RoarState {
  sums: Float64Array;
  hops: number;
  /** Ring of the levels of the last columns, dB, and where each column began (relative to the stream's start). */
  levels: Float64Array;
  starts: Float64Array;
  count: number;
  baselineDb: number;
  riseDb: number;
  excitement: number;
  isRoaring: boolean;
  isSilent: boolean;
  onset: number;
  onsetSdSec: number;
  floorDb: number;
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
  readonly #edges: Float64Array;
  readonly #sorted = new Float64Array(BASELINE_COLUMNS);
  readonly #limit: RateLimit;

  constructor(front: Front) {
    this.#front = front;
    this.#limit = new RateLimit(front.sampleRate / front.hopSamples);
    this.#edges = Float64Array.from({ length: BANDS + 1 }, (_, i) =>
      Math.round((LOW_HZ * (HIGH_HZ / LOW_HZ) ** (i / BANDS)) / front.binHz),
    );
    this.state = emptyState(this.#limit.state);
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

  step(frame: Frame, tell: (cue: Cue) => void): void {
    const { state } = this;
    if (frame.valid) this.#add(frame.power);
    if ((frame.hop + 1) % HOPS_PER_COLUMN !== 0) return;
    if (state.hops > 0) this.#column(frame, tell);
    state.sums.fill(0);
    state.hops = 0;
  }

  finish(tell: (cue: Cue) => void): void {
    if (this.state.isRoaring) this.#end(tell);
  }

  #add(power: Float32Array): void {
    const { sums } = this.state;
    for (let band = 0; band < BANDS; band += 1) {
      const to = Math.min(this.#edges[band + 1]!, power.length);
      let sum = 0;
      for (let k = this.#edges[band]!; k < to; k += 1) sum += power[k]!;
      sums[band] = sums[band]! + sum;
    }
    this.state.hops += 1;
  }

  #column(frame: Frame, tell: (cue: Cue) => void): void {
    const { state } = this;
    let level = 0;
    for (const sum of state.sums) level += powerToDb(sum / state.hops) / BANDS;
    const at = state.count % BASELINE_COLUMNS;
    state.levels[at] = level;
    state.starts[at] = frame.start + this.#front.size / 2 - (HOPS_PER_COLUMN - 0.5) * this.#front.hopSamples;
    state.count += 1;
    state.baselineDb = this.#median();
    const reference = state.isRoaring ? state.floorDb : state.baselineDb;
    const isKnown = state.count >= FEWEST_COLUMNS;
    state.riseDb = isKnown ? level - reference : 0;
    this.#excite(isKnown);
    if (state.isRoaring) this.#goOn(level, tell);
    else if (isKnown && state.riseDb >= RISE_DB) this.#begin(frame.hop, tell);
  }

  #excite(isKnown: boolean): void {
    const { state } = this;
    const target = isKnown ? 1 / (1 + Math.exp((EXCITED_DB - state.riseDb) / EXCITED_SCALE_DB)) : 0;
    state.excitement += (target > state.excitement ? EXCITED_UP : EXCITED_DOWN) * (target - state.excitement);
  }

  #median(): number {
    const { levels, count } = this.state;
    const sorted = this.#sorted.subarray(0, Math.min(count, BASELINE_COLUMNS));
    for (let i = 0; i < sorted.length; i += 1) sorted[i] = levels[i]!;
    sorted.sort();
    return sorted[sorted.length >> 1]!;
  }

  /** Level `back` columns ago, mean of it and its neighbours. */
  #smoothed(back: number): number {
    return (this.#at(back) + this.#at(back + 1) + this.#at(Math.max(0, back - 1))) / 3;
  }

  #at(back: number): number {
    const { levels, count } = this.state;
    return levels[(count - 1 - back + BASELINE_COLUMNS) % BASELINE_COLUMNS]!;
  }

  #begin(hop: number, tell: (cue: Cue) => void): void {
    const { state } = this;
    let above = 0;
    let sum = 0;
    let first = 0;
    for (let back = 0; back < WINDOW_COLUMNS; back += 1) {
      const rise = this.#at(back) - state.baselineDb;
      sum += rise;
      if (rise < RISE_DB) continue;
      above += 1;
      first = back;
    }
    if (above < FEWEST_ABOVE) return;
    let back = first;
    const most = Math.min(first + MOST_BACK_COLUMNS, state.count - 2);
    while (back < most && this.#smoothed(back) > state.baselineDb + ONSET_DB) back += 1;
    const at = (state.count - 1 - Math.max(0, back - 1) + BASELINE_COLUMNS) % BASELINE_COLUMNS;
    const isInTrain = state.starts[at]! - state.lastEnd < TRAIN_GAP_SEC * this.#front.sampleRate;
    state.isRoaring = true;
    state.isSilent = !this.#limit.allow(hop);
    state.onset = Math.max(state.starts[at]!, state.lastEnd);
    state.onsetSdSec = 0.1 + 0.1 * COLUMN_SEC * (back - first);
    state.floorDb = state.baselineDb;
    state.peakRiseDb = sum / WINDOW_COLUMNS;
    state.quietColumns = 0;
    state.columns = 0;
    state.trainCount = isInTrain ? state.trainCount + 1 : 1;
    if (!state.isSilent) tell(this.#cue(null));
  }

  #goOn(level: number, tell: (cue: Cue) => void): void {
    const { state } = this;
    state.columns += 1;
    state.peakRiseDb = Math.max(state.peakRiseDb, this.#smoothed(0) - state.floorDb);
    if (level - state.floorDb >= END_DB) {
      state.quietColumns = 0;
      state.lastAbove = state.starts[(state.count - 1) % BASELINE_COLUMNS]! + HOPS_PER_COLUMN * this.#front.hopSamples;
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
    return {
      key: `roar-${Math.round(origin + state.onset)}`,
      kind: "roar",
      onset: origin + state.onset,
      end: end === null ? null : origin + end,
      onsetSdSec: state.onsetSdSec,
      score: 1 / (1 + Math.exp(3.5 - 0.9 * state.peakRiseDb)),
      count: state.trainCount,
      levelDb: state.floorDb + state.peakRiseDb + 10 * Math.log10(BANDS),
      tonesHz: [],
      reported: origin + this.#front.heardUpTo,
      isFinal: end !== null,
      flags: [],
    };
  }
}

function emptyState(limit: object): RoarState {
  return {
    sums: new Float64Array(BANDS),
    hops: 0,
    levels: new Float64Array(BASELINE_COLUMNS),
    starts: new Float64Array(BASELINE_COLUMNS),
    count: 0,
    baselineDb: 0,
    riseDb: 0,
    excitement: 0,
    isRoaring: false,
    isSilent: false,
    onset: 0,
    onsetSdSec: 0,
    floorDb: 0,
    peakRiseDb: 0,
    quietColumns: 0,
    columns: 0,
    lastAbove: 0,
    lastEnd: -1e12,
    trainCount: 0,
    limit,
  };
}
