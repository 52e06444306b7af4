import type { Cue, SampleBlock } from "../../../dsp/index.js";
import { TouchlineError } from "../../errors.js";
import type { ChannelListener } from "./channel-feeder.js";
import type { FrameBlock, SampleSource } from "./sample-source.js";

export interface HearOptions {
  /** From 0; `null`: all channels. */
  readonly channel: number | null;
  readonly createListener: (options: { readonly sampleRate: number }) => Promise<ChannelListener>;
  /** Cues told within a block, those of lower channels first. */
  readonly onCue: (cue: Cue, channel: number) => void;
  /** After each block and once at the end: everything before this sample has been heard. The block is reused. */
  readonly onHeard: (heardUpTo: number, block: SampleBlock | null, channel: number) => void;
  /** After each block of all channels; the source waits for it. */
  readonly afterBlock: (heardUpTo: number) => Promise<void>;
  /** Ends the hearing as if the source had ended: what still sounds is told. */
  readonly signal?: AbortSignal;
}

/** Below it the tones of a whistle (2-4.5 kHz) do not exist. */
export const LOWEST_RATE_HZ = 8000;
const BLOCK_SEC = 0.25;
const NEVER = new AbortController().signal;

/**
 * Hears a source from its start to its end in this thread, as fast as it comes.
 * @throws TouchlineError AUD_BAD_FORMAT, AUD_UNHEARABLE, and what the source throws
 */
export async function hearSource(source: SampleSource, options: HearOptions): Promise<void> {
  const { sampleRate } = source.format;
  const channels = channelsToHear(source, options.channel);
  const listeners: ChannelListener[] = [];
  for (const _ of channels) listeners.push(await options.createListener({ sampleRate }));
  let heardUpTo = 0;
  for (;;) {
    const block = await readUnlessAborted(source, Math.round(BLOCK_SEC * sampleRate), options.signal ?? NEVER);
    if (block === null) break;
    heardUpTo = block.firstFrame + block.frames;
    for (const [i, channel] of channels.entries()) {
      const samples = block.channels[channel];
      if (samples === undefined) continue;
      const sound = { firstSample: block.firstFrame, samples, invalid: block.invalid[channel] ?? [] };
      for (const cue of listeners[i]?.push(sound).cues ?? []) options.onCue(cue, channel);
      options.onHeard(heardUpTo, sound, channel);
    }
    await options.afterBlock(heardUpTo);
  }
  for (const [i, channel] of channels.entries()) {
    for (const cue of listeners[i]?.flush().cues ?? []) options.onCue(cue, channel);
    options.onHeard(heardUpTo, null, channel);
  }
}

async function readUnlessAborted(
  source: SampleSource,
  frames: number,
  signal: AbortSignal,
): Promise<FrameBlock | null> {
  if (signal.aborted) return null;
  const onAbort = (): void => void source.close();
  signal.addEventListener("abort", onAbort);
  try {
    return await source.read(frames);
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** @throws TouchlineError AUD_UNHEARABLE */
export function assertHearable(source: SampleSource): void {
  const { sampleRate } = source.format;
  if (sampleRate < LOWEST_RATE_HZ) throw new TouchlineError("AUD_UNHEARABLE", [source.label, sampleRate]);
}

/** @throws TouchlineError AUD_BAD_FORMAT, AUD_UNHEARABLE */
export function channelsToHear(source: SampleSource, selected: number | null): number[] {
  assertHearable(source);
  const { channels } = source.format;
  if (selected === null) return Array.from({ length: channels }, (_, index) => index);
  if (selected < channels) return [selected];
  throw new TouchlineError("AUD_BAD_FORMAT", [source.label, `no channel ${selected}: it has ${channels}, from 0`]);
}
