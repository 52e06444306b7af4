import type { Ridge } from "../ridge.js";

/** A voice that was louder than the tone a moment ago (decades of power), and how little of all power the tone then holds: a formant, not a whistle over somebody who talks. */
const VOICE_BEFORE = 0.3;
const FORMANT_SHARE = 0.16;
const FORMANT_DOUBT = 3;
/** The mean step of the frequency from hop to hop, bins of 47 Hz; a pea's trill hardly reaches it. */
const MOST_MOVE = 0.86;
const MOVE_DOUBT = 3;
/** Short tones of the last seconds, and those of them of the same pitch; 1.1 is a train of three blasts half a second before. Logarithms of 1 + their sums. */
const MOST_NOTES = 3.2;
const NOTES_DOUBT = 1.5;
const MOST_REPEATS = 1.1;
const REPEATS_DOUBT = 2;
/** What came before a tone, counted by the judge. */
export interface Company {
  /** Tones of like level within 4 s. */
  busy: number;
  /** Gliding ones within 15 s, each by how far it glided and how long ago it was. */
  chirps: number;
  /** The same of short ones, gliding or not. */
  notes: number;
  /** Of those of its own pitch, the newer the more. */
  repeats: number;
}

/**
 * Log odds, 0 or more, that are taken off the net's: for what birds and voices do all day and referees hardly ever. The limits are about where one in fifty
 * whistles of the recorded matches lies beyond.
 */
export function doubtOf(ridge: Ridge, company: Company): number {
  const n = ridge.hits;
  const isFormant = ridge.sumLowRecent > VOICE_BEFORE * n && ridge.sumShare < FORMANT_SHARE * n;
  return (
    (isFormant ? FORMANT_DOUBT : 0) +
    MOVE_DOUBT * over(ridge.sumMove / n, MOST_MOVE) +
    NOTES_DOUBT * over(Math.log1p(company.notes), MOST_NOTES) +
    REPEATS_DOUBT * over(Math.log1p(company.repeats), MOST_REPEATS)
  );
}

function over(value: number, most: number): number {
  return Math.max(0, value - most);
}
