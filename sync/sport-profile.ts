import type { CueKind } from "../dsp/cue.js";
import type { FieldOfPlay } from "./channel-way.js";

/** What is believed of one event class before the first record: the cue it makes, its truth, how late people log it. */
export interface EventClassProfile {
  /** The cue the event makes; `null` when it makes none. */
  readonly cue: CueKind | null;
  /** P(the cue is heard | the event happened). */
  readonly detection: number;
  /** What `corrected.time` means: the linked cue's onset, the first or last blast of its train, or the act itself. */
  readonly truth: "cue" | "firstBlast" | "lastBlast" | "act";
  /** Cue onset minus truth, seconds: 0 where the cue is the truth. */
  readonly cueDelay: { readonly medianSec: number; readonly sdSec: number };
  /** Press minus truth: lognormal with this median (seconds) and log-sd. */
  readonly lag: { readonly medianSec: number; readonly sigma: number };
  /** Blasts the cue usually has: 1, or 2-3 at the end of a period. */
  readonly blasts: readonly number[];
}

/** A sport as data: a new sport is a new file under `config/sports/`. */
export interface SportProfile {
  readonly sport: string;
  /** Cue kinds that matter here. */
  readonly cues: readonly CueKind[];
  readonly classes: Readonly<Record<string, EventClassProfile>>;
  /** False and foreign cues per hour, by kind: the clutter an association must expect. */
  readonly clutterPerHour: Readonly<Partial<Record<CueKind, number>>>;
  /** Where the referee runs, metres: what the travel of the whistle is reckoned on. Without it none is taken off. */
  readonly fieldOfPlay?: FieldOfPlay;
}
