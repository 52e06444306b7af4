import type { HeardCue } from "./heard-cue.js";
import { MICROS_PER_SECOND } from "./time.js";

/** Sound needs 0.29 s for 100 m: two microphones of one venue hear one whistle at most this far apart. */
const SAME_SOUND_MICROS = 0.4 * MICROS_PER_SECOND;
const KEPT_CUES = 64;

interface Kept {
  readonly cueId: string;
  readonly channel: string;
  readonly kind: string;
  readonly onset: number;
}

/**
 * Tells whether a cue is the first hearing of its sound in the venue or another microphone's hearing of one told before,
 * so that a whistle on three channels is one whistle to the alignment. The channel that reports first speaks for the sound.
 */
export class CueFusion {
  private kept: Kept[] = [];

  /** True when `cue` is a new sound, or a further telling of one that this channel told first. */
  isFirstHearing(cue: HeardCue): boolean {
    const same = this.kept.find((kept) => kept.cueId === cue.cueId);
    if (same !== undefined) return true;
    const elsewhere = this.kept.some(
      (kept) =>
        kept.kind === cue.kind && kept.channel !== cue.channel && Math.abs(kept.onset - cue.onset) <= SAME_SOUND_MICROS,
    );
    if (elsewhere) return false;
    this.kept.push({ cueId: cue.cueId, channel: cue.channel, kind: cue.kind, onset: cue.onset });
    if (this.kept.length > KEPT_CUES) this.kept.shift();
    return true;
  }

  snapshot(): readonly Kept[] {
    return this.kept;
  }

  restore(kept: readonly Kept[]): void {
    this.kept = [...kept].slice(-KEPT_CUES);
  }
}
