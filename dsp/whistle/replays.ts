import { coherence, type Print } from "./print.js";

/** Blasts that are remembered, and for how long: a replay comes within a minute or two of its play. */
const REMEMBERED = 24;
const MEMORY_SEC = 180;
/** Nobody shows a play again before it is over; closer repetitions are echoes. */
const SOONEST_SEC = 1.5;
/** From here on it is the same sound: of 444 pairs of different blasts of real matches none was above 0.51, of replays nine in ten are (docs/hearing.md). */
const SAME_COHERENCE = 0.7;
/** What sounds the same more often than this is an instrument that can do nothing else (an electronic whistle), not a replay. */
const MOST_SHOWINGS = 3;

interface Remembered {
  onset: number;
  key: string;
  centreHz: number;
  text: string;
  /** Hearings of the same sound so far. */
  showings: number;
}

interface ReplayState {
  readonly blasts: Remembered[];
  next: number;
}

/** Finds blasts that are an earlier one once more: on the big screen, in a programme mix. */
export class Replays {
  readonly state: ReplayState = {
    blasts: Array.from({ length: REMEMBERED }, () => ({ onset: -1e15, key: "", centreHz: 0, text: "", showings: 0 })),
    next: 0,
  };
  readonly #sampleRate: number;
  readonly #printRateHz: number;

  constructor(sampleRate: number, printRateHz: number) {
    this.#sampleRate = sampleRate;
    this.#printRateHz = printRateHz;
  }

  /** Remembers a blast; returns the key of the one that it repeats, or "". `onset` in samples since the stream's start. */
  compare(onset: number, key: string, print: Print): string {
    const original = this.#originalOf(onset, print);
    const showings = (original?.showings ?? 0) + 1;
    const originalKey = original === null || showings > MOST_SHOWINGS ? "" : original.key;
    if (original === null) this.#remember(onset, key, print);
    else {
      original.showings = showings;
      // An instrument is remembered for as long as it is blown.
      if (showings > MOST_SHOWINGS) original.onset = onset;
    }
    return originalKey;
  }

  #originalOf(onset: number, print: Print): Remembered | null {
    let original: Remembered | null = null;
    for (const blast of this.state.blasts) {
      const ageSec = (onset - blast.onset) / this.#sampleRate;
      if (ageSec < SOONEST_SEC || ageSec > MEMORY_SEC || (original !== null && blast.onset > original.onset)) continue;
      if (coherence(blast, print, this.#printRateHz) >= SAME_COHERENCE) original = blast;
    }
    return original;
  }

  #remember(onset: number, key: string, print: Print): void {
    const blast = this.state.blasts[this.state.next]!;
    blast.onset = onset;
    blast.key = key;
    blast.centreHz = print.centreHz;
    blast.text = print.text;
    blast.showings = 1;
    this.state.next = (this.state.next + 1) % REMEMBERED;
  }
}
