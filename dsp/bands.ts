const COUNT = 48;
const LOWEST_HZ = 60;
const HIGHEST_HZ = 7600;

/** Centres of the bands of `SpectrumColumn.bandsDb`, Hz: 48, evenly spaced on a log axis. Bands above half the sample rate hold the floor. */
export const SPECTRUM_BANDS: readonly number[] = Array.from(
  { length: COUNT },
  (_, i) => Math.round(LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ) ** (i / (COUNT - 1)) * 10) / 10,
);

/** What is shown where there is no sound at all, dBFS. */
export const FLOOR_DB = -140;
const FLOOR_POWER = 1e-14;

/** Power (mean square, 1 = full scale) to dBFS, never below `FLOOR_DB`. */
export function powerToDb(power: number): number {
  // The choice is made before the logarithm: between a fraction and a whole number the compiler allocates.
  return 10 * Math.log10(power > FLOOR_POWER ? power : FLOOR_POWER);
}

/**
 * `powerToDb` of all `powers`, each over `over`, into `into` (may be the same array). A loop of its own, because a call that gives back a number costs an
 * allocation wherever the compiler does not inline it.
 */
export function powersToDb(powers: Float64Array, over: number, into: Float64Array): void {
  for (let i = 0; i < powers.length; i += 1) {
    const power = powers[i]! / over;
    into[i] = 10 * Math.log10(power > FLOOR_POWER ? power : FLOOR_POWER);
  }
}

/** First bin of each spectrum band, and one past the last band's last: band `i` is bins `edges[i]` up to but not including `edges[i + 1]`, at least one. */
export function bandEdges(binHz: number): Float64Array {
  const ratio = (HIGHEST_HZ / LOWEST_HZ) ** (0.5 / (COUNT - 1));
  return Float64Array.from({ length: COUNT + 1 }, (_, i) =>
    i < COUNT
      ? Math.round(SPECTRUM_BANDS[i]! / ratio / binHz)
      : Math.round((SPECTRUM_BANDS[COUNT - 1]! * ratio) / binHz),
  );
}
