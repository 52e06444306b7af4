import type { UnixMicros } from "./time.js";

/** What a human entered, read and checked; `input` is the message as it came, whole. */
export interface LoggedEvent {
  /** `logger/id`: the key under which edits, duplicates and deletes meet. */
  readonly eventId: string;
  readonly logger: string;
  readonly session: string;
  /** Rises with each edit; `null` when the feed has none (then arrival order decides). */
  readonly version: number | null;
  readonly op: "upsert" | "delete";
  readonly class: string;
  /** As given, e.g. 1, 2, "extra1"; `null` when unknown. */
  readonly period: string | null;
  /** On the logger's clock; `null` when the feed gives none (then `arrival` is all there is). */
  readonly stamp: UnixMicros | null;
  /** Resolution of the stamp, seconds: 1 for whole seconds (floored). */
  readonly resolutionSec: number;
  /** On the daemon's clock; `null` in a file of stamps alone. */
  readonly arrival: UnixMicros | null;
  /** The play it belongs to, where the feed says so. */
  readonly occurrence: string | null;
  /** What reading it found odd. Open set: `impossibleStamp`, `unreadableStamp`, `stampWithoutZone`; missing is empty. */
  readonly flags?: readonly string[];
  readonly input: Readonly<Record<string, unknown>>;
}
