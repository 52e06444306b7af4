import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import wav from "node-wav";
import { afterAll, describe, expect, it } from "vitest";
import { TouchlineError } from "../../../../daemon/errors.js";
import { ByteReader, type ByteSource } from "../../../../daemon/inputs/audio/byte-reader.js";
import { bufferSource, streamSource } from "../../../../daemon/inputs/audio/byte-sources.js";
import { openWav, openWavFile, tryOpenWav, type WavReader } from "../../../../daemon/inputs/audio/wav-reader.js";
import { CORPUS, chunk, floats, fmt, ints, riff } from "./wav-corpus.js";

const folder = mkdtempSync(join(tmpdir(), "touchline-wav-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function readAll(reader: WavReader, maxFrames = 3): Promise<number[][]> {
  const channels: number[][] = Array.from({ length: reader.format.channels }, () => []);
  for (let block = await reader.read(maxFrames); block !== null; block = await reader.read(maxFrames)) {
    expect(block.channels.every((samples) => samples.length === block?.frames)).toBe(true);
    expect(block.firstFrame).toBe(channels[0]?.length);
    block.channels.forEach((samples, channel) => {
      channels[channel]?.push(...samples);
    });
  }
  await reader.close();
  return channels;
}

/** The bytes as they come through a pipe, cut into pieces that respect nothing. */
function piped(bytes: Buffer, pieceBytes: number): ByteSource {
  const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, i) =>
    bytes.subarray(i * pieceBytes, (i + 1) * pieceBytes),
  );
  return streamSource(Readable.from(pieces, { objectMode: false }), "a pipe");
}

