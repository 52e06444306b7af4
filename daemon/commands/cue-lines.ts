import type { Cue } from "../../dsp/index.js";

/** A line of `touchline listen --json`: seconds from the start of the file. */
export interface CueLine {
  readonly kind: string;
  readonly onsetSec: number;
  /** `null` only where the file ends within the cue. */
  readonly endSec: number | null;
  readonly sdSec: number;
  readonly score: number;
  /** From 0. */
  readonly channel: number;
  readonly count: number;
  /** When the cue was first told: what came of it later changes its end and score, not this. */
  readonly reportedSec: number;
}

interface OpenCue {
  readonly channel: number;
  readonly reported: number;
  cue: Cue;
}

/**
 * Puts cues in the order in which they were first told. A cue is a line once its end is known; lines behind one that still lasts wait
 * for it, so memory is bounded by the longest cue.
 */
export class CueLines {
  readonly #sampleRate: number;
  readonly #kinds: readonly string[] | null;
  readonly #open = new Map<string, OpenCue>();
  #queue: OpenCue[] = [];

  /** @param kinds `null`: all */
  constructor(sampleRate: number, kinds: readonly string[] | null) {
    this.#sampleRate = sampleRate;
    this.#kinds = kinds;
  }

  wants(cue: Cue): boolean {
    return this.#kinds === null || this.#kinds.includes(cue.kind);
  }

  add(cue: Cue, channel: number): void {
    if (!this.wants(cue)) return;
    const key = `${channel} ${cue.key}`;
    const known = this.#open.get(key);
    if (known !== undefined) known.cue = cue;
    else this.#enter(key, { channel, reported: cue.reported, cue });
    if (cue.isFinal) this.#open.delete(key);
  }

  /** The lines that are complete and have no open one before them. Call when every channel has been heard up to the same sample. */
  takeReady(): CueLine[] {
    this.#queue.sort((a, b) => a.reported - b.reported || a.channel - b.channel);
    const firstOpen = this.#queue.findIndex(({ cue }) => !cue.isFinal);
    const ready = this.#queue.splice(0, firstOpen < 0 ? this.#queue.length : firstOpen);
    return ready.map((open) => this.#line(open));
  }

  /** All that is left, at the end of the file. */
  takeAll(): CueLine[] {
    this.#queue.sort((a, b) => a.reported - b.reported || a.channel - b.channel);
    return this.#queue.splice(0).map((open) => this.#line(open));
  }

  #enter(key: string, open: OpenCue): void {
    if (!open.cue.isFinal) this.#open.set(key, open);
    this.#queue.push(open);
  }

  #line({ cue, channel, reported }: OpenCue): CueLine {
    const rate = this.#sampleRate;
    return {
      kind: cue.kind,
      onsetSec: round(cue.onset / rate, 6),
      endSec: cue.end === null ? null : round(cue.end / rate, 6),
      sdSec: round(cue.onsetSdSec, 6),
      score: round(cue.score, 4),
      channel,
      count: cue.count,
      reportedSec: round(reported / rate, 6),
    };
  }
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
