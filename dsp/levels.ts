import { bandEdges, powersToDb, powerToDb, SPECTRUM_BANDS } from "./bands.js";
import type { Level, SpectrumColumn } from "./cue.js";
import type { Frame, Front } from "./front.js";

const HOPS_PER_COLUMN = 10;

/** What the crowd's part of a level comes from. */
interface Heard {
  readonly riseDb: number;
  readonly excitement: number;
  readonly character: string;
}

interface LevelsState {
  sums: Float64Array;
  hops: number;
}

/** Gathers ten hops (50 ms) into one level and one column of the spectrogram. */
export class Levels {
  readonly state: LevelsState = { sums: new Float64Array(SPECTRUM_BANDS.length), hops: 0 };
  readonly #front: Front;
  readonly #edges: Float64Array;
  readonly #bandsDb = new Float64Array(SPECTRUM_BANDS.length);

  constructor(front: Front) {
    this.#front = front;
    this.#edges = bandEdges(front.binHz);
  }

  /** Adds a frame; true when a column is due (then call `column`, `level` and `clear`). */
  add(frame: Frame): boolean {
    if (frame.valid) {
      const { sums } = this.state;
      const edges = this.#edges;
      const { power } = frame;
      for (let band = 0; band < sums.length; band += 1) {
        const from = edges[band]!;
        const to = Math.min(Math.max(edges[band + 1]!, from + 1), power.length);
        let sum = 0;
        for (let k = from; k < to; k += 1) sum += power[k]!;
        sums[band] = sums[band]! + sum;
      }
      this.state.hops += 1;
    }
    return (frame.hop + 1) % HOPS_PER_COLUMN === 0;
  }

  get hasSound(): boolean {
    return this.state.hops > 0;
  }

  column(at: number): SpectrumColumn {
    const { sums, hops } = this.state;
    powersToDb(sums, Math.max(1, hops), this.#bandsDb);
    return { at, bandsDb: new Float32Array(this.#bandsDb) };
  }

  level(at: number, crowd: Heard): Level {
    const { intervalSum, intervalSquares, intervalPeak, intervalCount } = this.#front.state;
    const mean = intervalCount > 0 ? intervalSum / intervalCount : 0;
    const variance = intervalCount > 0 ? intervalSquares / intervalCount - mean * mean : 0;
    return {
      at,
      rmsDb: powerToDb(variance),
      peakDb: powerToDb(intervalPeak * intervalPeak),
      crowdRiseDb: crowd.riseDb,
      excitement: crowd.excitement,
      character: crowd.character,
    };
  }

  clear(): void {
    this.state.sums.fill(0);
    this.state.hops = 0;
    const front = this.#front.state;
    front.intervalSum = 0;
    front.intervalSquares = 0;
    front.intervalPeak = 0;
    front.intervalCount = 0;
  }
}
