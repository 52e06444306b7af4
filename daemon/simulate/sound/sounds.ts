/** A sound with samples of its own, made when its turn comes and dropped when it is over. */
export interface Clip {
  /** Arrival of its direct path at the microphone, seconds since the session's start. */
  readonly atSec: number;
  /** The samples at full scale; the first lies `delaySec` (below one sample) after `atSec`. */
  render(delaySec: number): Float32Array;
}

/** A texture that goes round and round while it lasts, at a level of its own. */
export interface Layer {
  readonly texture: Float32Array;
  readonly fromSec: number;
  readonly toSec: number;
  /** Amplitude factor at a moment of the session. */
  gainAt(sec: number): number;
}

/** A sound that is not the referee's and not a roar, with the name an accuracy report lists it by. */
export interface Distractor {
  /** `crowdWhistle`, `airHorn`, `vuvuzela`, `replay`, `paVoice`, `paMusic`, `swell`, `chant`, `applause`. */
  readonly kind: string;
  readonly onsetSec: number;
  readonly endSec: number;
}

/** All that is heard, in order of time within each list. */
export interface SoundPlan {
  readonly clips: readonly Clip[];
  readonly layers: readonly Layer[];
  readonly distractors: readonly Distractor[];
  /** Broadband level of each whistle over the crowd's around it, dB, by true cue id. */
  readonly snrDb: ReadonlyMap<string, number>;
}
