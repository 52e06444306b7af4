import { FLOOR_DB, powerToDb } from "../../../dsp/bands.js";
import { hannWindow } from "../../../dsp/front.js";
import type { SampleBlock } from "../../../dsp/index.js";
import { type RealTransform, type Transforms, transformSize } from "../../../dsp/transform.js";

/** Rows of the spectrogram, evenly from 0 to `TOP_HZ`. */
export const ROWS = 128;
export const TOP_HZ = 6000;
const WINDOW_SEC = 1024 / 48_000;
const HOP_SEC = 0.005;
/** Most columns that are kept; when they are full, each two become one. */
const MOST_COLUMNS = 16_384;

/** Part of a spectrogram, ready to draw. */
export interface Look {
  /** dBFS, `ROWS` values from the lowest frequency; `null` where no sound is known. */
  readonly rowsDb: Float32Array | null;
  readonly rmsDb: number;
  readonly peakDb: number;
}

const NOTHING: Look = { rowsDb: null, rmsDb: FLOOR_DB, peakDb: FLOOR_DB };

/**
 * The spectrogram of a stream of unknown length in bounded memory: columns of 5 ms that are joined two by two whenever there are too
 * many, so a short file shows every trill and a long one its loudest in each column. Sound that was lost leaves a gap.
 */
export class Spectrogram {
  /** First sample that was added, and one past the last. */
  #origin: number | null = null;
  #end = 0;
  readonly #rate: number;
  readonly #hop: number;
  readonly #size: number;
  readonly #transform: RealTransform;
  readonly #window: Float32Array;
  readonly #samples: Float32Array;
  readonly #binOfRow: Float64Array;
  #filled = 0;
  #lostUntil = 0;
  #hops = 0;
  #hopsPerColumn = 1;
  readonly #power = new Float32Array(MOST_COLUMNS * ROWS);
  readonly #squares = new Float64Array(MOST_COLUMNS);
  readonly #peaks = new Float32Array(MOST_COLUMNS);
  readonly #counts = new Uint32Array(MOST_COLUMNS);

  constructor(sampleRate: number, transforms: Transforms) {
    this.#rate = sampleRate;
    this.#hop = Math.max(1, Math.round(HOP_SEC * sampleRate));
    this.#size = transformSize(WINDOW_SEC * sampleRate);
    this.#transform = transforms.get(this.#size);
    this.#window = hannWindow(this.#size);
    this.#samples = new Float32Array(this.#size);
    const binHz = sampleRate / this.#size;
    this.#binOfRow = Float64Array.from({ length: ROWS }, (_, row) => Math.round(((row + 0.5) * TOP_HZ) / ROWS / binHz));
  }

