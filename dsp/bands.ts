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

/** Power (mean square, 1 = full scale) to dBFS, never below `FLOOR_DB`. */
export function powerToDb(power: number): number {
  return power > 1e-14 ? 10 * Math.log10(power) : FLOOR_DB;
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
