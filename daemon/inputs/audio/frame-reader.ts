import type { InvalidRange } from "../../../dsp/index.js";
import type { ByteReader } from "./byte-reader.js";
import { type Decoder, decoderOf, SAMPLE_BYTES, type SampleFormat } from "./sample-codec.js";
import type { FrameBlock } from "./sample-source.js";

export interface FrameLayout {
  readonly sampleFormat: SampleFormat;
  readonly channels: number;
  readonly isBigEndian: boolean;
  /** Bytes of samples from the reader's position on; `null`: until it ends. */
  readonly dataBytes: number | null;
  /** Wait for whole blocks; else what has come is handed out at once. */
  readonly fillsBlocks: boolean;
}

const NONE: readonly InvalidRange[] = [];

/** Turns interleaved bytes into one Float32Array per channel. The arrays are its own and are reused. */
export class FrameReader {
  readonly #reader: ByteReader;
  readonly #layout: FrameLayout;
  readonly #decode: Decoder;
  readonly #frameBytes: number;
  #arrays: Float32Array[] = [];
  #firstFrame = 0;
  #leftBytes: number;
  #isAligned = false;
  /** Samples that were NaN or infinite. */
  notFinite = 0;
  /** Bytes of a frame that was cut off by the end. */
  partialBytes = 0;

  constructor(reader: ByteReader, layout: FrameLayout) {
    this.#reader = reader;
    this.#layout = layout;
    this.#decode = decoderOf(layout.sampleFormat, layout.isBigEndian);
    this.#frameBytes = SAMPLE_BYTES[layout.sampleFormat] * layout.channels;
    this.#leftBytes = layout.dataBytes ?? Number.POSITIVE_INFINITY;
  }

  get nextFrame(): number {
    return this.#firstFrame;
  }

  /** As many frames as are there without waiting for more, at least one and at most `maxFrames`. */
  async read(maxFrames: number): Promise<FrameBlock | null> {
    if (!this.#isAligned) this.#reader.compact();
    this.#isAligned = true;
    const frames = Math.min(maxFrames, Math.floor(this.#reader.capacity / this.#frameBytes));
    const most = Math.min(frames * this.#frameBytes, this.#leftBytes);
    const least = this.#layout.fillsBlocks ? most : Math.min(this.#frameBytes, this.#leftBytes);
    const bytes = await this.#reader.view(least, most);
    const whole = Math.floor(bytes.length / this.#frameBytes);
    if (whole === 0) {
      this.partialBytes = bytes.length;
      return null;
    }
    const block = this.#decodeBlock(bytes, whole);
    this.#advance(whole);
    return block;
  }

  /** Skips to a frame ahead; returns where it stands then. */
  async skipTo(frame: number): Promise<number> {
    const wanted = Math.min((frame - this.#firstFrame) * this.#frameBytes, this.#leftBytes);
    if (wanted <= 0) return this.#firstFrame;
    const skipped = await this.#reader.skip(wanted);
    const frames = Math.floor(skipped / this.#frameBytes);
    this.#leftBytes -= skipped;
    this.#firstFrame += frames;
    this.#isAligned = false;
    return this.#firstFrame;
  }

  #advance(frames: number): void {
    this.#reader.consume(frames * this.#frameBytes);
    this.#leftBytes -= frames * this.#frameBytes;
    this.#firstFrame += frames;
  }

  #decodeBlock(bytes: Buffer, frames: number): FrameBlock {
    const { channels, sampleFormat } = this.#layout;
    const arrays = this.#room(frames).map((array) => (array.length === frames ? array : array.subarray(0, frames)));
    const canBeBad = sampleFormat === "f32" || sampleFormat === "f64";
    const invalid = arrays.map((array, channel) => {
      this.#decode(bytes, frames, channel, channels, array);
      return canBeBad ? this.#clean(array) : NONE;
    });
    return { firstFrame: this.#firstFrame, frames, channels: arrays, invalid };
  }

  #room(frames: number): Float32Array[] {
    if ((this.#arrays[0]?.length ?? 0) < frames) {
      this.#arrays = Array.from({ length: this.#layout.channels }, () => new Float32Array(frames));
    }
    return this.#arrays;
  }

  /** Zeroes what is no number, and says where. */
  #clean(samples: Float32Array): readonly InvalidRange[] {
    let ranges: InvalidRange[] | null = null;
    let from = -1;
    for (let i = 0; i < samples.length; i++) {
      const value = samples[i] as number;
      // False for NaN and both infinities.
      const isNumber = value - value === 0;
      if (!isNumber) {
        samples[i] = 0;
        this.notFinite += 1;
        if (from < 0) from = i;
      } else if (from >= 0) {
        ranges = pushRange(ranges, this.#firstFrame + from, this.#firstFrame + i);
        from = -1;
      }
    }
    if (from >= 0) ranges = pushRange(ranges, this.#firstFrame + from, this.#firstFrame + samples.length);
    return ranges ?? NONE;
  }
}

function pushRange(ranges: InvalidRange[] | null, from: number, to: number): InvalidRange[] {
  if (ranges === null) return [{ from, to }];
  ranges.push({ from, to });
  return ranges;
}