async function failureOf(act: () => Promise<unknown>): Promise<TouchlineError> {
  try {
    await act();
  } catch (error) {
    if (error instanceof TouchlineError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

describe("corpus", () => {
  it("holds at least 54 files", () => expect(CORPUS.length).toBeGreaterThanOrEqual(54));

  for (const file of CORPUS.filter(({ samples }) => samples !== null)) {
    it(`reads: ${file.name}`, async () => {
      const reader = await openWav(bufferSource(file.bytes, "a file"));
      const expected = file.samples?.[0]?.length === 0 ? [[]] : file.samples;
      expect(await readAll(reader)).toEqual(expected);
      expect(reader.warnings.map(({ code }) => code)).toEqual(file.warnings ?? []);
    });

    it.each([1, 7, 4096])(`reads through a pipe in pieces of %i bytes: ${file.name}`, async (pieceBytes) => {
      if (file.bytes.length / pieceBytes > 5000) return; // One byte at a time is slow for the long ones and shows nothing new.
      expect(await readAll(await openWav(piped(file.bytes, pieceBytes)))).toEqual(file.samples);
    });
  }

  for (const file of CORPUS.filter(({ samples }) => samples === null)) {
    it(`refuses with a code and a place: ${file.name}`, async () => {
      const failure = await failureOf(() => openWav(bufferSource(file.bytes, "bad.wav")));
      expect(failure.code).toBe(file.error?.[0]);
      expect(failure.message).toContain(file.error?.[1]);
      expect(failure.message).toContain("bad.wav");
      expect(failure.hint).not.toBe("");
    });

    it(`refuses through a pipe: ${file.name}`, async () => {
      const failure = await failureOf(() => openWav(piped(file.bytes, 4096)));
      expect(failure.code).toBe(file.error?.[0]);
    });
  }
});

describe("values", () => {
  it.each([1, 2, 3, 4])("full scale below zero of %i bytes is exactly -1", async (bytes) => {
    const code = bytes === 1 ? -128 : -(2 ** (8 * bytes - 1));
    const file = riff([fmt({ bits: bytes * 8 }), chunk("data", ints([code, code], bytes))]);
    expect(await readAll(await openWav(bufferSource(file, "")))).toEqual([[-1, -1]]);
  });

  it("takes what is no number as silence, counts it and says where, by channel", async () => {
    const values = [0.5, Number.NaN, 0.5, Number.POSITIVE_INFINITY, 0.5, 0.25, Number.NEGATIVE_INFINITY, 0.25];
    const file = riff([fmt({ tag: 3, bits: 32, channels: 2 }), chunk("data", floats(values, 4))]);
    const reader = await openWav(bufferSource(file, ""));
    const block = await reader.read(100);
    expect(block?.channels.map((samples) => [...samples])).toEqual([
      [0.5, 0.5, 0.5, 0],
      [0, 0, 0.25, 0.25],
    ]);
    expect(block?.invalid).toEqual([[{ from: 3, to: 4 }], [{ from: 0, to: 2 }]]);
    expect(await reader.read(100)).toBeNull();
    expect(reader.notFinite).toBe(3);
    expect(reader.warnings.map(({ code }) => code)).toEqual(["notFinite"]);
  });

  it("counts places from the start of the file, not of the block", async () => {
    const file = riff([fmt({ tag: 3, bits: 64 }), chunk("data", floats([0, 0, 0, Number.NaN, Number.NaN, 0], 8))]);
    const reader = await openWav(bufferSource(file, ""));
    await reader.read(2);
    expect((await reader.read(2))?.invalid).toEqual([[{ from: 3, to: 4 }]]);
    expect((await reader.read(2))?.invalid).toEqual([[{ from: 4, to: 5 }]]);
  });

  it("takes a double beyond the range of a float as no number", async () => {
    const file = riff([fmt({ tag: 3, bits: 64 }), chunk("data", floats([1e300, 0.5], 8))]);
    const reader = await openWav(bufferSource(file, ""));
    expect(await readAll(reader)).toEqual([[0, 0.5]]);
    expect(reader.notFinite).toBe(1);
  });

  it("agrees with node-wav on plain PCM but for its uneven scale", async () => {
    const codes = Array.from({ length: 2000 }, (_, i) => ((i * 7919) % 65_536) - 32_768);
    const file = riff([fmt({ channels: 2 }), chunk("data", ints(codes, 2))]);
    const ours = await readAll(await openWav(bufferSource(file, "")), 64);
    // A copy: node-wav fails on a view that does not begin its memory.
    const theirs = wav.decode(Uint8Array.from(file)).channelData;
    expect(ours.length).toBe(theirs.length);
    for (const [channel, samples] of ours.entries()) {
      const largest = Math.max(...samples.map((value, i) => Math.abs(value - (theirs[channel]?.[i] ?? 9))));
      expect(largest).toBeLessThanOrEqual(1 / 32_767);
    }
  });
});

describe("moving on", () => {
  const codes = Array.from({ length: 100 }, (_, i) => i);
  const file = riff([fmt(), chunk("LIST", Buffer.from("odd"), { pad: false }), chunk("data", ints(codes, 2))]);

  it.each(["file", "pipe"])("skips to a frame of a %s and reads on with the right samples", async (kind) => {
    const reader = await openWav(kind === "file" ? bufferSource(file, "") : piped(file, 5));
    await reader.read(3);
    expect(await reader.skipTo(50)).toBe(50);
    const block = await reader.read(2);
    expect([block?.firstFrame, Math.round((block?.channels[0]?.[0] ?? 0) * 32_768)]).toEqual([50, 50]);
  });

  it("stops at the end when told to skip beyond it", async () => {
    const reader = await openWav(bufferSource(file, ""));
    expect(await reader.skipTo(1000)).toBe(100);
    expect(await reader.read(10)).toBeNull();
  });
});

describe("memory", () => {
  it("reads a sparse RF64 of 5 GB by seeking, and its far end rightly", async () => {
    const path = join(folder, "sparse.wav");
    const dataBytes = 5_000_000_000;
    const ds64 = Buffer.alloc(28);
    ds64.writeBigUInt64LE(BigInt(dataBytes), 8);
    const head = riff([chunk("ds64", ds64), fmt(), chunk("data", Buffer.alloc(0), { size: 0xffff_ffff })], "RF64");
    writeFileSync(path, head);
    truncateSync(path, head.length + dataBytes);
    const fd = openSync(path, "r+");
    writeSync(fd, ints([123], 2), 0, 2, head.length + dataBytes - 2);
    closeSync(fd);
    const reader = await openWavFile(path);
    expect(reader.expectedFrames).toBe(dataBytes / 2);
    expect(await reader.skipTo(dataBytes / 2 - 10)).toBe(dataBytes / 2 - 10);
    const block = await reader.read(100);
    expect([block?.frames, Math.round((block?.channels[0]?.[9] ?? 0) * 32_768)]).toEqual([10, 123]);
    expect(await reader.read(100)).toBeNull();
    expect(reader.warnings).toEqual([]);
    await reader.close();
  });

  it("takes a 32-bit size that overflowed for what it is", async () => {
    const path = join(folder, "wrapped.wav");
    const dataBytes = 2 ** 32 + 1000;
    writeFileSync(path, riff([fmt(), chunk("data", Buffer.alloc(0), { size: 1000 })]));
    truncateSync(path, 44 + dataBytes);
    const reader = await openWavFile(path);
    expect(reader.expectedFrames).toBe(dataBytes / 2);
    expect(reader.warnings.map(({ code }) => code)).toEqual(["dataSizeWrapped"]);
    await reader.close();
  });

  it("hands out the same arrays again and again", async () => {
    const reader = await openWav(bufferSource(riff([fmt(), chunk("data", Buffer.alloc(4000))]), ""));
    const first = (await reader.read(500))?.channels[0];
    expect((await reader.read(500))?.channels[0]).toBe(first);
  });

  it("never asks for more than its buffer, however many channels and frames are wanted", async () => {
    const asked: number[] = [];
    const inner = bufferSource(riff([fmt({ channels: 128, bits: 32 }), chunk("data", Buffer.alloc(2_000_000))]), "");
    const source: ByteSource = {
      ...inner,
      read: (target) => {
        asked.push(target.length);
        return inner.read(target);
      },
    };
    const reader = await openWav(source);
    let frames = 0;
    for (let block = await reader.read(100_000); block !== null; block = await reader.read(100_000))
      frames += block.frames;
    expect(frames).toBe(Math.floor(2_000_000 / 512));
    expect(Math.max(...asked)).toBeLessThanOrEqual(256 * 1024);
  });
});

describe("anything at all", () => {
  it("ends in samples or in a coded error for random bytes behind a header", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 400 }),
        fc.constantFrom("RIFF", "RIFX", "RF64", "BW64"),
        async (body, form) => {
          await expectSane(riff([Buffer.from(body)], form));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("ends in samples or in a coded error for damaged files of the corpus", async () => {
    const small = CORPUS.filter(({ bytes }) => bytes.length > 0 && bytes.length < 5000);
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...small), damage, fc.nat(), async ({ bytes }, edits, cut) => {
        const damaged = Buffer.from(bytes);
        for (const [at, value] of edits) damaged[at % damaged.length] = value;
        await expectSane(damaged.subarray(0, damaged.length - (cut % 3 === 0 ? cut % damaged.length : 0)));
      }),
      { numRuns: 1000 },
    );
  });

  async function expectSane(bytes: Buffer): Promise<void> {
    for (const source of [bufferSource(bytes, "x"), piped(bytes, 64)]) {
      try {
        const reader = await tryOpenWav(new ByteReader(source));
        if (reader === null) continue;
        let frames = 0;
        for (let block = await reader.read(50); block !== null; block = await reader.read(50)) {
          frames += block.frames;
          for (const samples of block.channels) expect(samples.every(Number.isFinite)).toBe(true);
        }
        expect(frames).toBeLessThanOrEqual(bytes.length);
        expect(reader.warnings.length).toBeLessThan(20);
      } catch (error) {
        expect(error).toBeInstanceOf(TouchlineError);
        expect((error as TouchlineError).code).toMatch(/^AUD_(NOT|BAD)_WAV$/);
      }
    }
  }
});

