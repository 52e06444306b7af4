import type { ChannelListener } from "../../../../daemon/inputs/audio/channel-feeder.js";
import type { Cue, Heard, Level, SampleBlock } from "../../../../dsp/index.js";

const NOTHING: Heard = { cues: [], levels: [], columns: [] };

/** Tells what the test wants told, remembers what it was given. */
export class FakeListener implements ChannelListener {
  next: Heard = NOTHING;
  atEnd: Heard = NOTHING;
  state = "";
  refuses = false;
  suppressedCues = 0;
  readonly blocks: { firstSample: number; length: number; first: number; invalid: number }[] = [];
  /** Called for each block, instead of `next`. */
  onBlock: ((block: SampleBlock) => Heard) | null = null;

  push(block: SampleBlock): Heard {
    const { firstSample, samples, invalid } = block;
    this.blocks.push({ firstSample, length: samples.length, first: samples[0] ?? 0, invalid: invalid.length });
    return this.onBlock?.(block) ?? this.next;
  }

  flush(): Heard {
    return this.atEnd;
  }

  snapshot(): { version: number; body: string } {
    return { version: 7, body: this.state };
  }

  restore(snapshot: { version: number; body: string }): boolean {
    if (this.refuses || snapshot.version !== 7) return false;
    this.state = snapshot.body;
    return true;
  }
}

export function cueAt(onset: number, overrides: Partial<Cue> = {}): Cue {
  return {
    key: `c${onset}`,
    kind: "whistle",
    onset,
    end: onset + 5,
    onsetSdSec: 0.01,
    score: 0.9,
    count: 1,
    levelDb: -20,
    tonesHz: [3000],
    reported: onset + 3,
    isFinal: true,
    flags: [],
    ...overrides,
  };
}

export function levelAt(at: number): Level {
  return { at, rmsDb: -30, peakDb: -20, crowdRiseDb: 0, excitement: 0 };
}
