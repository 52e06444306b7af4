/** Half width of the interpolating kernel, in zero crossings of the lower rate. */
const CROSSINGS = 16;

/** Another sample rate by a Hann-windowed sinc, cut off at the lower of the two Nyquist frequencies. Rates in whole Hz. */
export function resample(samples: Float32Array, fromHz: number, toHz: number): Float32Array {
  if (fromHz === toHz) return samples;
  const cutoff = Math.min(1, toHz / fromHz);
  const reach = CROSSINGS / cutoff;
  const half = Math.ceil(reach);
  const phases = toHz / commonDivisor(fromHz, toHz);
  const kernels = makeKernels(phases, half, reach, cutoff);
  const out = new Float32Array(Math.floor((samples.length * toHz) / fromHz));
  const taps = 2 * half + 1;
  for (let i = 0; i < out.length; i++) {
    const centre = Math.floor((i * fromHz) / toHz);
    const kernel = Math.round(((i * fromHz) / toHz - centre) * phases) * taps;
    const begin = Math.max(0, half - centre);
    const end = Math.min(taps, samples.length - centre + half);
    let sum = 0;
    for (let tap = begin; tap < end; tap++) {
      sum += (samples[centre - half + tap] ?? 0) * (kernels[kernel + tap] ?? 0);
    }
    out[i] = sum;
  }
  return out;
}

/** A kernel for each place that an output sample can have between two input samples. */
function makeKernels(phases: number, half: number, reach: number, cutoff: number): Float64Array {
  const taps = 2 * half + 1;
  const kernels = new Float64Array((phases + 1) * taps);
  for (let phase = 0; phase <= phases; phase++) {
    for (let tap = 0; tap < taps; tap++) {
      const x = tap - half - phase / phases;
      if (Math.abs(x) > reach) continue;
      const window = 0.5 + 0.5 * Math.cos((Math.PI * x) / reach);
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * cutoff * x) / (Math.PI * cutoff * x);
      kernels[phase * taps + tap] = sinc * window * cutoff;
    }
  }
  return kernels;
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
