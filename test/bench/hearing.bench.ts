import fftJs from "fft-js";
import { bench, describe } from "vitest";
import { createListener } from "../../dsp/index.js";
import { load } from "../../dsp/transform.js";
import { addTone, addWhistle, crowd, makeNoise } from "../unit/dsp/sound.js";

const RATE = 48_000;
const SIZE = 1024;
const HOP = 240;

const noise = makeNoise(1);
const windowful = Float32Array.from({ length: SIZE }, () => noise());
const asList = Array.from(windowful);
const simd = (await load(true)).get(SIZE);
const scalar = (await load(false)).get(SIZE);

describe("one real transform of 1024 samples, input copied in", () => {
  bench("pffft, WebAssembly SIMD", () => {
    simd.input().set(windowful);
    simd.run();
  });
  bench("pffft, WebAssembly scalar", () => {
    scalar.input().set(windowful);
    scalar.run();
  });
  bench("fft-js (reference)", () => {
    fftJs.fft(asList);
  });
});

const SECONDS = 10;
const sound = crowd(SECONDS, RATE, 0.02, 4);
for (let i = 0; i < 3; i += 1) addWhistle(sound, RATE, { atSec: 1 + 3 * i, lengthSec: 0.6, amplitude: 0.1 });
addTone(sound, RATE, { atSec: 8, lengthSec: 1, amplitude: 0.1, hz: 330 }, 5, 0.03);

const listener = await createListener({ sampleRate: RATE });
let position = 0;

function hearOnce(): void {
  for (let at = 0; at < sound.length; at += 4800) {
    listener.push({ firstSample: position + at, samples: sound.subarray(at, at + 4800), invalid: [] });
  }
  position += sound.length;
}

/** What the listener's hops would cost with the reference transform and nothing else but the band's energy, on one second. */
function hearNaively(): number {
  let energy = 0;
  for (let at = 0; at + SIZE <= RATE; at += HOP) {
    const spectrum = fftJs.fft(Array.from(sound.subarray(at, at + SIZE)));
    for (let k = 38; k < 97; k += 1) energy += Math.hypot(...spectrum[k]!);
  }
  return energy;
}

for (let i = 0; i < 5; i += 1) hearOnce();
const rounds = 10;
const before = process.cpuUsage();
for (let i = 0; i < rounds; i += 1) hearOnce();
const { user, system } = process.cpuUsage(before);
console.log(
  `whole listener, mono 48 kHz: ${((rounds * SECONDS * 1e6) / (user + system)).toFixed(0)} x real time (CPU)`,
);

describe("one second of sound at 48 kHz", () => {
  bench("whole listener", () => {
    const at = position % sound.length;
    listener.push({ firstSample: position, samples: sound.subarray(at, at + RATE), invalid: [] });
    position += RATE;
  });
  bench("naive listener on fft-js: the band's energy and nothing else (reference)", () => {
    hearNaively();
  });
});
