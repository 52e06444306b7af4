import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import type { SampleBlock } from "../../../dsp/index.js";
import { loadTransforms } from "../../../dsp/transform.js";
import { messageOf, TouchlineError } from "../../errors.js";
import type { CueLine } from "../cue-lines.js";
import { plotPng } from "./png-plot.js";
import { Spectrogram } from "./spectrogram.js";
import { plotTerminal } from "./terminal-plot.js";

export interface SoundPlotOptions {
  /** A path of a PNG; `-` or `terminal`: text. */
  readonly target: string;
  readonly title: string;
  readonly sampleRate: number;
  /** The one channel that is shown. */
  readonly channel: number;
  /** Seconds; sound outside is left out. */
  readonly fromSec: number;
  readonly toSec: number;
}

const TERMINAL = ["-", "terminal"];
const DEFAULT_COLUMNS = 100;
/** Of a source without an end the first so many cues are drawn. */
const MOST_CUES = 20_000;

export function isTerminalPlot(target: string | undefined): boolean {
  return target !== undefined && TERMINAL.includes(target);
}

/** Gathers what was heard and draws it at the end. */
export class SoundPlot {
  readonly #options: SoundPlotOptions;
  readonly #sound: Spectrogram;
  readonly #file: PartFile | null;
  readonly #cues: CueLine[] = [];

  private constructor(options: SoundPlotOptions, sound: Spectrogram, file: PartFile | null) {
    this.#options = options;
    this.#sound = sound;
    this.#file = file;
  }

  /**
   * Opens the file at once: a path that cannot be written is told before an hour has been heard.
   * @throws TouchlineError FILE_UNWRITABLE
   */
  static async open(options: SoundPlotOptions): Promise<SoundPlot> {
    const file = isTerminalPlot(options.target) ? null : await PartFile.open(options.target);
    return new SoundPlot(options, new Spectrogram(options.sampleRate, await loadTransforms()), file);
  }

  heard({ firstSample, samples, invalid }: SampleBlock, channel: number): void {
    if (channel !== this.#options.channel) return;
    const { fromSec, toSec, sampleRate } = this.#options;
    const from = Math.max(0, Math.round(fromSec * sampleRate) - firstSample);
    const to = Math.min(samples.length, Math.round(toSec * sampleRate) - firstSample);
    if (to > from) this.#sound.add({ firstSample: firstSample + from, samples: samples.subarray(from, to), invalid });
  }

  told(lines: readonly CueLine[]): void {
    for (const line of lines) {
      if (line.channel === this.#options.channel && this.#cues.length < MOST_CUES) this.#cues.push(line);
    }
  }

  /**
   * Draws: text for the terminal, or `null` when it went into the file.
   * @throws TouchlineError FILE_UNWRITABLE
   */
  async draw(): Promise<string | null> {
    const picture = { title: this.#options.title, sound: this.#sound, cues: this.#cues };
    if (this.#file === null) return plotTerminal(picture, process.stdout.columns ?? DEFAULT_COLUMNS);
    await this.#file.finish(plotPng(picture));
    return null;
  }

  /** Nothing is drawn: what was there before stays as it was. After `draw` it does nothing. */
  async close(): Promise<void> {
    await this.#file?.discard();
  }
}

/** A file that takes its name when it is complete. */
class PartFile {
  readonly #path: string;
  #handle: FileHandle | null;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  static async open(path: string): Promise<PartFile> {
    if ((await stat(path).catch(() => null))?.isDirectory()) {
      throw new TouchlineError("FILE_UNWRITABLE", [path, "it is a folder"]);
    }
    try {
      return new PartFile(path, await open(`${path}.part`, "w"));
    } catch (error) {
      throw new TouchlineError("FILE_UNWRITABLE", [path, messageOf(error)], error);
    }
  }

  async finish(bytes: Uint8Array): Promise<void> {
    try {
      await this.#handle?.writeFile(bytes);
      await this.#handle?.close();
      await rename(`${this.#path}.part`, this.#path);
      this.#handle = null;
    } catch (error) {
      throw new TouchlineError("FILE_UNWRITABLE", [this.#path, messageOf(error)], error);
    }
  }

  async discard(): Promise<void> {
    if (this.#handle === null) return;
    await this.#handle.close();
    await rm(`${this.#path}.part`, { force: true });
  }
}
