import type { Cue } from "./cue.js";
import type { Frame } from "./front.js";

/** What every detector is: fed by frames, it tells cues on positions relative to the stream's start. */
export interface Detector {
  /** Plain data: see `state.ts`. */
  readonly state: object;
  /** Cues held back by the rate limit. */
  readonly suppressed: number;
  step(frame: Frame, tell: (cue: Cue) => void): void;
  /** The stream has ended: what is open is closed. */
  finish(tell: (cue: Cue) => void): void;
}
