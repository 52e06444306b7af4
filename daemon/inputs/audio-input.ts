import type { Cue, Level, SpectrumColumn } from "../../dsp/index.js";
import type { SampleClock, UnixMicros } from "../../sync/index.js";

/** Where one stream of audio comes from. One source may hold several channels. */
export type AudioSource =
  | { readonly type: "wav"; readonly path: string }
  | {
      readonly type: "pcm";
      readonly from: "stdin" | { readonly fifo: string };
      readonly format: "s16le" | "s24le" | "s32le" | "f32le";
      readonly sampleRate: number;
      readonly channels: number;
    }
  | { readonly type: "ffmpeg"; readonly url: string };

export interface AudioInputSpec {
  readonly name: string;
  readonly role: string;
  readonly source: AudioSource;
  /** `null`: every channel of the source, named `<name>` or `<name>.<index>`. */
  readonly channel: number | null;
  /** Console, embedder and stream delay, taken off every onset; `null` when unknown. */
  readonly pathDelayMs: number | null;
  /** Of the microphone, metres from the centre of the field of play. */
  readonly position?: readonly [number, number] | null;
  /** Unix time of the first sample; `null`: from the bext chunk, else the moment the first block arrives. */
  readonly startTime: UnixMicros | null;
  /** `realtime`: a file is played at its own speed; `fast`: as fast as the consumer takes it. Live sources ignore it. */
  readonly pace: "realtime" | "fast";
  /** Write what is heard to this folder as `<channel>.wav`; `null`: do not. */
  readonly recordTo: string | null;
}

/** What the audio thread tells of one channel, in the order of its samples. */
export interface ChannelReport {
  readonly channel: string;
  readonly input: string;
  readonly sampleRate: number;
  readonly clock: SampleClock;
  readonly pathDelayMs: number | null;
  /** As the input's specification says. */
  readonly role?: string;
  readonly position?: readonly [number, number] | null;
  /** Everything before this sample has been heard. */
  readonly heardUpTo: number;
  readonly cues: readonly Cue[];
  /** Heard too faintly to be told by themselves. */
  readonly faint?: readonly Cue[];
  readonly levels: readonly Level[];
  readonly columns: readonly SpectrumColumn[];
  /** Samples so far that held no sound: lost, late, skipped, not a number. */
  readonly invalidSamples: number;
  /** Levels and columns so far that were dropped because the main thread did not take reports; cues are kept far longer. */
  readonly shedLevels?: number;
  /** Cues so far that were dropped for the same reason, after minutes. */
  readonly shedCues?: number;
  /** Cues the listener held back since the channel's start because too many came at once. */
  readonly heldBackCues?: number;
  readonly blocks: number;
  /** The listener's snapshot, when one is due. */
  readonly snapshot: { readonly version: number; readonly body: string } | null;
}

/** `stalled`: connected, but no sound for five seconds. */
export type AudioInputState = "connecting" | "up" | "stalled" | "down";

export interface AudioInputHandlers {
  onReport(report: ChannelReport): void;
  /**
   * The source has ended: all of it was heard (`error` null) or it failed (then it is tried again if it is live).
   * `isFinal` is false where it is tried again.
   */
  onEnd(input: string, error: { readonly code: string; readonly message: string } | null, isFinal: boolean): void;
  onState(input: string, state: AudioInputState, detail: string | null): void;
  /** Something is odd about the source, but it is heard: see the codes in `docs/audio.md`. */
  onWarning?(input: string, warning: { readonly code: string; readonly message: string }): void;
}
