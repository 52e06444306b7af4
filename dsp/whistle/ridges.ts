import type { Floor } from "./floor.js";

/** Whistles were seen from 1.9 to 4.3 kHz; the margin is for glides. */
const LOW_HZ = 1700;
const HIGH_HZ = 4800;
/** A peak starts a ridge when it stands 8 dB above its floor, and carries one on at 4 dB. */
const START_RATIO = 6.3;
const GO_ON_RATIO = 2.5;
/** A ridge moves at most this far in one hop (attack glides: 0.7 kHz in 30 ms). */
const REACH_HZ = 130;
/** Pause after which a ridge has ended; the pea's trill leaves pauses of up to 30 ms. */
const LONGEST_PAUSE_HOPS = 10;
/** A rise of 9 dB over the ridge's own level begins another ridge: a whistle on top of an older tone. */
const JUMP_RATIO = 8;
const DECAY = 0.95;
const ATTACK_HOPS = 8;
const SLOTS = 16;
const MOST_PEAKS = 12;

/** One tone as it moves. Sums run over the hops at which it was seen. All frequencies in bins, powers as mean square. */
export interface Ridge {
  /** 0: the slot is free. */
  alive: number;
  /** Frames are counted by hop; `startHop` is the first that shows it, `lastHop` the newest. */
  startHop: number;
  lastHop: number;
  bin: number;
  firstBin: number;
  slope: number;
  power: number;
  slowPower: number;
  peakPower: number;
  hits: number;
  sumLogRatio: number;
  sumBin: number;
  sumBinSquares: number;
  sumMove: number;
  sumInBand: number;
  sumTop: number;
  sumLowNew: number;
  sumLowTone: number;
  sumLevel: number;
  sumLevelSquares: number;
  sumNeighbours: number;
  sumSpread: number;
  sumOctave: number;
  sumLowRecent: number;
  sumShare: number;
  /** Regression of the bin on time, from the end of the attack on. */
  lateHits: number;
  lateTime: number;
  lateTimeSquares: number;
  lateBin: number;
  lateBinSquares: number;
  lateProduct: number;
  /** Onset by the fine envelope, relative to the stream's start; -1 before it was looked for. */
  onset: number;
  onsetSd: number;
  rise: number;
  attack: number;
  /** Event it was joined to: -1 none. */
  told: number;
  score: number;
}

export function emptyRidge(): Ridge {
  return {
    alive: 0, startHop: 0, lastHop: 0, bin: 0, firstBin: 0, slope: 0, power: 0, slowPower: 0, peakPower: 0, hits: 0,
    sumLogRatio: 0, sumBin: 0, sumBinSquares: 0, sumMove: 0, sumInBand: 0, sumTop: 0, sumLowNew: 0, sumLowTone: 0,
    sumLevel: 0, sumLevelSquares: 0, sumNeighbours: 0, sumSpread: 0, sumOctave: 0, sumLowRecent: 0, sumShare: 0, lateHits: 0, lateTime: 0, lateTimeSquares: 0, lateBin: 0, lateBinSquares: 0, lateProduct: 0, onset: -1, onsetSd: 0, rise: 0, attack: 0, told: -1, score: 0,
  };
}

/** What a frame tells beside its peaks. */
export interface Surroundings {
  /** Power in the whistle's band. */
  band: number;
  /** Largest smoothed power above 100 Hz. */
  top: number;
  /** Largest new smoothed power in 250-1500 Hz: more than 6 times its floor. */
  lowNew: number;
  /** The same, of bins that also stand out of their neighbours. */
  lowTone: number;
  /** The largest `lowTone` of late, decaying with 0.33 s. */
  lowRecent: number;
  /** Power of all bins above 200 Hz. */
  total: number;
}

