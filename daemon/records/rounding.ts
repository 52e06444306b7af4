/** To a microsecond (or a millionth): finer digits are noise of floating point, and would differ between machines. */
export function roundSec(value: number): number {
  // Adding 0 turns -0, which JSON would write as 0 but a comparison tells apart, into 0.
  return Math.round(value * 1e6) / 1e6 + 0;
}
