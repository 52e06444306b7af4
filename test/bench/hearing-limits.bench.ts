import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fftJs from "fft-js";
import { bench, describe } from "vitest";
import { PACKAGE_ROOT } from "../../daemon/package-files.js";
import { createListener } from "../../dsp/index.js";
import { loadTransforms } from "../../dsp/transform.js";
import { addTone, addWhistle, crowd, makeNoise } from "../unit/dsp/sound.js";
import { allocatedBy } from "./allocated.js";

const RATE = 48_000;
const SIZE = 1024;
const BLOCK = 4800;
const SECONDS = 20;

const noise = makeNoise(1);
const windowful = Float32Array.from({ length: SIZE }, () => noise());
const asList = Array.from(windowful);
const transform = (await loadTransforms()).get(SIZE);

/** Nanoseconds of one call: the best of many short rounds, so that what else the machine does counts little. */
function nanosOf(run: () => void, each: number, rounds: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    const began = process.hrtime.bigint();
    for (let i = 0; i < each; i += 1) run();
    best = Math.min(best, Number(process.hrtime.bigint() - began) / each);
  }
  return best;
}

/** Nanoseconds by FFTW, or why there are none. */
function fftwNanos(): number | string {
  const folder = mkdtempSync(join(tmpdir(), "touchline-fftw-"));
  try {
    const program = join(folder, "fftw");
    const source = join(PACKAGE_ROOT, "test", "bench", "fftw.c");
    const built = spawnSync("cc", ["-O2", source, "-lfftw3f", "-o", program], { encoding: "utf8" });
    if (built.error !== undefined) return "skipped: no C compiler (cc) on the PATH";
    if (built.status !== 0) return "skipped: FFTW is not there (apt-get install libfftw3-dev)";
    const { status, stdout } = spawnSync(program, [String(SIZE)], { encoding: "utf8" });
    const nanos = Number.parseFloat(stdout);
    return status === 0 && nanos > 0 ? nanos : `skipped: fftw.c ended with ${status}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runOnce(): void {
  transform.input().set(windowful);
  transform.run();
}

function showTransforms(): void {
  const own = nanosOf(runOnce, 1000, 200);
  const naive = nanosOf(() => void fftJs.fft(asList), 20, 20);
  const fftw = fftwNanos();
  const line = (name: string, nanos: number): string =>
    `  ${name.padEnd(38)}${nanos.toFixed(0).padStart(9)} ns  ours takes ${(own / nanos).toPrecision(2)} x that`;
  console.log(
    [
      `one real transform of ${SIZE} samples, float, input copied in`,
      `  ${"ours (pffft, WebAssembly)".padEnd(38)}${own.toFixed(0).padStart(9)} ns`,
      typeof fftw === "number" ? line("FFTW float, FFTW_MEASURE", fftw) : `  FFTW float: ${fftw}`,
      line("fft-js", naive),
    ].join("\n"),
  );
}

/** A crowd with whistles and a horn: every detector has work. */
function makeSound(): Float32Array {
  const sound = crowd(SECONDS, RATE, 0.02, 4);
  for (let i = 0; i < 5; i += 1) addWhistle(sound, RATE, { atSec: 1 + 3.5 * i, lengthSec: 0.6, amplitude: 0.1 });
  addTone(sound, RATE, { atSec: 18, lengthSec: 1, amplitude: 0.1, hz: 330 }, 5, 0.03);
  return sound;
}

const sound = makeSound();
const CHANNELS = 8;
const listeners = await Promise.all(Array.from({ length: CHANNELS }, () => createListener({ sampleRate: RATE })));
let position = 0;

/** All channels in turn, block by block, as the daemon does. */
function hearAll(count: number): void {
  for (let at = 0; at < sound.length; at += BLOCK) {
    const block = { firstSample: position + at, samples: sound.subarray(at, at + BLOCK), invalid: [] };
    for (let i = 0; i < count; i += 1) listeners[i]!.push(block);
  }
  position += sound.length;
}

/** Seconds of one channel's sound heard in a second of this process's CPU time; the best of some rounds. */
function timesRealTime(count: number): number {
  let best = 0;
  for (let round = 0; round < 5; round += 1) {
    const before = process.cpuUsage();
    hearAll(count);
    const { user, system } = process.cpuUsage(before);
    best = Math.max(best, (count * SECONDS * 1e6) / (user + system));
  }
  return best;
}

function showListener(): void {
  hearAll(CHANNELS);
  const one = timesRealTime(1);
  const many = timesRealTime(CHANNELS);
  console.log(
    [
      `whole listener, everything on, ${RATE / 1000} kHz, by CPU time`,
      `  one mono file             ${one.toFixed(0).padStart(6)} x real time`,
      `  channels that a core hears${many.toFixed(0).padStart(6)} in real time (measured with ${CHANNELS} in turn)`,
    ].join("\n"),
  );
}

/** A minute of an even crowd: nothing is told, so that what is allocated is the price of listening alone. */
async function showAllocation(): Promise<void> {
  const listener = await createListener({ sampleRate: RATE });
  const even = crowd(SECONDS, RATE, 0.02, 9);
  let at = 0;
  let columns = 0;
  const hear = (): void => {
    for (let from = 0; from < even.length; from += BLOCK) {
      const samples = even.subarray(from, from + BLOCK);
      columns += listener.push({ firstSample: at + from, samples, invalid: [] }).columns.length;
    }
    at += even.length;
  };
  hear();
  hear();
  columns = 0;
  const rounds = 3;
  const { bytes, by } = await allocatedBy(() => {
    for (let i = 0; i < rounds; i += 1) hear();
  });
  const handedOut = by.reduce((sum, { place, bytes: size }) => sum + (HANDED_OUT.test(place) ? size : 0), 0) / columns;
  const hops = rounds * SECONDS * 200;
  console.log(
    [
      "allocated in the steady state (V8's sampling heap profiler), blocks of 0.1 s, columns and levels included",
      `  a hop of 5 ms             ${(bytes / hops).toFixed(0).padStart(6)} bytes on average`,
      `  a column of 50 ms         ${(bytes / columns).toFixed(0).padStart(6)} bytes, of which ${handedOut.toFixed(0)} are what it hands out`,
      ...by.slice(0, 5).map(({ place, bytes: size }) => `    ${(size / hops).toFixed(1).padStart(6)} a hop  ${place}`),
      `  a snapshot                ${(listener.snapshot().body.length / 1000).toFixed(0).padStart(6)} kB of text`,
    ].join("\n"),
  );
}

/** Where columns, levels and the lists of them are made: what is handed out. */
const HANDED_OUT = /^(column levels|level levels|slice )/;

showTransforms();
showListener();
await showAllocation();

describe("what one hop costs at the least", () => {
  bench("one real transform of 1024 samples, input copied in", runOnce);
});
