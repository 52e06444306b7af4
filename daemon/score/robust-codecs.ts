import { spawn } from "node:child_process";
import { join } from "node:path";
import { unixMicros } from "../../sync/index.js";
import { TouchlineError } from "../errors.js";
import { WavFile } from "../simulate/index.js";
import { type MonoSound, readMono } from "./read-mono.js";
import { resample } from "./resample.js";
import type { DamagedSound } from "./robust-damage.js";

interface Codec {
  readonly encode: readonly string[];
  /** How files of this codec are named. */
  readonly suffix: string;
}

const OPUS_HZ = "48000";

/** Round trips by ffmpeg's encoders; the way back is the one that `listen` takes. */
export const CODECS: Readonly<Record<string, Codec>> = {
  "AAC 64 kb/s": { encode: ["-c:a", "aac", "-b:a", "64k"], suffix: "m4a" },
  "Opus 64 kb/s": { encode: ["-c:a", "libopus", "-b:a", "64k", "-ar", OPUS_HZ], suffix: "opus" },
  "MP2 192 kb/s": { encode: ["-c:a", "mp2", "-b:a", "192k"], suffix: "mp2" },
};

const MOST_DELAY_SEC = 0.06;
const COMPARED_SEC = 0.2;
const STEP_SEC = 0.05;

/** True where an ffmpeg is on the PATH that has all the encoders. */
export async function hasCodecs(): Promise<boolean> {
  const listed = await runFfmpeg(["-hide_banner", "-encoders"]);
  return listed !== null && Object.values(CODECS).every(({ encode }) => listed.includes(` ${encode[1]} `));
}

/**
 * The recording after the codec, its delay taken off.
 * @throws TouchlineError AUD_FFMPEG_FAILED, FILE_UNWRITABLE, and as `openAudioFile` does
 */
export async function throughCodec(sound: MonoSound, name: string, workDir: string): Promise<DamagedSound> {
  const codec = CODECS[name];
  if (codec === undefined) return { ...sound, invalid: [] };
  const { samples, sampleRate } = sound;
  const before = join(workDir, "before.wav");
  const after = join(workDir, `after.${codec.suffix}`);
  const wav = await WavFile.create(before, sampleRate, samples.length, unixMicros(0), name);
  await wav.write(samples, samples.length).finally(() => wav.close());
  const done = await runFfmpeg(["-y", "-nostdin", "-loglevel", "error", "-i", before, ...codec.encode, after]);
  if (done === null) throw new TouchlineError("AUD_FFMPEG_FAILED", [name, "an error", "encoding"]);
  const decoded = await readMono(after);
  const heard = resample(decoded.samples, decoded.sampleRate, sampleRate);
  const delay = delayOf(samples, heard, sampleRate);
  const aligned = new Float32Array(samples.length);
  const from = Math.max(0, delay);
  aligned.set(heard.subarray(from, from + aligned.length - Math.max(0, -delay)), Math.max(0, -delay));
  return { samples: aligned, sampleRate, invalid: [] };
}

/** Samples by which `after` is late: the largest correlation of the loudest 0.2 s, up to 60 ms either way. */
export function delayOf(before: Float32Array, after: Float32Array, sampleRate: number): number {
  const length = Math.min(before.length, Math.round(COMPARED_SEC * sampleRate));
  const from = loudest(before, length, Math.max(1, Math.round(STEP_SEC * sampleRate)));
  const most = Math.round(MOST_DELAY_SEC * sampleRate);
  let best = 0;
  let bestSum = 0;
  for (let delay = -most; delay <= most; delay++) {
    let sum = 0;
    for (let i = Math.max(0, -from - delay); i < length; i++)
      sum += (before[from + i] ?? 0) * (after[from + i + delay] ?? 0);
    if (sum > bestSum) [best, bestSum] = [delay, sum];
  }
  return best;
}

function loudest(samples: Float32Array, length: number, step: number): number {
  let [best, bestSum] = [0, -1];
  for (let from = 0; from + length <= samples.length; from += step) {
    let sum = 0;
    for (let i = from; i < from + length; i += 4) sum += (samples[i] ?? 0) ** 2;
    if (sum > bestSum) [best, bestSum] = [from, sum];
  }
  return best;
}

/** What it wrote to stdout; `null` where it is missing or failed. */
function runFfmpeg(args: readonly string[]): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn("ffmpeg", args, { stdio: ["ignore", "pipe", "ignore"] });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    child.once("error", () => resolve(null));
    child.once("close", (code) => resolve(code === 0 ? text : null));
  });
}
