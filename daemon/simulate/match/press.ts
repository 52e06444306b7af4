import type { UnixMicros } from "../../../sync/index.js";
import type { Play } from "./match.js";
import type { LoggerFault } from "./personas.js";

export interface LoggerOptions {
  readonly logger: string;
  readonly session: string;
  readonly faults: readonly LoggerFault[];
}

/** `gross`: the stamp is far off; `late`: it was entered long after; `scheduled`: it is the programme's. */
export type PressFault = "gross" | "late" | "scheduled" | null;

/** One record before it is delivered: when it was pressed, what the logger's clock showed. */
export interface Press {
  readonly id: string;
  readonly play: Play;
  readonly stamp: UnixMicros;
  /** When it left the logger's hands, seconds since the session's start. */
  readonly sentSec: number;
  readonly fault: PressFault;
}
