import type { Random } from "../random.js";
import { addScaled } from "./shape.js";

/** What the stadium adds to a sound after its direct path. */
export interface Space {
  readonly echoes: readonly { readonly delaySec: number; readonly gainDb: number }[];
  readonly reverb: { readonly rt60Sec: number; readonly gainDb: number } | null;
}

const REVERB_PREDELAY_SEC = 0.015;

/** Two echoes from far stands (60-350 ms, -10 to -18 dB) and a tail (RT60 0.8-1.6 s, -8 to -14 dB); four in ten sounds come dry. */
export function drawSpace(random: Random): Space {
  if (random.chance(0.4)) return { echoes: [], reverb: null };
  const echo = () => ({ delaySec: random.uniform(0.06, 0.35), gainDb: random.uniform(-18, -10) });
  return { echoes: [echo(), echo()], reverb: { rt60Sec: random.uniform(0.8, 1.6), gainDb: random.uniform(-14, -8) } };
}

/** The sound with its echoes and its tail; the direct path stays where it was. */
export function placeInSpace(dry: Float32Array, space: Space, sampleRate: number): Float32Array {
  const tailSec = Math.max(space.reverb?.rt60Sec ?? 0, ...space.echoes.map((echo) => echo.delaySec), 0);
  const wet = new Float32Array(dry.length + Math.ceil(tailSec * sampleRate));
  wet.set(dry);
  for (const echo of space.echoes)
    addScaled(wet, dry, 10 ** (echo.gainDb / 20), Math.round(echo.delaySec * sampleRate));
  if (space.reverb !== null) addReverb(wet, dry, space.reverb, sampleRate);
  return wet;
}

/** Four parallel combs and two all-passes (Schroeder 1962): cheap, and dense enough for a tail 10 dB down. */
function addReverb(
  wet: Float32Array,
  dry: Float32Array,
  reverb: { rt60Sec: number; gainDb: number },
  rate: number,
): void {
  const tail = new Float32Array(wet.length);
  for (const delaySec of [0.0297, 0.0371, 0.0411, 0.0437]) {
    const delay = Math.round(delaySec * rate);
    const feedback = 10 ** ((-3 * delaySec) / reverb.rt60Sec);
    const line = new Float32Array(delay);
    for (let i = 0; i < tail.length; i++) {
      const slot = i % delay;
      const out = line[slot] ?? 0;
      line[slot] = (dry[i] ?? 0) * 0.25 + out * feedback;
      tail[i] = (tail[i] ?? 0) + out;
    }
  }
  for (const delaySec of [0.005, 0.0017]) allPass(tail, Math.round(delaySec * rate));
  addScaled(wet, tail, 10 ** (reverb.gainDb / 20), Math.round(REVERB_PREDELAY_SEC * rate));
}

function allPass(samples: Float32Array, delay: number): void {
  const line = new Float32Array(delay);
  for (let i = 0; i < samples.length; i++) {
    const slot = i % delay;
    const delayed = line[slot] ?? 0;
    const x = (samples[i] ?? 0) + 0.7 * delayed;
    line[slot] = x;
    samples[i] = delayed - 0.7 * x;
  }
}
