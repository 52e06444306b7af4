import type { Target } from "../match-cues.js";

/** One made sound with what is to be heard in it. */
export interface Trial {
  /** What it is counted under, e.g. `mixes`, `beds alone`. */
  readonly group: string;
  readonly name: string;
  readonly samples: Float32Array;
  readonly targets: readonly Target[];
  /** Stretches, seconds, in which a cue is neither asked for nor wrong. */
  readonly free?: readonly (readonly [number, number])[];
}

/** Trials are made one at a time: a run needs the memory of one. */
export type Trials = Generator<Trial>;

/** How a recipe is scored. */
export interface Recipe {
  readonly kind: "roar" | "beep" | "horn";
  readonly title: string;
  /** Tolerances of the onset, seconds: wide for what counts as found, narrow for the second figure. */
  readonly tolerance: { readonly wideSec: number; readonly narrowSec: number };
  /** How many trials there will be: for the progress bar. */
  readonly trials: number;
  make(): Trials;
}
