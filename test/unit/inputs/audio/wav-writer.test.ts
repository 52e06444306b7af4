import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { firstSampleTime, parseBext, writeBext } from "../../../../daemon/inputs/audio/bext.js";
import { openWavFile } from "../../../../daemon/inputs/audio/wav-reader.js";
import { WavWriter } from "../../../../daemon/inputs/audio/wav-writer.js";
import { parseRfc3339, type UnixMicros } from "../../../../sync/index.js";

const folder = mkdtempSync(join(tmpdir(), "touchline-writer-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const START = parseRfc3339("2026-05-16T18:30:00.123456Z") as UnixMicros;
const TONE = Float32Array.from({ length: 5000 }, (_, i) => Math.fround(0.9 * Math.sin(i / 5)));

function options(format: "s16" | "s24" | "f32", startTime = START) {
  return { sampleRate: 48_000, format, startTime, description: "ambience" } as const;
}

async function readAll(path: string): Promise<{ samples: number[]; warnings: string[]; startTime: number | null }> {
  const reader = await openWavFile(path);
  const samples: number[] = [];
  for (let block = await reader.read(1000); block !== null; block = await reader.read(1000)) {
    samples.push(...(block.channels[0] ?? []));
  }
  await reader.close();
  return { samples, warnings: reader.warnings.map(({ code }) => code), startTime: reader.startTime };
}

describe("WavWriter", () => {
  it.each([
    ["s16", 2 ** -15],
    ["s24", 2 ** -23],
    ["f32", 0],
  ] as const)("writes %s that reads back with its start and without a warning", async (format, step) => {
    const path = join(folder, "deep", `${format}.wav`);
    const writer = await WavWriter.create(path, options(format));
    for (let i = 0; i < TONE.length; i += 960) writer.write(TONE.subarray(i, i + 960));
    await writer.close();
    await writer.close();
    const { samples, warnings, startTime } = await readAll(path);
    expect(warnings).toEqual([]);
    expect(Math.abs((startTime ?? 0) - START)).toBeLessThanOrEqual(11); // half a sample of 20.8 us
    expect(samples.length).toBe(TONE.length);
    expect(Math.max(...samples.map((value, i) => Math.abs(value - TONE[i]!)))).toBeLessThanOrEqual(step / 2);
  });

  it("keeps every 16-bit code as it was, both ends of the scale included", async () => {
    const path = join(folder, "codes.wav");
    const codes = Float32Array.from({ length: 65_536 }, (_, i) => (i - 32_768) / 32_768);
    const writer = await WavWriter.create(path, options("s16"));
    writer.write(codes);
    await writer.close();
    expect(writer.clipped).toBe(0);
    expect((await readAll(path)).samples).toEqual([...codes]);
  });

  it("clips what is beyond full scale, and counts it", async () => {
    const path = join(folder, "clipped.wav");
    const writer = await WavWriter.create(path, options("s16"));
    writer.write(Float32Array.of(1.5, -1.5, 1, 0));
    await writer.close();
    expect(writer.clipped).toBe(3);
    expect((await readAll(path)).samples).toEqual([32_767 / 32_768, -1, 32_767 / 32_768, 0]);
  });

  it("leaves a file that reads to its end when nobody closes it", async () => {
    const path = join(folder, "killed.wav");
    const writer = await WavWriter.create(path, options("s16"));
    writer.write(new Float32Array(100_000).fill(0.5));
    await new Promise((resolve) => setTimeout(resolve, 0));
    while (statSync(path).size < 180_000) await new Promise((resolve) => setImmediate(resolve));
    const copy = join(folder, "killed-copy.wav");
    writeFileSync(copy, readFileSync(path));
    const { samples, warnings, startTime } = await readAll(copy);
    expect(warnings).toEqual(["dataSizeUnknown"]);
    expect(samples.length).toBeGreaterThanOrEqual(90_000);
    expect(samples.every((value) => value === 0.5)).toBe(true);
    expect(startTime).not.toBeNull();
    await writer.close();
  });

  it("writes lost sound as silence, the samples behind it at their place", async () => {
    const path = join(folder, "gap.wav");
    const writer = await WavWriter.create(path, options("s24"));
    writer.write(Float32Array.of(0.5, 0.5));
    writer.skip(3);
    writer.write(Float32Array.of(0.25));
    writer.skip(2);
    await writer.close();
    expect((await readAll(path)).samples).toEqual([0.5, 0.5, 0, 0, 0, 0.25, 0, 0]);
  });

  it("becomes RF64 above 4 GB", async () => {
    const path = join(folder, "long.wav");
    const writer = await WavWriter.create(path, options("s16"));
    writer.write(Float32Array.of(0.5));
    writer.skip(2_200_000_000);
    writer.write(Float32Array.of(0.25));
    await writer.close();
    const reader = await openWavFile(path);
    expect(reader.header.form).toBe("RF64");
    expect(reader.expectedFrames).toBe(2_200_000_002);
    expect(reader.warnings).toEqual([]);
    await reader.skipTo(2_200_000_001);
    expect([...((await reader.read(5))?.channels[0] ?? [])]).toEqual([0.25]);
    await reader.close();
    rmSync(path);
  });

  it("takes a better start time when it is closed", async () => {
    const path = join(folder, "start.wav");
    const writer = await WavWriter.create(path, options("s16"));
    writer.write(TONE);
    await writer.close((START + 5_000_000) as UnixMicros);
    expect(Math.abs(((await readAll(path)).startTime ?? 0) - START - 5_000_000)).toBeLessThanOrEqual(11);
  });

  it("never writes over a file", async () => {
    const path = join(folder, "there.wav");
    writeFileSync(path, "precious");
    await expect(WavWriter.create(path, options("s16"))).rejects.toMatchObject({ code: "FILE_UNWRITABLE" });
    expect(readFileSync(path, "utf8")).toBe("precious");
  });

  it("tells that its folder cannot be made", async () => {
    writeFileSync(join(folder, "file"), "");
    const path = join(folder, "file", "x.wav");
    await expect(WavWriter.create(path, options("s16"))).rejects.toMatchObject({ code: "FILE_UNWRITABLE" });
  });

  const hasFfprobe = spawnSync("ffprobe", ["-version"]).status === 0;
  it.skipIf(!hasFfprobe)(
    hasFfprobe ? "is read by ffmpeg, its bext chunk too" : "skipped: no ffprobe on the PATH",
    async () => {
      const path = join(folder, "ffprobe.wav");
      const writer = await WavWriter.create(path, options("f32"));
      writer.write(TONE);
      await writer.close();
      const entries = "stream=codec_name,sample_rate,duration_ts:format_tags";
      const { stdout } = spawnSync("ffprobe", ["-v", "error", "-of", "json", "-show_entries", entries, path]);
      const probed = JSON.parse(String(stdout)) as {
        streams: Record<string, unknown>[];
        format: { tags: Record<string, string> };
      };
      expect(probed.streams[0]).toMatchObject({ codec_name: "pcm_f32le", sample_rate: "48000", duration_ts: 5000 });
      expect(probed.format.tags).toMatchObject({ date: "2026-05-16", encoded_by: "Touchline" });
      const sinceMidnightSec = 18 * 3600 + 30 * 60 + 0.123456;
      expect(Number(probed.format.tags.time_reference)).toBe(Math.round(sinceMidnightSec * 48_000));
    },
  );
});

describe("bext", () => {
  const at = (text: string): UnixMicros => parseRfc3339(text) as UnixMicros;
  const bext = (fields: Partial<ReturnType<typeof parseBext> & object>) => ({
    description: "",
    originator: "RECORDER",
    date: "2026-05-16",
    time: "18:30:00",
    timeReference: 0,
    ...fields,
  });

  it.each(["2026-05-16T00:00:00.000000Z", "2026-05-16T23:59:59.999990Z", "1999-12-31T12:00:00.5Z"])(
    "keeps %s to half a sample",
    (text) => {
      for (const rate of [8000, 44_100, 48_000, 192_000]) {
        const parsed = parseBext(writeBext(at(text), rate, "x"), false);
        const start = parsed === null ? null : firstSampleTime(parsed, rate);
        expect(start?.isOurs).toBe(true);
        expect(Math.abs((start?.time ?? 0) - at(text))).toBeLessThanOrEqual(Math.ceil(500_000 / rate));
      }
    },
  );

  it("counts the time reference from midnight of the date", () => {
    const start = firstSampleTime(bext({ timeReference: 48_000 * 3600 * 18.5 }), 48_000);
    expect(start).toEqual({ time: at("2026-05-16T18:30:00Z"), isOurs: false });
  });

  it("takes the origination time where a recorder left no reference", () => {
    expect(firstSampleTime(bext({}), 48_000)?.time).toBe(at("2026-05-16T18:30:00Z"));
  });

  it("knows that the date was noted after midnight, the first sample taken before it", () => {
    const start = firstSampleTime(bext({ time: "00:00:02", timeReference: 48_000 * (86_400 - 1) }), 48_000);
    expect(start?.time).toBe(at("2026-05-15T23:59:59Z"));
  });

  it.each(["", "no date", "2026-13-45", "16/05/2026"])("says nothing for the date %j", (date) => {
    expect(firstSampleTime(bext({ date }), 48_000)).toBeNull();
  });

  it.each(["2026:05:16", "2026_05_16", "2026/05/16"])("reads the date %s", (date) => {
    expect(firstSampleTime(bext({ date }), 48_000)?.time).toBe(at("2026-05-16T18:30:00Z"));
  });

  it("is nothing when it is too short", () => expect(parseBext(Buffer.alloc(345), false)).toBeNull());
});
