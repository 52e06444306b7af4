import type { AudioInputSpec, ChannelReport } from "../audio-input.js";
import { ChannelFeeder, type ChannelListener, type FeederSnapshot } from "./channel-feeder.js";
import { ChannelLane } from "./channel-lane.js";
import { ChannelRecorder } from "./channel-recorder.js";
import { channelsToHear } from "./hear-source.js";
import type { SampleSource, SourceWarning } from "./sample-source.js";

/** What a `ChannelReport` carried as `snapshot`. */
export interface ListenerSnapshot {
  readonly version: number;
  readonly body: string;
}

export interface LaneParts {
  readonly createListener: (options: { readonly sampleRate: number }) => Promise<ChannelListener>;
  /** `fast` sources: the sample up to which may be heard before the first grant. */
  readonly grantedTo: (channel: string) => number;
  /** `fast` sources: how far the sound may be ahead of the acknowledged reports. */
  readonly maxAheadSec: number;
  readonly emit: (report: ChannelReport) => void;
  readonly warn: (warning: SourceWarning) => void;
}

/** A lane for each channel that is heard: `<name>`, or `<name>.<index>` where all of several are. */
export async function makeLanes(
  spec: AudioInputSpec,
  source: SampleSource,
  isFast: boolean,
  parts: LaneParts,
): Promise<ChannelLane[]> {
  const { channels, sampleRate, writeFormat } = source.format;
  const { name, channel: selected, pathDelayMs, role, position = null, recordTo } = spec;
  const { createListener, grantedTo, maxAheadSec, emit, warn } = parts;
  const lanes: ChannelLane[] = [];
  for (const index of channelsToHear(source, selected)) {
    const channel = selected !== null || channels === 1 ? name : `${name}.${index}`;
    const listener = await createListener({ sampleRate });
    const feeder = new ChannelFeeder({ channel, input: name, sampleRate, pathDelayMs, role, position, listener });
    const recording = { folder: recordTo ?? "", channel, sampleRate, format: writeFormat };
    const recorder = recordTo === null ? null : new ChannelRecorder(recording, warn);
    lanes.push(new ChannelLane({ feeder, recorder, index, isFast, granted: grantedTo(channel), maxAheadSec, emit }));
  }
  return lanes;
}

/**
 * Restores what can be; returns where the source as a whole stands: where the channel stood that had heard least, or `null` when a
 * file must be heard from its start.
 */
export function restoreLanes(
  lanes: readonly ChannelLane[],
  snapshots: ReadonlyMap<string, ListenerSnapshot>,
  isLive: boolean,
  warn: (warning: SourceWarning) => void,
): FeederSnapshot | null {
  const restored: FeederSnapshot[] = [];
  for (const lane of lanes) {
    const { channel } = lane.feeder;
    const snapshot = snapshots.get(channel);
    const saved = snapshot === undefined ? null : lane.restore(snapshot);
    if (saved !== null) restored.push(saved);
    else if (snapshot !== undefined) {
      warn({ code: "snapshotRefused", message: `channel ${channel}: its saved state does not fit; it listens afresh` });
    }
  }
  if (!isLive && restored.length < lanes.length) return null;
  return restored.reduce<FeederSnapshot | null>(
    (least, saved) => (least === null || saved.heardUpTo < least.heardUpTo ? saved : least),
    null,
  );
}
