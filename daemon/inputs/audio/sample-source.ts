import type { InvalidRange } from "../../../dsp/index.js";
import type { UnixMicros } from "../../../sync/index.js";

/** What is odd about a source, but does not stop it. Codes are an open set, listed in `docs/audio.md`. */
export interface SourceWarning {
  readonly code: string;
  /** A sentence for a person, with the place where there is one. */
  readonly message: string;
}

/** Consecutive frames, one array per channel. Everything in it belongs to the source and is overwritten by the next read. */
export interface FrameBlock {
  /** Frames of the source before this block. */
  readonly firstFrame: number;
  readonly frames: number;
  /** Each `frames` long, -1..1 and finite. */
  readonly channels: readonly Float32Array[];
  /** By channel: the frames that held no sound, counted from the source's start. */
  readonly invalid: readonly (readonly InvalidRange[])[];
}

export interface SourceFormat {
  readonly sampleRate: number;
  readonly channels: number;
  /** What is needed to write the sound without loss. */
  readonly writeFormat: "s16" | "s24" | "f32";
}

/** Anything that gives samples: a WAV file, raw PCM, the output of ffmpeg. */
export interface SampleSource {
  readonly label: string;
  readonly format: SourceFormat;
  /** How many frames there are, where that is known beforehand; a hint for progress bars. */
  readonly expectedFrames: number | null;
  /** Unix time of the first frame where the source tells it. */
  readonly startTime: UnixMicros | null;
  /** Grows while reading; bounded. */
  readonly warnings: readonly SourceWarning[];
  /** Samples that were not a number or infinite and were replaced by 0. */
  readonly notFinite: number;
  /** The next frames, at most `maxFrames`: from a file as many as there are, from a live source what has come. `null` at the end. */
  read(maxFrames: number): Promise<FrameBlock | null>;
  /** Moves on to a frame; returns the frame that the next read begins with (earlier where the source is shorter). */
  skipTo(frame: number): Promise<number>;
  /** May be called at any time, also while a read is pending, and twice. */
  close(): Promise<void>;
}