describe("files of other programs", () => {
  const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;
  const hasSox = spawnSync("sox", ["--version"]).status === 0;
  const raw = ints(
    Array.from({ length: 9600 }, (_, i) => Math.round(20_000 * Math.sin(i / 7))),
    2,
  );

  /** What the file should hold, by the very program that wrote it: as doubles. */
  function expectedBy(path: string): Float64Array {
    const bytes = execFileSync("ffmpeg", ["-v", "error", "-i", path, "-f", "f64le", "-"], { maxBuffer: 1e8 });
    return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  }

  const name = hasFfmpeg ? "reads what ffmpeg writes: %s" : "skipped: no ffmpeg on the PATH (%s)";
  it
    .skipIf(!hasFfmpeg)
    .each([
      "pcm_u8",
      "pcm_s16le",
      "pcm_s24le",
      "pcm_s32le",
      "pcm_f32le",
      "pcm_f64le",
      "pcm_s16le -rf64 always",
      "pcm_s24le -write_bext 1 -metadata originator=x",
    ])(name, async (codec) => {
    const path = join(folder, `ff-${codec.replace(/\W/g, "")}.wav`);
    const input = ["-f", "s16le", "-ar", "48000", "-ac", "2", "-i", "-"];
    execFileSync("ffmpeg", ["-v", "error", "-y", ...input, "-c:a", ...codec.split(" "), path], { input: raw });
    await compare(path, expectedBy(path));
  });

  const soxName = hasSox && hasFfmpeg ? "reads what sox writes: %s" : "skipped: no sox and ffmpeg on the PATH (%s)";
  it
    .skipIf(!hasSox || !hasFfmpeg)
    .each(["-b 16", "-b 24", "-b 32", "-b 32 -e float", "-b 64 -e float", "-b 8 -e unsigned"])(
    soxName,
    async (options) => {
      const path = join(folder, `sox-${options.replace(/\W/g, "")}.wav`);
      const input = ["-t", "raw", "-r", "48000", "-c", "2", "-b", "16", "-e", "signed", "-"];
      execFileSync("sox", ["-D", ...input, ...options.split(" "), path], { input: raw });
      await compare(path, expectedBy(path));
    },
  );

  const pipeName = hasFfmpeg
    ? "reads the streaming header ffmpeg writes to a pipe"
    : "skipped: no ffmpeg on the PATH (pipe)";
  it.skipIf(!hasFfmpeg)(pipeName, async () => {
    const path = join(folder, "piped.wav");
    const input = ["-f", "s16le", "-ar", "48000", "-ac", "2", "-i", "-"];
    writeFileSync(path, execFileSync("ffmpeg", ["-v", "error", ...input, "-f", "wav", "-"], { input: raw }));
    const reader = await openWavFile(path);
    expect((await readAll(reader, 999))[0]?.length).toBe(4800);
    expect(reader.warnings.map(({ code }) => code)).toEqual(["dataSizeUnknown"]);
  });

  async function compare(path: string, expected: Float64Array): Promise<void> {
    const ours = await readAll(await openWavFile(path), 777);
    expect(ours.length).toBe(2);
    expect(ours[0]?.length).toBe(expected.length / 2);
    const errors = [0, 1].map((channel) =>
      Math.max(...(ours[channel] ?? []).map((value, i) => Math.abs(value - (expected[i * 2 + channel] ?? 9)))),
    );
    expect(Math.max(...errors)).toBeLessThan(1e-7);
  }
});
