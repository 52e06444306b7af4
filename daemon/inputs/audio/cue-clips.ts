import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import wav from "node-wav";
import type { Cue, SampleBlock } from "../../../dsp/index.js";
import { messageOf, TouchlineError } from "../../errors.js";

export interface ClipOptions {
  readonly folder: string;
  /** Begins every file's name. */
  readonly stem: string;
  readonly sampleRate: number;
  readonly channels: number;
}

/** One file per cue, with the second before it and the second after it. */
export interface ClipWriter {
  /** A telling of a cue, before the block in which it was told is handed to `heard`. */
  told(cue: Cue, channel: number): void;
  /** `null`: the channel has ended. */
  heard(block: SampleBlock | null, channel: number): void;
  readonly written: number;
}

const MARGIN_SEC = 1;
/** Of a long roar its beginning is kept. */
const LONGEST_SEC = 10;
/** Onsets are told at most some seconds late; the clip's second before the onset must still be there when it is cut. */
const RING_SEC = MARGIN_SEC + LONGEST_SEC + MARGIN_SEC + 4;
const MAX_OPEN = 256;

/** @throws TouchlineError FILE_UNWRITABLE when the folder cannot be made */
export function createClipWriter(options: ClipOptions): ClipWriter {
  try {
    mkdirSync(options.folder, { recursive: true });
  } catch (error) {
    throw new TouchlineError("FILE_UNWRITABLE", [options.folder, messageOf(error)], error);
  }
  return new CueClips(options);
}

class CueClips implements ClipWriter {
  readonly #options: ClipOptions;
  readonly #channels = new Map<number, { ring: Ring; open: Map<string, Cue> }>();
  written = 0;

  constructor(options: ClipOptions) {
    this.#options = options;
  }

  told(cue: Cue, channel: number): void {
    const { open } = this.#channel(channel);
    if (open.has(cue.key) || open.size < MAX_OPEN) open.set(cue.key, cue);
  }

  heard(block: SampleBlock | null, channel: number): void {
    const { ring, open } = this.#channel(channel);
    if (block !== null) ring.push(block);
    for (const [key, cue] of open) {
      if (block !== null && ring.end < this.#clipEnd(cue)) continue;
      this.#write(cue, channel, ring);
      // A cue that still lasts is told once more at its end: its clip is written by then.
      if (cue.isFinal || block === null) open.delete(key);
      else open.set(key, { ...cue, onset: Number.POSITIVE_INFINITY });
    }
  }

  #clipEnd(cue: Cue): number {
    const longest = cue.onset + LONGEST_SEC * this.#options.sampleRate;
    return Math.min(cue.end ?? longest, longest) + MARGIN_SEC * this.#options.sampleRate;
  }

  #write(cue: Cue, channel: number, ring: Ring): void {
    if (!Number.isFinite(cue.onset)) return;
    const { folder, stem, sampleRate } = this.#options;
    const samples = ring.cut(cue.onset - MARGIN_SEC * sampleRate, this.#clipEnd(cue));
    const at = (cue.onset / sampleRate).toFixed(3).padStart(9, "0");
    const path = join(folder, `${stem}-ch${channel}-${at}s-${cue.kind}.wav`);
    try {
      writeFileSync(path, wav.encode([samples], { sampleRate, float: false, bitDepth: 16 }));
      this.written += 1;
    } catch (error) {
      throw new TouchlineError("FILE_UNWRITABLE", [path, messageOf(error)], error);
    }
  }

  #channel(channel: number): { ring: Ring; open: Map<string, Cue> } {
    let found = this.#channels.get(channel);
    if (found === undefined) {
      found = { ring: new Ring(Math.ceil(RING_SEC * this.#options.sampleRate)), open: new Map() };
      this.#channels.set(channel, found);
    }
    return found;
  }
}

/** The newest samples of a channel. */
class Ring {
  readonly #samples: Float32Array;
  end = 0;

  constructor(length: number) {
    this.#samples = new Float32Array(length);
  }

  push({ firstSample, samples }: SampleBlock): void {
    const { length } = this.#samples;
    for (let i = 0; i < samples.length; i++) this.#samples[(firstSample + i) % length] = samples[i] as number;
    this.end = firstSample + samples.length;
  }

  /** What is there of [from, to). */
  cut(from: number, to: number): Float32Array {
    const { length } = this.#samples;
    const first = Math.max(0, this.end - length, Math.floor(from));
    const last = Math.min(this.end, Math.ceil(to));
    return Float32Array.from({ length: Math.max(0, last - first) }, (_, i) => this.#samples[(first + i) % length] ?? 0);
  }
}
