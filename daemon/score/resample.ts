/** Half width of the interpolating kernel, in zero crossings of the lower rate. */
const CROSSINGS = 16;

/** Another sample rate by a Hann-windowed sinc, cut off at the lower of the two Nyquist frequencies. */
export function resample(samples: Float32Array, fromHz: number, toHz: number): Float32Array {
  if (fromHz === toHz) return samples;
  const cutoff = Math.min(1, toHz / fromHz);
  const reach = CROSSINGS / cutoff;
  const out = new Float32Array(Math.floor((samples.length * toHz) / fromHz));
  for (let i = 0; i < out.length; i++) {
    const centre = (i * fromHz) / toHz;
    const last = Math.min(samples.length - 1, Math.floor(centre + reach));
    let sum = 0;
    for (let at = Math.max(0, Math.ceil(centre - reach)); at <= last; at++) {
      const x = at - centre;
      const window = 0.5 + 0.5 * Math.cos((Math.PI * x) / reach);
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * cutoff * x) / (Math.PI * cutoff * x);
      sum += (samples[at] ?? 0) * sinc * window * cutoff;
    }
    out[i] = sum;
  }
  return out;
}
