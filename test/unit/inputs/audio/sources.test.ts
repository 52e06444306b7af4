import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { TouchlineError } from "../../../../daemon/errors.js";
import { ByteReader } from "../../../../daemon/inputs/audio/byte-reader.js";
import { bufferSource, openPath, streamSource } from "../../../../daemon/inputs/audio/byte-sources.js";
import {
  ffmpegArguments,
  isStreamUrl,
  openFfmpeg,
  withoutCredentials,
} from "../../../../daemon/inputs/audio/ffmpeg-source.js";
import { openAudioFile, openStreamSource } from "../../../../daemon/inputs/audio/open-source.js";
import { type PcmFormat, readPcm } from "../../../../daemon/inputs/audio/pcm-source.js";
import type { SampleSource } from "../../../../daemon/inputs/audio/sample-source.js";
import { chunk, floats, fmt, ints, riff } from "./wav-corpus.js";

const folder = mkdtempSync(join(tmpdir(), "touchline-sources-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NEVER = new AbortController().signal;
const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;
const withFfmpeg = (name: string): string => (hasFfmpeg ? name : `skipped: no ffmpeg on the PATH (${name})`);

async function readAll(source: SampleSource, most = 100): Promise<number[][]> {
  const channels: number[][] = Array.from({ length: source.format.channels }, () => []);
  for (let block = await source.read(most); block !== null; block = await source.read(most)) {
    for (const [channel, samples] of block.channels.entries()) channels[channel]?.push(...samples);
  }
  await source.close();
  return channels;
}

function pipe(bytes: Buffer, cuts: readonly number[]): ByteReader {
  const edges = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  const pieces = edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge));
  return new ByteReader(
    streamSource(
      Readable.from(
        pieces.filter(({ length }) => length > 0),
        { objectMode: false },
      ),
      "p",
    ),
  );
}

async function codeOf(act: () => Promise<unknown>): Promise<[string, string]> {
  const error = await act().then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return error instanceof TouchlineError ? [error.code, error.message] : ["none", String(error)];
}

