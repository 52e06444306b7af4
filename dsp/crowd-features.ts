import { powersToDb, powerToDb } from "./bands.js";
import type { Frame, Front } from "./front.js";

/** What is measured of a crowd's sound. Names and order are those of the table of weights. */
export const CROWD_FEATURES = ["middle", "high", "top", "impulse", "contrast", "rhythm", "swing", "tilt"] as const;

/** Edges of the bands, Hz: vowels, their second formants, screams and consonants, claps. */
const EDGES_HZ = [300, 1000, 2000, 4000, 8000] as const;
const BANDS = 4;
/** Harmonics of voices are looked for here: a bin against those two away, which lie between the harmonics of most voices. */
const VOICE_FROM_HZ = 150;
const VOICE_TO_HZ = 1500;
const HOPS_PER_COLUMN = 10;
/** Claps are seen in steps of 10 ms, half of a window. */
const STEP_HOPS = 2;
/** Spectrum and steps are those of the last 2 s, the rhythm is that of 5 s: chants repeat every 0.3-2 s. */
const RECENT = 40;
const KEPT = 100;
const SHORTEST_BEAT = 6;
const LONGEST_BEAT = 40;
/** The level's own slow course, taken off before the rhythm is looked for: the mean of 2 s around. */
const COURSE = 20;
/** Mean squares get so much of nothing added. */
const NOTHING = 1e-12;

interface FeaturesState {
  sums: Float64Array;
  voice: Float64Array;
  step: number;
  hops: number;
  /** dB of the two upper bands in the last hops. */
  upper: Float64Array;
  upperCount: number;
  count: number;
  /** Rings of columns: four bands' power, step, contrast, level. */
  bands: Float32Array;
  steps: Float32Array;
  contrasts: Float32Array;
  levels: Float32Array;
}

/** What a crowd's sound is like, by its spectrum, its claps, its voices and its rhythm; ratios only, so that the gain of the channel plays no part. */
export class CrowdFeatures {
  readonly state: FeaturesState;
  /** In the order of `CROWD_FEATURES`; filled by `measure`. */
  readonly values = new Float64Array(CROWD_FEATURES.length);
  readonly #edges: Int32Array;
  readonly #voiceFrom: number;
  readonly #voiceDb: Float64Array;
  readonly #means = new Float64Array(BANDS);
  readonly #track = new Float64Array(KEPT);

  constructor(front: Front) {
    this.#edges = Int32Array.from(EDGES_HZ, (hz) => Math.min(front.bins, Math.round(hz / front.binHz)));
    this.#voiceFrom = Math.max(3, Math.round(VOICE_FROM_HZ / front.binHz));
    const width = Math.min(front.bins, Math.round(VOICE_TO_HZ / front.binHz) + 1) - this.#voiceFrom + 4;
    this.#voiceDb = new Float64Array(width);
    this.state = {
      sums: new Float64Array(BANDS),
      voice: new Float64Array(width),
      step: 0.5,
      hops: 0,
      upper: new Float64Array(STEP_HOPS),
      upperCount: 0,
      count: 0,
      bands: new Float32Array(KEPT * BANDS),
      steps: new Float32Array(KEPT),
      contrasts: new Float32Array(KEPT),
      levels: new Float32Array(KEPT),
    };
    // A field that was first a fraction stays one: a whole number that becomes a fraction later is allocated anew at each change.
    this.state.step = 0;
  }

  /** Takes a hop in; true when it completed a column that holds sound. */
  add(frame: Frame): boolean {
    const { state } = this;
    if (frame.valid) this.#sum(frame.power);
    else state.upperCount = 0;
    if ((frame.hop + 1) % HOPS_PER_COLUMN !== 0) return false;
    const hasSound = state.hops > 0;
    if (hasSound) this.#column();
    state.sums.fill(0);
    state.voice.fill(0);
    state.step = 0;
    state.hops = 0;
    return hasSound;
  }

  /** Fills `values`; false as long as less than 5 s were heard. */
  measure(): boolean {
    const { state, values } = this;
    if (state.count < KEPT) return false;
    this.#meanBands();
    const means = this.#means;
    values[0] = (means[1]! - means[0]!) / 10;
    values[1] = (means[2]! - means[1]!) / 10;
    values[2] = (means[3]! - means[2]!) / 10;
    values[3] = this.#meanOf(state.steps);
    values[4] = this.#meanOf(state.contrasts) / 3;
    this.#rhythm();
    values[7] = (means[3]! - means[0]!) / 20;
    return true;
  }