/** Follows the tones of the whistle's band from hop to hop. */
export class Ridges {
  readonly ridges: Ridge[] = Array.from({ length: SLOTS }, emptyRidge);
  readonly #low: number;
  readonly #high: number;
  readonly #reach: number;
  readonly #cluster: number;
  readonly #peaks = new Float64Array(MOST_PEAKS);
  readonly #peakBins = new Float64Array(MOST_PEAKS);
  readonly #peakRatios = new Float64Array(MOST_PEAKS);
  readonly #peakTaken = new Uint8Array(MOST_PEAKS);
  #peakCount = 0;

  constructor(binHz: number, floor: Floor) {
    this.#low = Math.max(floor.from + 2, Math.round(LOW_HZ / binHz));
    this.#high = Math.min(floor.to - 2, Math.round(HIGH_HZ / binHz));
    this.#reach = REACH_HZ / binHz;
    this.#cluster = Math.round(300 / binHz);
  }

  get lowBin(): number { return this.#low; }
  get highBin(): number { return this.#high; }

  step(hop: number, floor: Floor, power: Float32Array, around: Surroundings): void {
    this.#findPeaks(floor);
    for (const ridge of this.ridges) if (ridge.alive === 1) this.#goOn(ridge, hop, floor, power, around);
    this.#begin(hop, power, around);
  }

  /** Strongest peaks of the frame, by how far they stand out. */
  #findPeaks(floor: Floor): void {
    const { smooth, level } = floor;
    this.#peakCount = 0;
    this.#peakTaken.fill(0);
    for (let k = this.#low; k < this.#high; k += 1) {
      const now = smooth[k]!;
      if (now < level[k]! * GO_ON_RATIO || now < smooth[k - 1]! || now <= smooth[k + 1]!) continue;
      if (now < smooth[k - 2]! || now < smooth[k + 2]!) continue;
      this.#keepPeak(k, now, now / level[k]!, smooth);
    }
  }

  #keepPeak(k: number, now: number, ratio: number, smooth: Float32Array): void {
    let at = this.#peakCount;
    if (at === MOST_PEAKS) {
      at = 0;
      for (let i = 1; i < MOST_PEAKS; i += 1) if (this.#peakRatios[i]! < this.#peakRatios[at]!) at = i;
      if (this.#peakRatios[at]! >= ratio) return;
    } else this.#peakCount += 1;
    const before = smooth[k - 1]!;
    const after = smooth[k + 1]!;
    const curve = before - 2 * now + after;
    this.#peaks[at] = now;
    this.#peakBins[at] = k + (curve < 0 ? (0.5 * (before - after)) / curve : 0);
    this.#peakRatios[at] = ratio;
  }

  #goOn(ridge: Ridge, hop: number, floor: Floor, power: Float32Array, around: Surroundings): void {
    const expected = ridge.bin + ridge.slope;
    let best = -1;
    let bestWorth = 0;
    for (let i = 0; i < this.#peakCount; i += 1) {
      if (this.#peakTaken[i] === 1) continue;
      const distance = Math.abs(this.#peakBins[i]! - expected);
      if (distance > this.#reach) continue;
      const worth = this.#peaks[i]! / (1 + distance * distance);
      if (worth > bestWorth) {
        best = i;
        bestWorth = worth;
      }
    }
    if (best < 0) {
      if (hop - ridge.lastHop > LONGEST_PAUSE_HOPS) ridge.alive = 2;
      return;
    }
    this.#peakTaken[best] = 1;
    const now = this.#peaks[best]!;
    if (now > ridge.slowPower * JUMP_RATIO) {
      if (ridge.told >= 0) {
        ridge.alive = 2;
        this.#peakTaken[best] = 0;
        return;
      }
      restart(ridge, hop, this.#peakBins[best]!);
      this.#see(ridge, best, hop, power, around);
      return;
    }
    const moved = this.#peakBins[best]! - ridge.bin;
    const hops = hop - ridge.lastHop;
    ridge.slope = 0.7 * ridge.slope + 0.3 * (moved / hops);
    if (ridge.slope > 1) ridge.slope = 1;
    if (ridge.slope < -1) ridge.slope = -1;
    ridge.sumMove += Math.abs(moved) / hops;
    this.#see(ridge, best, hop, power, around);
  }

  #see(ridge: Ridge, peak: number, hop: number, power: Float32Array, around: Surroundings): void {
    const now = this.#peaks[peak]!;
    const bin = this.#peakBins[peak]!;
    const center = Math.round(bin);
    const before = ridge.lastHop;
    ridge.lastHop = hop;
    ridge.bin = bin;
    ridge.power = now;
    ridge.slowPower = Math.max(now, ridge.slowPower * DECAY ** Math.max(1, hop - before));
    if (now > ridge.peakPower) ridge.peakPower = now;
    ridge.hits += 1;
    ridge.sumLogRatio += Math.log10(this.#peakRatios[peak]!);
    ridge.sumBin += bin;
    ridge.sumBinSquares += bin * bin;
    const level = Math.log10(now);
    ridge.sumLevel += level;
    ridge.sumLevelSquares += level * level;
    let cluster = 0;
    for (let k = center - this.#cluster; k <= center + this.#cluster; k += 1) cluster += power[k]!;
    ridge.sumLowRecent += Math.log10(1e-4 + Math.min(1e4, around.lowRecent / now));
    const age = hop - ridge.startHop;
    if (age >= ATTACK_HOPS) {
      ridge.lateHits += 1;
      ridge.lateTime += age;
      ridge.lateTimeSquares += age * age;
      ridge.lateBin += bin;
      ridge.lateBinSquares += bin * bin;
      ridge.lateProduct += age * bin;
    }
    ridge.sumShare += Math.min(1, cluster / around.total);
    ridge.sumInBand += Math.min(1, cluster / around.band);
    ridge.sumTop += Math.min(1, now / around.top);
    ridge.sumLowNew += Math.log10(1e-4 + Math.min(1e4, around.lowNew / now));
    ridge.sumLowTone += Math.log10(1e-4 + Math.min(1e4, around.lowTone / now));
    ridge.sumSpread += Math.min(1, (1.5 * now) / cluster);
    let neighbours = 0;
    for (let i = 0; i < this.#peakCount; i += 1) {
      const distance = Math.abs(this.#peakBins[i]! - bin);
      if (distance > 1.5 && distance < 17 && this.#peaks[i]! > 0.05 * now) neighbours += 1;
    }
    ridge.sumNeighbours += neighbours;
    ridge.sumOctave += Math.log10(octaveProminence(power, 2 * center));
  }

  #begin(hop: number, power: Float32Array, around: Surroundings): void {
    for (let i = 0; i < this.#peakCount; i += 1) {
      if (this.#peakTaken[i] === 1 || this.#peakRatios[i]! < START_RATIO) continue;
      let slot: Ridge | null = null;
      let isNear = false;
      for (const ridge of this.ridges) {
        if (ridge.alive === 0) slot ??= ridge;
        else if (ridge.alive === 1 && Math.abs(ridge.bin - this.#peakBins[i]!) < 1.5) isNear = true;
      }
      if (isNear || slot === null) continue;
      restart(slot, hop, this.#peakBins[i]!);
      this.#peakTaken[i] = 1;
      this.#see(slot, i, hop, power, around);
    }
  }
}

function restart(ridge: Ridge, hop: number, bin: number): void {
  Object.assign(ridge, BLANK);
  ridge.alive = 1;
  ridge.startHop = hop;
  ridge.lastHop = hop;
  ridge.bin = bin;
  ridge.firstBin = bin;
}

const BLANK: Readonly<Ridge> = emptyRidge();

/** How far the strongest bin within 3 of `octave` stands above the mean of those 5 to 14 away; 1 where the spectrum ends before. */
function octaveProminence(power: Float32Array, octave: number): number {
  if (octave + 14 >= power.length) return 1;
  let peak = 0;
  for (let k = octave - 3; k <= octave + 3; k += 1) if (power[k]! > peak) peak = power[k]!;
  let around = 1e-14;
  for (let d = 5; d <= 14; d += 1) around += power[octave - d]! + power[octave + d]!;
  return Math.max(1, Math.min(100, (20 * peak) / around));
}
