import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import wav from "node-wav";
import { afterAll, bench, describe } from "vitest";
import { hearSource } from "../../daemon/inputs/audio/hear-source.js";
import { openWavFile } from "../../daemon/inputs/audio/wav-reader.js";
import { createListener } from "../../dsp/index.js";
import { chunk, fmt, ints, riff } from "../unit/inputs/audio/wav-corpus.js";

const RATE = 48_000;
const READ_SEC = 120;
const HEARD_SEC = 30;

const folder = mkdtempSync(join(tmpdir(), "touchline-bench-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Noise with a tone now and then: as much work for the detectors as a crowd. */
function write(name: string, seconds: number): string {
  let seed = 1;
  const noise = Array.from({ length: RATE }, (_, i) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return ((seed >> 16) % 3000) + (i % RATE < 9600 ? Math.round(4000 * Math.sin((i * 3200 * 2 * Math.PI) / RATE)) : 0);
  });
  const second = ints(noise, 2);
  const path = join(folder, name);
  writeFileSync(path, riff([fmt({ rate: RATE }), chunk("data", Buffer.concat(Array<Buffer>(seconds).fill(second)))]));
  return path;
}

const long = write("read.wav", READ_SEC);
const short = write("heard.wav", HEARD_SEC);

describe(`reading ${READ_SEC} s of 48 kHz mono`, () => {
  bench("node-wav: the whole file at once", () => {
    wav.decode(Uint8Array.from(readFileSync(long)));
  });

  bench("WavReader: block by block", async () => {
    const reader = await openWavFile(long);
    while ((await reader.read(12_000)) !== null);
    await reader.close();
  });
});

describe(`${HEARD_SEC} s of 48 kHz mono (x real time = ${HEARD_SEC} x hz)`, () => {
  bench("read only", async () => {
    const reader = await openWavFile(short);
    while ((await reader.read(12_000)) !== null);
    await reader.close();
  });

  bench("read and heard", async () => {
    const source = await openWavFile(short);
    await hearSource(source, {
      channel: null,
      createListener,
      onCue: () => undefined,
      onHeard: () => undefined,
      afterBlock: async () => undefined,
      signal: new AbortController().signal,
    });
    await source.close();
  });
});
