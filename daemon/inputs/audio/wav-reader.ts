import { formatRfc3339, type UnixMicros } from "../../../sync/index.js";
import { TouchlineError } from "../../errors.js";
import { type Bext, firstSampleTime } from "./bext.js";
import { ByteReader, type ByteSource } from "./byte-reader.js";
import { openPath } from "./byte-sources.js";
import { FrameReader } from "./frame-reader.js";
import { SAMPLE_BYTES, type SampleFormat } from "./sample-codec.js";
import type { FrameBlock, SampleSource, SourceFormat, SourceWarning } from "./sample-source.js";
import { readWavHeader, type WavHeader } from "./wav-header.js";

/** A WAVE file or stream, read block by block: memory does not depend on its length. */
export class WavReader implements SampleSource {
  readonly label: string;
  readonly format: SourceFormat;
  readonly header: WavHeader;
  readonly expectedFrames: number | null;
  readonly startTime: UnixMicros | null;
  readonly warnings: SourceWarning[];
  readonly #reader: ByteReader;
  readonly #frames: FrameReader;
  #isEnded = false;

  constructor(
    reader: ByteReader,
    header: WavHeader,
    sampleFormat: SampleFormat,
    warnings: SourceWarning[],
    fillsBlocks: boolean,
  ) {
    this.label = reader.label;
    this.header = header;
    this.warnings = warnings;
    this.#reader = reader;
    const { sampleRate, channels, dataBytes, isBigEndian } = header;
    this.format = { sampleRate, channels, writeFormat: writeFormatOf(sampleFormat) };
    this.expectedFrames = dataBytes === null ? null : Math.floor(dataBytes / (SAMPLE_BYTES[sampleFormat] * channels));
    this.#frames = new FrameReader(reader, { sampleFormat, channels, isBigEndian, dataBytes, fillsBlocks });
    this.startTime = header.bext === null ? null : this.#startTimeOf(header.bext, sampleRate);
  }

  get notFinite(): number {
    return this.#frames.notFinite;
  }

  async read(maxFrames: number): Promise<FrameBlock | null> {
    const block = await this.#frames.read(maxFrames);
    if (block === null && !this.#isEnded) this.#noteEnd();
    return block;
  }

  skipTo(frame: number): Promise<number> {
    return this.#frames.skipTo(frame);
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  #noteEnd(): void {
    this.#isEnded = true;
    const { partialBytes, nextFrame, notFinite } = this.#frames;
    const expected = this.expectedFrames;
    if (partialBytes > 0) this.#warn("partialFrame", `it ends within a sample: ${partialBytes} bytes left over`);
    if (expected !== null && nextFrame < expected)
      this.#warn("truncated", `${nextFrame} of ${expected} samples are there`);
    if (nextFrame === 0) this.#warn("empty", "it holds no sound");
    if (notFinite > 0) this.#warn("notFinite", `${notFinite} samples were no numbers and were taken as silence`);
  }

  #startTimeOf(bext: Bext, sampleRate: number): UnixMicros | null {
    const start = firstSampleTime(bext, sampleRate);
    if (start === null) {
      if (bext.date !== "") this.#warn("bextDate", `its bext chunk has the date "${bext.date}", which is none`);
      return null;
    }
    if (!start.isOurs) {
      const by = bext.originator === "" ? "an unknown recorder" : bext.originator;
      this.#warn(
        "bextZone",
        `its bext chunk, by ${by}, has no time zone: ${formatRfc3339(start.time)} is taken as UTC`,
      );
    }
    return start.time;
  }

  #warn(code: string, message: string): void {
    this.warnings.push({ code, message });
  }
}

/**
 * Opens a WAVE stream whose first bytes are next in `reader`; `null` when it holds a codec (A-law, ADPCM, ...) that needs ffmpeg.
 * Closes the reader when it throws. `fillsBlocks`: wait for whole blocks rather than hand out what has come.
 * @throws TouchlineError AUD_NOT_WAV, AUD_BAD_WAV, FILE_UNREADABLE
 */
export async function tryOpenWav(reader: ByteReader, fillsBlocks = reader.canSeek): Promise<WavReader | null> {
  const warnings: SourceWarning[] = [];
  try {
    const header = await readWavHeader(reader, warnings);
    return header.sampleFormat === null
      ? null
      : new WavReader(reader, header, header.sampleFormat, warnings, fillsBlocks);
  } catch (error) {
    await reader.close();
    throw error;
  }
}

/** As `tryOpenWav`, for those who cannot use ffmpeg. */
export async function openWav(source: ByteSource): Promise<WavReader> {
  const reader = new ByteReader(source);
  const wav = await tryOpenWav(reader);
  if (wav !== null) return wav;
  await reader.close();
  throw new TouchlineError("AUD_BAD_WAV", [source.label, "its codec is not PCM"]);
}

export async function openWavFile(path: string): Promise<WavReader> {
  return openWav(await openPath(path));
}

function writeFormatOf(format: SampleFormat): SourceFormat["writeFormat"] {
  if (format === "u8" || format === "s16") return "s16";
  return format === "s24" ? "s24" : "f32";
}
