/** Of an onset that stands out of the noise by 0.9 decades or less, and of the clearest. */
const LARGEST_SEC = 0.065;
const SMALLEST_SEC = 0.006;
const LARGEST_UP_TO = 0.9;
const DECADES = 1.6;
const ATTACK_SHARE = 0.4;

/**
 * Standard deviation of a whistle's onset, seconds. `rise`: plateau over the noise before it (power ratio); `attackSec`: from the onset to 3 dB
 * below the plateau. Most onsets lie within 2 ms; one in twenty is off by 30-100 ms, because it began softly or under another sound. The deviation
 * is chosen so that 95 of 100 errors are within twice of it, as the alignment takes it to be; with recordings and mixes, see docs/hearing.md.
 */
export function onsetDeviation(rise: number, attackSec: number): number {
  const decades = Math.log10(Math.max(rise, 1e-3));
  const noise = LARGEST_SEC * 10 ** ((LARGEST_UP_TO - decades) / DECADES);
  return Math.hypot(Math.min(LARGEST_SEC, Math.max(SMALLEST_SEC, noise)), ATTACK_SHARE * attackSec);
}
