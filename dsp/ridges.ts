import type { Floor } from "./floor.js";
import { emptyRidge, type Ridge, restart, type Surroundings, see } from "./ridge.js";

/** A peak starts a ridge when it stands 8 dB above its floor, and carries one on at 4 dB. */
const START_RATIO = 6.3;
const GO_ON_RATIO = 2.5;
/** Pause after which a ridge has ended; the pea's trill leaves pauses of up to 30 ms. */
const LONGEST_PAUSE_HOPS = 10;
/** A rise of 6 dB over the ridge's own late peak begins another ridge: a whistle on top of an older tone. The late peak sinks 0.22 dB a hop. */
const JUMP_RATIO = 4;
const PEAK_DECAY = 0.95;
/** Two ridges are never closer than this, in bins: one main lobe is one tone. */
const APART_BINS = 1.5;
const MOST_PEAKS = 12;

export interface RidgeBand {
  readonly lowHz: number;
  readonly highHz: number;
  /** A ridge moves at most this far in one hop. */
  readonly reachHz: number;
  /** Half width of what is counted as the tone's own energy. */
  readonly clusterHz: number;
  /** Tones followed at once. */
  readonly slots: number;
}

/** Follows the tones of one band from hop to hop, fed by at most 12 peaks of a frame. */
export class Ridges {
  readonly ridges: Ridge[];
  readonly lowBin: number;
  readonly highBin: number;
  readonly #reach: number;
  readonly #clusterBins: number;
  readonly #powers = new Float64Array(MOST_PEAKS);
  readonly #bins = new Float64Array(MOST_PEAKS);
  readonly #ratios = new Float64Array(MOST_PEAKS);
  readonly #isTaken = new Uint8Array(MOST_PEAKS);
  #count = 0;

  constructor(band: RidgeBand, binHz: number, floor: Floor) {
    this.ridges = Array.from({ length: band.slots }, emptyRidge);
    this.lowBin = Math.max(floor.from + 2, Math.round(band.lowHz / binHz));
    this.highBin = Math.min(floor.to - 2, Math.round(band.highHz / binHz));
    this.#reach = band.reachHz / binHz;
    this.#clusterBins = Math.round(band.clusterHz / binHz);
  }

  step(hop: number, floor: Floor, power: Float32Array, around: Surroundings): void {
    this.#findPeaks(floor);
    for (const ridge of this.ridges) if (ridge.phase === "alive") this.#goOn(ridge, hop, power, around);
    this.#begin(hop, power, around);
  }

  /** Peaks that stand out most; a peak is the largest of five bins. */
  #findPeaks(floor: Floor): void {
    const { smooth, level } = floor;
    this.#count = 0;
    this.#isTaken.fill(0);
    for (let k = this.lowBin; k < this.highBin; k += 1) {
      const now = smooth[k]!;
      if (now < level[k]! * GO_ON_RATIO || now < smooth[k - 1]! || now <= smooth[k + 1]!) continue;
      if (now >= smooth[k - 2]! && now >= smooth[k + 2]!) this.#keepPeak(k, now, now / level[k]!, smooth);
    }
  }

  #keepPeak(k: number, now: number, ratio: number, smooth: Float32Array): void {
    let at = this.#count;
    if (at === MOST_PEAKS) {
      at = 0;
      for (let i = 1; i < MOST_PEAKS; i += 1) if (this.#ratios[i]! < this.#ratios[at]!) at = i;
      if (this.#ratios[at]! >= ratio) return;
    } else this.#count += 1;
    const before = smooth[k - 1]!;
    const after = smooth[k + 1]!;
    const curve = before - 2 * now + after;
    this.#powers[at] = now;
    this.#bins[at] = k + (curve < 0 ? (0.5 * (before - after)) / curve : 0);
    this.#ratios[at] = ratio;
  }

  #goOn(ridge: Ridge, hop: number, power: Float32Array, around: Surroundings): void {
    const peak = this.#nearest(ridge.bin + ridge.slope);
    if (peak < 0) {
      if (hop - ridge.lastHop > LONGEST_PAUSE_HOPS) ridge.phase = "ended";
      return;
    }
    const now = this.#powers[peak]!;
    const bin = this.#bins[peak]!;
    const hops = hop - ridge.lastHop;
    if (now > ridge.latePeak * JUMP_RATIO) {
      if (ridge.isTold) {
        ridge.phase = "ended";
        return;
      }
      restart(ridge, hop, bin);
    } else {
      const moved = (bin - ridge.bin) / hops;
      ridge.slope = Math.max(-1, Math.min(1, 0.7 * ridge.slope + 0.3 * moved));
      ridge.sumMove += Math.abs(moved);
      ridge.latePeak *= PEAK_DECAY ** hops;
    }
    this.#isTaken[peak] = 1;
    see(ridge, hop, bin, now, this.#ratios[peak]!, this.#neighbours(bin, now), this.#clusterBins, power, around);
  }

  /** The free peak that suits best: strong and near. */
  #nearest(expected: number): number {
    let best = -1;
    let bestWorth = 0;
    for (let i = 0; i < this.#count; i += 1) {
      const distance = Math.abs(this.#bins[i]! - expected);
      if (this.#isTaken[i] === 1 || distance > this.#reach) continue;
      const worth = this.#powers[i]! / (1 + distance * distance);
      if (worth > bestWorth) {
        best = i;
        bestWorth = worth;
      }
    }
    return best;
  }

  /** Peaks within 800 Hz and 13 dB: the other tones of a pealess whistle, the side lines of a trill. */
  #neighbours(bin: number, power: number): number {
    let count = 0;
    for (let i = 0; i < this.#count; i += 1) {
      const distance = Math.abs(this.#bins[i]! - bin);
      if (distance > APART_BINS && distance < 17 && this.#powers[i]! > 0.05 * power) count += 1;
    }
    return count;
  }

  #begin(hop: number, power: Float32Array, around: Surroundings): void {
    for (let i = 0; i < this.#count; i += 1) {
      if (this.#isTaken[i] === 1 || this.#ratios[i]! < START_RATIO) continue;
      const bin = this.#bins[i]!;
      const slot = this.#freeSlot(bin);
      if (slot === null) continue;
      restart(slot, hop, bin);
      const now = this.#powers[i]!;
      this.#isTaken[i] = 1;
      see(slot, hop, bin, now, this.#ratios[i]!, this.#neighbours(bin, now), this.#clusterBins, power, around);
    }
  }

  /** `null` when all slots are taken or a ridge is there already. */
  #freeSlot(bin: number): Ridge | null {
    let slot: Ridge | null = null;
    for (const ridge of this.ridges) {
      if (ridge.phase === "free") slot ??= ridge;
      else if (ridge.phase === "alive" && Math.abs(ridge.bin - bin) < APART_BINS) return null;
    }
    return slot;
  }
}