  #sum(power: Float32Array): void {
    const { state } = this;
    const edges = this.#edges;
    let upper = NOTHING;
    for (let band = 0; band < BANDS; band += 1) {
      let sum = 0;
      for (let k = edges[band]!; k < edges[band + 1]!; k += 1) sum += power[k]!;
      state.sums[band] = state.sums[band]! + sum;
      if (band >= 2) upper += sum;
    }
    const from = this.#voiceFrom - 2;
    for (let i = 0; i < state.voice.length; i += 1) state.voice[i] = state.voice[i]! + power[from + i]!;
    const place = state.upperCount % STEP_HOPS;
    const now = powerToDb(upper);
    if (state.upperCount >= STEP_HOPS) state.step += Math.abs(now - state.upper[place]!);
    state.upper[place] = now;
    state.upperCount += 1;
    state.hops += 1;
  }

  #column(): void {
    const { state } = this;
    const at = state.count % KEPT;
    let level = NOTHING;
    for (let band = 0; band < BANDS; band += 1) {
      state.bands[at * BANDS + band] = state.sums[band]! / state.hops;
      if (band < 3) level += state.sums[band]! / state.hops;
    }
    state.steps[at] = state.step / state.hops;
    state.levels[at] = powerToDb(level);
    state.contrasts[at] = this.#contrast();
    state.count += 1;
  }

  /** Mean distance of a bin from those two beside it, dB. */
  #contrast(): number {
    const db = this.#voiceDb;
    powersToDb(this.state.voice, this.state.hops, db);
    let sum = 0;
    for (let i = 2; i + 2 < db.length; i += 1) sum += Math.abs(db[i]! - 0.5 * (db[i - 2]! + db[i + 2]!));
    return sum / (db.length - 4);
  }

  #meanBands(): void {
    const { bands, count } = this.state;
    const means = this.#means.fill(0);
    for (let back = 0; back < RECENT; back += 1) {
      const at = ((count - 1 - back) % KEPT) * BANDS;
      for (let band = 0; band < BANDS; band += 1) means[band] = means[band]! + bands[at + band]!;
    }
    for (let band = 0; band < BANDS; band += 1) means[band] = means[band]! + NOTHING * RECENT;
    powersToDb(means, RECENT, means);
  }

  #meanOf(ring: Float32Array): number {
    let sum = 0;
    for (let back = 0; back < RECENT; back += 1) sum += ring[(this.state.count - 1 - back) % KEPT]!;
    return sum / RECENT;
  }

  /** How alike the level is to itself one beat earlier, at the best beat, 0-1; and how far it swings, dB. */
  #rhythm(): void {
    this.#takeTrack();
    const track = this.#track;
    const first = COURSE;
    const last = KEPT - COURSE;
    let squares = 1e-3;
    for (let i = first; i < last; i += 1) squares += track[i]! * track[i]!;
    let best = 0;
    let before = Number.POSITIVE_INFINITY;
    let isRising = false;
    for (let beat = SHORTEST_BEAT; beat <= LONGEST_BEAT; beat += 1) {
      let sum = 0;
      for (let i = first + beat; i < last; i += 1) sum += track[i]! * track[i - beat]!;
      // The fewer pairs there are the less each of them says: the sum is not made larger.
      const alike = sum / squares;
      if (isRising && alike < before && before > best) best = before;
      isRising = alike > before;
      before = alike;
    }
    this.values[5] = best;
    this.values[6] = Math.sqrt(squares / (last - first)) / 3;
  }

  /** The level's columns, oldest first, less their own slow course. */
  #takeTrack(): void {
    const { levels, count } = this.state;
    const track = this.#track;
    for (let i = COURSE; i < KEPT - COURSE; i += 1) {
      let course = 0;
      for (let j = i - COURSE; j <= i + COURSE; j += 1) course += levels[(count + j) % KEPT]!;
      track[i] = levels[(count + i) % KEPT]! - course / (2 * COURSE + 1);
    }
  }
}
