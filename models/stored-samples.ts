import type { Packer, Unpacker } from "./pack.js";
import type { TelemetrySample } from "./telemetry.js";

/** What windows read of a sample beside its time and car, in the order it is stored in. */
const SIGNALS = ["speedMps", "rpm", "throttle", "lap", "lapPct", "airC", "flag", "pit"] as const;

type StoredSample = { -readonly [K in keyof TelemetrySample]: TelemetrySample[K] };

/** Samples of one car: which signals each has, then every signal's values. Brake and gear, which nobody reads again, are left out. */
export function packSamples(packer: Packer, samples: readonly TelemetrySample[]): void {
  const values = new Float64Array(samples.length);
  for (const [i, { t }] of samples.entries()) values[i] = t;
  packer.column(values);
  for (const [i, sample] of samples.entries()) values[i] = maskOf(sample);
  packer.column(values);
  for (const signal of SIGNALS) {
    let count = 0;
    for (const sample of samples) {
      const value = sample[signal];
      if (value !== undefined) values[count++] = Number(value);
    }
    packer.column(values.subarray(0, count));
  }
}

/** @throws RangeError on a text of another form */
export function unpackSamples(unpacker: Unpacker, car: string): TelemetrySample[] {
  const times = unpacker.column();
  const masks = unpacker.columnOf(times.length);
  const samples = Array.from(times, (t): StoredSample => ({ car, t }));
  for (const [bit, signal] of SIGNALS.entries()) {
    const values = unpacker.column();
    let next = 0;
    for (const [i, sample] of samples.entries()) {
      if (((masks[i] ?? 0) >> bit) & 1) sample[signal] = values[next++] ?? Number.NaN;
    }
    if (next !== values.length) throw new RangeError("samples of another form");
  }
  return samples;
}

function maskOf(sample: TelemetrySample): number {
  let mask = 0;
  for (let bit = 0; bit < SIGNALS.length; bit++) {
    const signal = SIGNALS[bit];
    if (signal !== undefined && sample[signal] !== undefined) mask |= 1 << bit;
  }
  return mask;
}
