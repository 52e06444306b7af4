import type { CueKind } from "../dsp/cue.js";
import type { BeliefPart } from "./belief.js";

/** What is believed of one event. Seconds on the aligner's clock. */
export interface Outcome {
  readonly parts: readonly BeliefPart[];
  /** Links with their probability, best first; at most three. */
  readonly links: readonly { readonly cueId: string; readonly at: number; readonly p: number }[];
  /** What the clock alone says. */
  readonly clockMean: number;
  /** The record contradicts its other clock or its own cue. */
  readonly conflict: boolean;
  readonly offsetSec: number;
  /** Kind of the linked cues. */
  readonly kind: CueKind | null;
}
