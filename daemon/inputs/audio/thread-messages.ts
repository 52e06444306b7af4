import type { AudioInputSpec, AudioInputState, ChannelReport } from "../audio-input.js";
import type { ListenerSnapshot } from "./lane-factory.js";
import type { SourceWarning } from "./sample-source.js";

/** Handed to the thread when it starts. */
export interface ThreadStart {
  readonly specs: readonly AudioInputSpec[];
  readonly snapshots: ReadonlyMap<string, ListenerSnapshot>;
  readonly granted: number;
  readonly maxAheadSec: number;
}

export type ToThread =
  | { readonly type: "grant"; readonly channel: string | null; readonly upToSample: number }
  | { readonly type: "acknowledge"; readonly channel: string; readonly heardUpTo: number }
  | { readonly type: "stop" };

export type FromThread =
  | { readonly type: "report"; readonly report: ChannelReport }
  | {
      readonly type: "end";
      readonly input: string;
      readonly error: { readonly code: string; readonly message: string } | null;
      readonly isFinal: boolean;
    }
  | { readonly type: "state"; readonly input: string; readonly state: AudioInputState; readonly detail: string | null }
  | { readonly type: "warning"; readonly input: string; readonly warning: SourceWarning };
