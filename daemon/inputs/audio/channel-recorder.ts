import { existsSync } from "node:fs";
import { join } from "node:path";
import { type SampleClock, timeOfSample, type UnixMicros } from "../../../sync/index.js";
import type { WriteFormat } from "./sample-codec.js";
import type { SourceWarning } from "./sample-source.js";
import { WavWriter } from "./wav-writer.js";

export interface RecorderOptions {
  readonly folder: string;
  readonly channel: string;
  readonly sampleRate: number;
  readonly format: WriteFormat;
}

/** The start of a live source is known better when its clock has settled; after a minute drift would spoil it. */
const START_REFINED_SEC = 60;
const MAX_FILES = 1000;

/** Writes one channel to `<folder>/<channel>.wav`, lost sound as silence. A failing disk ends the recording, never the listening. */
export class ChannelRecorder {
  readonly #options: RecorderOptions;
  readonly #warn: (warning: SourceWarning) => void;
  #writer: WavWriter | null = null;
  #firstSample = 0;
  #next = 0;
  #start: UnixMicros | null = null;
  #isOver = false;

  constructor(options: RecorderOptions, warn: (warning: SourceWarning) => void) {
    this.#options = options;
    this.#warn = warn;
  }

  async write(firstSample: number, samples: Float32Array, clock: SampleClock): Promise<void> {
    if (this.#isOver) return;
    const isOpen = this.#writer !== null || (await this.#open(firstSample, clock));
    if (!isOpen || this.#writer === null) return;
    if (firstSample > this.#next) this.#writer.skip(firstSample - this.#next);
    this.#writer.write(samples);
    this.#next = firstSample + samples.length;
    if (this.#next - this.#firstSample < START_REFINED_SEC * this.#options.sampleRate) {
      this.#start = timeOfSample(clock, this.#firstSample);
    }
    if (this.#writer.failure !== null) await this.close();
  }

  /** Completes the file. A failure is told as a warning. */
  async close(): Promise<void> {
    this.#isOver = true;
    const writer = this.#writer;
    this.#writer = null;
    if (writer === null) return;
    try {
      await writer.close(this.#start);
      if (writer.dropped > 0)
        this.#tell("recordDropped", `${writer.path}: the disk was too slow for ${writer.dropped} samples`);
    } catch (error) {
      this.#tell("recordFailed", String(error instanceof Error ? error.message : error));
    }
  }

  async #open(firstSample: number, clock: SampleClock): Promise<boolean> {
    const { sampleRate, format, channel } = this.#options;
    this.#firstSample = firstSample;
    this.#next = firstSample;
    const startTime = timeOfSample(clock, firstSample);
    try {
      this.#writer = await WavWriter.create(freePath(this.#options), {
        sampleRate,
        format,
        startTime,
        description: channel,
      });
      return true;
    } catch (error) {
      this.#isOver = true;
      this.#tell("recordFailed", String(error instanceof Error ? error.message : error));
      return false;
    }
  }

  #tell(code: string, message: string): void {
    this.#warn({ code, message });
  }
}

/** An earlier recording, e.g. of before a restart, is kept: the next one is `<channel>-2.wav`. */
function freePath({ folder, channel }: RecorderOptions): string {
  const name = channel.replace(/[^\p{L}\p{N}._-]/gu, "_");
  let path = join(folder, `${name}.wav`);
  for (let n = 2; existsSync(path) && n < MAX_FILES; n++) path = join(folder, `${name}-${n}.wav`);
  return path;
}
