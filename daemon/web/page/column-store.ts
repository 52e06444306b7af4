/** The last minute of one channel's columns in the browser, on the source's time. */
export class ColumnStore {
  readonly #bands: number;
  readonly #capacity: number;
  #columns: { timeMs: number; bytes: Uint8Array }[] = [];

  constructor(bands: number, capacity: number) {
    this.#bands = bands;
    this.#capacity = capacity;
  }

  /** Time of the newest column; `null` when there is none. */
  get newestMs(): number | null {
    return this.#columns.at(-1)?.timeMs ?? null;
  }

  /** Takes columns in order of time. A source that began again (a replay, a new file) starts anew. */
  push(timesMs: readonly number[], bytes: Uint8Array): void {
    const [first] = timesMs;
    if (first !== undefined && this.newestMs !== null && first < this.newestMs - 1000) this.#columns = [];
    timesMs.forEach((timeMs, index) => {
      this.#columns.push({ timeMs, bytes: bytes.subarray(index * this.#bands, (index + 1) * this.#bands) });
    });
    const surplus = this.#columns.length - this.#capacity;
    if (surplus > 0) this.#columns.splice(0, surplus);
  }

  /**
   * Bytes between which the colours are spread: the quietest twentieth is background, the loudest five in a thousand are white,
   * at least 25 dB apart (50 steps) so that silence does not become a picture of its own noise.
   */
  range(): { low: number; high: number } {
    const histogram = new Uint32Array(256);
    let total = 0;
    for (const { bytes } of this.#columns) {
      for (const byte of bytes) {
        if (byte === 0) continue;
        histogram[byte] = (histogram[byte] ?? 0) + 1;
        total += 1;
      }
    }
    const low = percentile(histogram, total * 0.05);
    return { low, high: Math.max(percentile(histogram, total * 0.995), low + 50) };
  }

  /** Paints the minute that ends with the newest column: a pixel a column slot wide, a pixel a band high, low bands at the bottom. */
  paint(pixels: Uint32Array, width: number, slotMs: number, palette: Uint32Array): void {
    const newest = this.newestMs;
    pixels.fill(palette[0] ?? 0);
    if (newest === null) return;
    const { low, high } = this.range();
    const scale = 255 / (high - low);
    for (const { timeMs, bytes } of this.#columns) {
      const x = width - 1 - Math.round((newest - timeMs) / slotMs);
      if (x < 0 || x >= width) continue;
      for (let band = 0; band < this.#bands; band++) {
        const shade = Math.max(0, Math.min(255, Math.round(((bytes[band] ?? 0) - low) * scale)));
        pixels[(this.#bands - 1 - band) * width + x] = palette[shade] ?? 0;
      }
    }
  }
}

function percentile(histogram: Uint32Array, rank: number): number {
  let seen = 0;
  for (let byte = 0; byte < histogram.length; byte++) {
    seen += histogram[byte] ?? 0;
    if (seen > rank) return byte;
  }
  return 0;
}