/** A program that stands for ffmpeg. */
function fakeFfmpeg(name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe("raw PCM", () => {
  const full = (bytes: number): number => 2 ** (8 * bytes - 1);
  const cases: [PcmFormat, Buffer, number[]][] = [
    ["s16le", ints([-32768, 16384, 0, 1, 2, 3], 2), [-32768, 16384, 0, 1, 2, 3].map((v) => v / full(2))],
    ["s24le", ints([-8388608, 4194304, 1, 2], 3), [-8388608, 4194304, 1, 2].map((v) => v / full(3))],
    ["s32le", ints([-2147483648, 65536, 0, 256], 4), [-2147483648, 65536, 0, 256].map((v) => v / full(4))],
    ["f32le", floats([-1, 0.5, 0.25, 2], 4), [-1, 0.5, 0.25, 2]],
  ];

  it.each(cases)("reads %s of two channels wherever the writer cuts it", async (format, bytes, values) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 12 }), async (cuts) => {
        const source = readPcm(pipe(bytes, cuts), { format, sampleRate: 48_000, channels: 2 });
        expect(await readAll(source)).toEqual([0, 1].map((channel) => values.filter((_, i) => i % 2 === channel)));
        expect(source.warnings).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it("drops a frame the writer did not finish, and says so", async () => {
    const source = readPcm(pipe(Buffer.alloc(7), [3]), { format: "s16le", sampleRate: 48_000, channels: 2 });
    expect(await readAll(source)).toEqual([[0], [0]]);
    expect(source.warnings.map(({ code }) => code)).toEqual(["partialFrame"]);
  });

  it("hands out what has come without waiting for a whole block", async () => {
    const stream = new Readable({ read: () => undefined });
    const source = readPcm(new ByteReader(streamSource(stream, "p")), {
      format: "s16le",
      sampleRate: 8000,
      channels: 1,
    });
    stream.push(ints([1, 2, 3], 2));
    expect((await source.read(1000))?.frames).toBe(3);
    const pending = source.read(1000);
    await source.close();
    expect(await pending).toBeNull();
  });

  it("waits for a writer to a FIFO, ends when it goes, and can wait for the next", async () => {
    const path = join(folder, "fifo");
    spawnSync("mkfifo", [path]);
    for (const value of [3, 4]) {
      const reader = new ByteReader(await openPath(path));
      const source = readPcm(reader, { format: "s16le", sampleRate: 8000, channels: 1 });
      const reading = readAll(source);
      spawnSync("sh", ["-c", `printf '\\00${value}\\000' > "$0"`, path]);
      expect(await reading).toEqual([[value / 32_768]]);
    }
  });
});

describe("choosing how to read", () => {
  const wavBytes = riff([fmt(), chunk("data", ints([1, 2], 2))]);
  const layout = { format: "s16le", sampleRate: 8000, channels: 1 } as const;

  it("recognises a WAV header on a stream even where raw PCM was announced", async () => {
    const source = await openStreamSource(bufferSource(wavBytes, "-"), layout);
    expect(source.format.sampleRate).toBe(48_000);
    expect((await readAll(source))[0]?.length).toBe(2);
  });

  it("reads a stream without a header as announced, its first bytes too", async () => {
    const source = await openStreamSource(bufferSource(ints([5, 6, 7, 8, 9, 10, 11], 2), "-"), layout);
    expect((await readAll(source))[0]?.map((value) => value * 32_768)).toEqual([5, 6, 7, 8, 9, 10, 11]);
  });

  it("asks for the format of a stream without a header", async () => {
    const [code, message] = await codeOf(() =>
      openStreamSource(bufferSource(Buffer.alloc(50), "standard input"), null),
    );
    expect([code, message]).toEqual(["AUD_BAD_FORMAT", expect.stringContaining("--format")]);
  });

  it.each([
    ["a folder", folder, "FILE_UNREADABLE"],
    ["a file that is not there", join(folder, "none.wav"), "FILE_UNREADABLE"],
  ])("tells %s from sound", async (_name, path, code) => {
    expect((await codeOf(() => openAudioFile(path, NEVER)))[0]).toBe(code);
  });

  it("tells an empty file, a text and a damaged WAV apart", async () => {
    const write = (name: string, bytes: Buffer): string => {
      writeFileSync(join(folder, name), bytes);
      return join(folder, name);
    };
    const cases = [write("empty.wav", Buffer.alloc(0)), write("notes.txt", Buffer.from("kick-off at half past six\n"))];
    for (const path of cases) expect((await codeOf(() => openAudioFile(path, NEVER)))[0]).toBe("AUD_NOT_WAV");
    const bad = write("bad.wav", riff([fmt({ channels: 0, blockAlign: 2 })]));
    expect((await codeOf(() => openAudioFile(bad, NEVER)))[0]).toBe("AUD_BAD_WAV");
    const many = write("many.wav", riff([fmt({ channels: 65_535, blockAlign: 2 }), chunk("data", Buffer.alloc(64))]));
    expect(await codeOf(() => openAudioFile(many, NEVER))).toEqual([
      "AUD_BAD_WAV",
      expect.stringContaining("its fmt chunk says 65535 channels"),
    ]);
  });

  it("hears a WAV that ends in mid-sample up to its last whole frame", async () => {
    const path = join(folder, "cut.wav");
    writeFileSync(path, riff([fmt({ channels: 2, blockAlign: 4 }), chunk("data", Buffer.alloc(400))]).subarray(0, -9));
    const source = await openAudioFile(path, NEVER);
    expect((await readAll(source)).map(({ length }) => length)).toEqual([97, 97]);
    expect(source.warnings.length).toBeGreaterThan(0);
  });

  it.skipIf(!hasFfmpeg)(withFfmpeg("gives a WAV with another codec to ffmpeg"), async () => {
    const path = join(folder, "alaw.wav");
    const bytes = riff([
      fmt({ tag: 6, bits: 8, rate: 8000, extra: Buffer.alloc(2) }),
      chunk("data", Buffer.alloc(800, 0xd5)),
    ]);
    writeFileSync(path, bytes);
    const source = await openAudioFile(path, NEVER);
    expect(source.format).toEqual({ sampleRate: 8000, channels: 1, writeFormat: "f32" });
    expect((await readAll(source))[0]?.length).toBe(800);
  });

  it.skipIf(!hasFfmpeg).each(["mp3", "flac", "ogg", "m4a", "aac", "with a:colon.flac", "-dash.mp3"])(
    withFfmpeg("reads %s through ffmpeg"),
    async (ending) => {
      const path = join(folder, ending.includes(".") ? ending : `tone.${ending}`);
      const input = ["-f", "lavfi", "-i", "sine=f=3000:r=44100:d=1"];
      spawnSync("ffmpeg", ["-v", "error", ...input, "-ac", "2", `file:${path}`]);
      const source = await openAudioFile(path, NEVER);
      expect([source.format.sampleRate, source.format.channels]).toEqual([44_100, 2]);
      const [left = []] = await readAll(source, 4410);
      expect(left.length).toBeGreaterThan(43_000);
      expect(Math.max(...left)).toBeGreaterThan(0.05);
    },
  );
});

describe("ffmpeg", () => {
  it("is what URLs are for, not paths", () => {
    expect(["rtsp://x/y", "srt://x:9000", "https://x/live.mp3"].map(isStreamUrl)).toEqual([true, true, true]);
    expect(["a.mp3", "/x/http.wav", "C:\\x.wav", "with:colon.mp3"].map(isStreamUrl)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  it("gets a path so that nothing in it is an option or a protocol", () => {
    expect(ffmpegArguments("-i http://x.mp3").slice(0, 10)).toContain("file:-i http://x.mp3");
    expect(ffmpegArguments("x.m3u8")).toContain("file,crypto,data");
    expect(ffmpegArguments("rtsp://x")).toEqual(expect.arrayContaining(["-nostdin", "-rtsp_transport", "tcp"]));
  });

  it("never shows the password of a URL", async () => {
    expect(withoutCredentials("rtsp://me:secret@cam/1")).toBe("rtsp://***@cam/1");
    const program = fakeFfmpeg("refuses", 'echo "rtsp://me:secret@cam/1: 401 Unauthorized" >&2; exit 1');
    const [code, message] = await codeOf(() => openFfmpeg("rtsp://me:secret@cam/1", NEVER, program));
    expect(code).toBe("AUD_FFMPEG_FAILED");
    expect(message).toContain("status 1: rtsp://***@cam/1: 401 Unauthorized");
    expect(message).not.toContain("secret");
  });

  it("is missed by its name", async () => {
    const [code] = await codeOf(() => openFfmpeg("rtsp://x", NEVER, join(folder, "no-such-program")));
    expect(code).toBe("AUD_FFMPEG_MISSING");
  });

  it("fails the reader when it dies in the middle, after the sound it gave", async () => {
    writeFileSync(join(folder, "head.wav"), riff([fmt(), chunk("data", Buffer.alloc(2000), { size: 0xffff_ffff })]));
    const program = fakeFfmpeg("dies", `cat "${join(folder, "head.wav")}"; echo broken >&2; exit 3`);
    const source = await openFfmpeg("srt://x", NEVER, program);
    let frames = 0;
    const [code, message] = await codeOf(async () => {
      for (let block = await source.read(100); block !== null; block = await source.read(100)) frames += block.frames;
    });
    expect([code, frames]).toEqual(["AUD_FFMPEG_FAILED", 1000]);
    expect(message).toContain("status 3: broken");
  });

  it("keeps its complaints bounded", async () => {
    writeFileSync(join(folder, "head.wav"), riff([fmt(), chunk("data", Buffer.alloc(2000), { size: 0xffff_ffff })]));
    const loud = `i=0; while [ $i -lt 5000 ]; do echo "line $i of many complaints" >&2; i=$((i+1)); done`;
    const program = fakeFfmpeg("loud", `${loud}; cat "${join(folder, "head.wav")}"`);
    const source = await openFfmpeg("srt://x", NEVER, program);
    expect((await readAll(source))[0]?.length).toBe(1000);
    expect(source.warnings.length).toBe(20);
  });

  it("is killed by closing, also when it gives nothing, and a read that waits ends", async () => {
    writeFileSync(join(folder, "head.wav"), riff([fmt(), chunk("data", Buffer.alloc(20), { size: 0xffff_ffff })]));
    const program = fakeFfmpeg("hangs", `cat "${join(folder, "head.wav")}"; exec sleep 1000`);
    const source = await openFfmpeg("srt://x", NEVER, program);
    await source.read(100);
    const pending = source.read(100);
    await source.close();
    await source.close();
    expect(await pending).toBeNull();
  });

  it("is killed while it is still connecting when nobody wants it any more", async () => {
    const program = fakeFfmpeg("connecting", "exec sleep 1000");
    const giveUp = new AbortController();
    const opening = codeOf(() => openFfmpeg("srt://x", giveUp.signal, program));
    giveUp.abort();
    expect((await opening)[0]).not.toBe("none");
  });
});
