/**
 * What is heard, on the sample clock of one channel.
 *
 * Order of the way from sound to cue: block -> analysis front (one FFT per hop) -> detectors -> cues, levels, columns.
 * `dsp` knows samples only. The mapping to Unix time is made once, where the audio enters (`sync/clock.ts` has the arithmetic).
 */

/** Index of a sample since the start of the channel's stream; may hold a fraction where an onset lies between two samples. */
export type SampleIndex = number;

/** Open set: consumers must accept kinds they do not know. */
export type CueKind = "whistle" | "roar" | "beep" | "horn";

/** Probabilities of what a crowd that is up does; they sum to 1. */
export interface CrowdShares {
  readonly cheer: number;
  readonly applause: number;
  readonly chant: number;
  readonly jeer: number;
}

/** One blast, roar, tone or horn. A cue is told twice when it lasts: provisional at detection, final at its end, with one `key`. */
export interface Cue {
  /** Stable within the channel's stream; the provisional and the final telling share it. */
  readonly key: string;
  readonly kind: CueKind;
  readonly onset: SampleIndex;
  /** `null` while the sound still lasts. */
  readonly end: SampleIndex | null;
  /** Standard deviation of `onset`, seconds, of the detector alone (path delay and travel come later). */
  readonly onsetSdSec: number;
  /** Probability 0..1 that this is what `kind` says, from the sound alone. */
  readonly score: number;
  /** Position in its train (cues of one kind closer than 1.5 s), from 1; the last one of a train holds its length. */
  readonly count: number;
  /** Level of the sound at the cue, dBFS. */
  readonly levelDb: number;
  /** Main tones, Hz, strongest first; empty where the cue has none. */
  readonly tonesHz: readonly number[];
  /** Sample index up to which the listener had heard when it told this: what a causal listener could know. */
  readonly reported: SampleIndex;
  readonly isFinal: boolean;
  /** Open set, e.g. `replay` (the same sound again), `crowdWhistle`. */
  readonly flags: readonly string[];
  /** Of a cue flagged `replay`: key of the earlier cue of this stream that it is once more. */
  readonly replayOf?: string;
  /** Of a roar: what the crowd does, an open set: `cheer`, `applause`, `chant`, `jeer`; `unknown` where none of them is likely enough. */
  readonly character?: string;
  /** Of a roar, where they could be measured: the probabilities of those; they sum to 1. */
  readonly characterShares?: CrowdShares;
}

/** Level of a channel, at 20 Hz. */
export interface Level {
  readonly at: SampleIndex;
  readonly rmsDb: number;
  readonly peakDb: number;
  /** 300-4000 Hz level over its robust baseline, dB. */
  readonly crowdRiseDb: number;
  /** 0..1, continuous. */
  readonly excitement: number;
  /** What the crowd does, an open set: `cheer`, `applause`, `chant`, `jeer`, `silence` (it fell quiet), `unknown`. */
  readonly character?: string;
}

/** One column of the spectrogram, at 20 Hz: level per band in dBFS, bands as in `SPECTRUM_BANDS`. */
export interface SpectrumColumn {
  readonly at: SampleIndex;
  readonly bandsDb: Float32Array;
}

/** Half-open range of samples [from, to) that were lost or are not trusted; relative to the channel's stream. */
export interface InvalidRange {
  readonly from: SampleIndex;
  readonly to: SampleIndex;
}

/** What the listener is given: contiguous mono samples, -1..1, with the places that hold no sound. */
export interface SampleBlock {
  readonly firstSample: SampleIndex;
  readonly samples: Float32Array;
  readonly invalid: readonly InvalidRange[];
}

/** What one push gave. The arrays and what they hold are never changed afterwards; most of the time those of cues are empty. */
export interface Heard {
  readonly cues: readonly Cue[];
  /** Not told: too unsure by themselves. Final, scored like cues; what a log makes of them is decided where the log is known. */
  readonly faint?: readonly Cue[];
  readonly levels: readonly Level[];
  readonly columns: readonly SpectrumColumn[];
}