  get fromSec(): number {
    return (this.#origin ?? 0) / this.#rate;
  }

  get toSec(): number {
    return this.#end / this.#rate;
  }

  /** Blocks in their order; a jump ahead is lost sound. */
  add({ firstSample, samples, invalid }: SampleBlock): void {
    this.#origin ??= firstSample;
    const gap = firstSample - Math.max(this.#end, this.#origin);
    if (gap > 0) {
      this.#lostUntil = firstSample;
      for (let i = 0; i < gap; i++) this.#take(0);
    }
    for (let i = 0; i < samples.length; i++) {
      const at = firstSample + i;
      if (invalid.length > 0 && invalid.some(({ from, to }) => at >= from && at < to)) this.#lostUntil = at + 1;
      this.#take(samples[i] ?? 0);
    }
  }

  /** The loudest between two times, seconds. The last half window of the sound shows what the last whole one did. */
  look(fromSec: number, toSec: number): Look {
    const first = Math.max(0, Math.min(this.#columns - 1, this.#columnAt(fromSec)));
    const last = Math.min(this.#columns - 1, Math.max(first, this.#columnAt(toSec) - 1));
    const rowsDb = new Float32Array(ROWS);
    let [squares, peak, count] = [0, 0, 0];
    for (let column = first; column <= last; column++) {
      const hops = this.#counts[column] ?? 0;
      if (hops === 0) continue;
      count += hops;
      squares += this.#squares[column] ?? 0;
      peak = Math.max(peak, this.#peaks[column] ?? 0);
      for (let row = 0; row < ROWS; row++) {
        rowsDb[row] = Math.max(rowsDb[row] ?? 0, this.#power[column * ROWS + row] ?? 0);
      }
    }
    if (count === 0) return NOTHING;
    for (let row = 0; row < ROWS; row++) rowsDb[row] = powerToDb(rowsDb[row] ?? 0);
    return { rowsDb, rmsDb: powerToDb(squares / (count * this.#hop)), peakDb: powerToDb(peak * peak) };
  }

  get #columns(): number {
    return Math.ceil(this.#hops / this.#hopsPerColumn);
  }

  #columnAt(sec: number): number {
    const sinceFirst = sec * this.#rate - (this.#origin ?? 0) - (this.#size - this.#hop) / 2;
    return Math.floor(sinceFirst / (this.#hop * this.#hopsPerColumn));
  }

  #take(sample: number): void {
    this.#samples[this.#filled++] = sample;
    this.#end = Math.max(this.#end, this.#origin ?? 0) + 1;
    if (this.#filled < this.#size) return;
    this.#measure();
    this.#samples.copyWithin(0, this.#hop);
    this.#filled -= this.#hop;
  }

  #measure(): void {
    if (this.#columns === MOST_COLUMNS && this.#hops % this.#hopsPerColumn === 0) this.#joinColumns();
    const column = Math.floor(this.#hops / this.#hopsPerColumn);
    this.#hops += 1;
    if (this.#lostUntil > this.#end - this.#size) return;
    const input = this.#transform.input();
    for (let i = 0; i < this.#size; i++) input[i] = (this.#samples[i] ?? 0) * (this.#window[i] ?? 0);
    const spectrum = this.#transform.run();
    for (let row = 0; row < ROWS; row++) {
      const bin = this.#binOfRow[row] ?? 0;
      if (bin < 1 || bin >= this.#size / 2) continue;
      const power = (spectrum[2 * bin] ?? 0) ** 2 + (spectrum[2 * bin + 1] ?? 0) ** 2;
      const at = column * ROWS + row;
      if (power > (this.#power[at] ?? 0)) this.#power[at] = power;
    }
    this.#addLevel(column);
  }

  #addLevel(column: number): void {
    const from = (this.#size - this.#hop) >> 1;
    let [squares, peak] = [0, 0];
    for (let i = from; i < from + this.#hop; i++) {
      const sample = Math.abs(this.#samples[i] ?? 0);
      squares += sample * sample;
      if (sample > peak) peak = sample;
    }
    this.#squares[column] = (this.#squares[column] ?? 0) + squares;
    this.#peaks[column] = Math.max(this.#peaks[column] ?? 0, peak);
    this.#counts[column] = (this.#counts[column] ?? 0) + 1;
  }

  #joinColumns(): void {
    const half = MOST_COLUMNS / 2;
    for (let column = 0; column < half; column++) {
      const [a, b] = [2 * column, 2 * column + 1];
      for (let row = 0; row < ROWS; row++) {
        this.#power[column * ROWS + row] = Math.max(this.#power[a * ROWS + row] ?? 0, this.#power[b * ROWS + row] ?? 0);
      }
      this.#squares[column] = (this.#squares[a] ?? 0) + (this.#squares[b] ?? 0);
      this.#peaks[column] = Math.max(this.#peaks[a] ?? 0, this.#peaks[b] ?? 0);
      this.#counts[column] = (this.#counts[a] ?? 0) + (this.#counts[b] ?? 0);
    }
    this.#power.fill(0, half * ROWS);
    this.#squares.fill(0, half);
    this.#peaks.fill(0, half);
    this.#counts.fill(0, half);
    this.#hopsPerColumn *= 2;
  }
}
