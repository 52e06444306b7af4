import type { InvalidRange } from "../../dsp/index.js";
import { type Random, rmsOf } from "../simulate/index.js";
import type { MonoSound } from "./read-mono.js";
import { resample } from "./resample.js";

/** A recording as a worse chain would have delivered it. */
export interface DamagedSound extends MonoSound {
  /** Samples that the source knows to be lost. */
  readonly invalid: readonly InvalidRange[];
}

const FULL_SCALE = 32_767;
const CLIP_SHARE = 0.1;
const LOW_RATE_HZ = 16_000;

/** AGC: towards -20 dBFS, gain within +-30 dB, gain falls in 5 ms and rises in 500 ms. */
const AGC = { target: 0.1, mostGain: 31.6, fallSec: 0.005, riseSec: 0.5 } as const;

/** Wind: noise below about 100 Hz, gusts of some seconds, its mean level this far above the recording's. */
const WIND = { overDb: 12, cornerHz: 100, gustHz: 0.3 } as const;

/** Hum: 50 Hz and its harmonics as a bad earth makes them, this far above the recording's level. */
const HUM = { overDb: 6, hz: 50, harmonics: 20 } as const;

/** Dropouts: 10-60 ms, one a second on average. */
const DROPOUT = { shortestSec: 0.01, longestSec: 0.06, gapSec: 1 } as const;

const GAINS_DB = [-24, -12, 12] as const;

type Damage = (sound: MonoSound, random: Random) => DamagedSound;

/** What is done to recordings, by name; the first one is nothing. All but the codecs, which need ffmpeg (`robust-codecs.ts`). */
export const DAMAGES: Readonly<Record<string, Damage>> = {
  "as recorded": (sound) => ({ ...sound, invalid: [] }),
  ...Object.fromEntries(GAINS_DB.map((gainDb) => [gainName(gainDb), (sound: MonoSound) => withGain(sound, gainDb)])),
  "hard clipping": clipped,
  AGC: withAgc,
  "16 kHz": ({ samples, sampleRate }) => ({
    samples: resample(samples, sampleRate, LOW_RATE_HZ),
    sampleRate: LOW_RATE_HZ,
    invalid: [],
  }),
  wind: withWind,
  "mains hum": withHum,
  dropouts: withDropouts,
};

function gainName(gainDb: number): string {
  return `gain ${gainDb > 0 ? "+" : ""}${gainDb} dB`;
}

/** As a 16-bit converter would have written it: rounded, and clipped where it does not fit. */
function withGain({ samples, sampleRate }: MonoSound, gainDb: number): DamagedSound {
  const gain = 10 ** (gainDb / 20);
  return { samples: samples.map((x) => toInt16(x * gain)), sampleRate, invalid: [] };
}

/** All above a tenth of the file's peak is cut off: an input stage that is 20 dB too hot. */
function clipped({ samples, sampleRate }: MonoSound): DamagedSound {
  const most = CLIP_SHARE * samples.reduce((peak, x) => Math.max(peak, Math.abs(x)), 0);
  return { samples: samples.map((x) => Math.max(-most, Math.min(most, x))), sampleRate, invalid: [] };
}

function withAgc({ samples, sampleRate }: MonoSound): DamagedSound {
  const fall = 1 - Math.exp(-1 / (AGC.fallSec * sampleRate));
  const rise = 1 - Math.exp(-1 / (AGC.riseSec * sampleRate));
  let level = AGC.target;
  const out = samples.map((x) => {
    const now = Math.abs(x) * Math.SQRT2;
    level += (now > level ? fall : rise) * (now - level);
    return toInt16(x * Math.min(AGC.mostGain, Math.max(1 / AGC.mostGain, AGC.target / Math.max(level, 1e-9))));
  });
  return { samples: out, sampleRate, invalid: [] };
}

function withWind({ samples, sampleRate }: MonoSound, random: Random): DamagedSound {
  const noise = new Float32Array(samples.length);
  const smooth = 1 - Math.exp((-2 * Math.PI * WIND.cornerHz) / sampleRate);
  const gust = 1 - Math.exp((-2 * Math.PI * WIND.gustHz) / sampleRate);
  let [first, second, strength] = [0, 0, 0];
  for (let i = 0; i < noise.length; i++) {
    first += smooth * (random.next() - 0.5 - first);
    second += smooth * (first - second);
    strength += gust * (random.next() - 0.5 - strength);
    noise[i] = second * (1 + 100 * Math.abs(strength));
  }
  return added({ samples, sampleRate }, noise, WIND.overDb);
}

function withHum({ samples, sampleRate }: MonoSound, random: Random): DamagedSound {
  const partials = Array.from({ length: HUM.harmonics }, (_, i) => ({
    step: (2 * Math.PI * HUM.hz * (i + 1)) / sampleRate,
    phase: random.uniform(0, 2 * Math.PI),
    amplitude: 1 / (i + 1),
  }));
  const noise = samples.map((_, i) =>
    partials.reduce((sum, { step, phase, amplitude }) => sum + amplitude * Math.sin(step * i + phase), 0),
  );
  return added({ samples, sampleRate }, noise, HUM.overDb);
}

/** Lost packets: zeros, told as lost. Whistles that begin in one are expected all the same. */
function withDropouts({ samples, sampleRate }: MonoSound, random: Random): DamagedSound {
  const out = samples.slice();
  const invalid: InvalidRange[] = [];
  for (let at = random.exponential(DROPOUT.gapSec); at * sampleRate < out.length; ) {
    const from = Math.round(at * sampleRate);
    const length = random.uniform(DROPOUT.shortestSec, DROPOUT.longestSec);
    const to = Math.min(out.length, from + Math.round(length * sampleRate));
    out.fill(0, from, to);
    invalid.push({ from, to });
    at += length + random.exponential(DROPOUT.gapSec);
  }
  return { samples: out, sampleRate, invalid };
}

/** Adds noise at a level over the recording's, as a converter with enough headroom would take it. */
function added({ samples, sampleRate }: MonoSound, noise: Float32Array, overDb: number): DamagedSound {
  const gain = (rmsOf(samples) * 10 ** (overDb / 20)) / Math.max(rmsOf(noise), 1e-12);
  return { samples: samples.map((x, i) => x + gain * (noise[i] ?? 0)), sampleRate, invalid: [] };
}

function toInt16(x: number): number {
  return Math.max(-FULL_SCALE, Math.min(FULL_SCALE, Math.round(x * FULL_SCALE))) / FULL_SCALE;
}
