import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ChannelRecorder } from "../../../../daemon/inputs/audio/channel-recorder.js";
import { openWavFile } from "../../../../daemon/inputs/audio/wav-reader.js";
import type { SampleClock, UnixMicros } from "../../../../sync/index.js";

const folder = mkdtempSync(join(tmpdir(), "touchline-recorder-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const START = 1_780_000_000_000_000;
const RATE = 10_000;

function clockWith(offsetMicros: number): SampleClock {
  return { anchorSample: 0, anchorTime: (START + offsetMicros) as UnixMicros, rateHz: RATE };
}

function make(channel: string, path = folder): { recorder: ChannelRecorder; warnings: string[] } {
  const warnings: string[] = [];
  const options = { folder: path, channel, sampleRate: RATE, format: "s16" } as const;
  return { recorder: new ChannelRecorder(options, ({ code }) => warnings.push(code)), warnings };
}

async function read(path: string): Promise<{ samples: number[]; startTime: number | null }> {
  const reader = await openWavFile(path);
  const block = await reader.read(1_000_000);
  await reader.close();
  return { samples: [...(block?.channels[0] ?? [])], startTime: reader.startTime };
}

describe("ChannelRecorder", () => {
  it("writes what is heard, lost sound as silence, with the time of the first sample", async () => {
    const { recorder, warnings } = make("mic.0");
    await recorder.write(5000, Float32Array.of(0.5, 0.25), clockWith(0));
    await recorder.write(5005, Float32Array.of(0.5), clockWith(0));
    await recorder.close();
    await recorder.close();
    const { samples, startTime } = await read(join(folder, "mic.0.wav"));
    expect(samples).toEqual([0.5, 0.25, 0, 0, 0, 0.5]);
    expect(startTime).toBe(START + 500_000);
    expect(warnings).toEqual([]);
  });

  it("takes the start from the clock as it settles, and leaves it alone once drift could spoil it", async () => {
    const { recorder } = make("live");
    await recorder.write(0, new Float32Array(RATE), clockWith(3_000_000));
    await recorder.write(RATE, new Float32Array(RATE), clockWith(0));
    await recorder.write(RATE * 70, new Float32Array(RATE), clockWith(9_000_000));
    await recorder.close();
    expect((await read(join(folder, "live.wav"))).startTime).toBe(START);
  });

  it("keeps an earlier recording and anything else of that name", async () => {
    writeFileSync(join(folder, "kept.wav"), "precious");
    for (let i = 0; i < 2; i++) {
      const { recorder } = make("kept");
      await recorder.write(0, Float32Array.of(0.5), clockWith(0));
      await recorder.close();
    }
    expect(readdirSync(folder).filter((name) => name.startsWith("kept"))).toEqual([
      "kept-2.wav",
      "kept-3.wav",
      "kept.wav",
    ]);
  });

  it("never leaves its folder, whatever the channel is called", async () => {
    const { recorder } = make("../../etc/x y");
    await recorder.write(0, Float32Array.of(0.5), clockWith(0));
    await recorder.close();
    expect(readdirSync(folder)).toContain(".._.._etc_x_y.wav");
  });

  it("warns once and stays quiet when the folder cannot be written", async () => {
    writeFileSync(join(folder, "file"), "");
    const { recorder, warnings } = make("mic", join(folder, "file"));
    for (let i = 0; i < 3; i++) await recorder.write(i, Float32Array.of(0), clockWith(0));
    await recorder.close();
    expect(warnings).toEqual(["recordFailed"]);
  });
});
