import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf, TouchlineError } from "../errors.js";
import { type RecordingContent, recordingFiles } from "./recording-files.js";
import { makeSound } from "./sound/plan.js";
import type { Distractor } from "./sound/sounds.js";
import { WavFile } from "./wav-file.js";

export interface WrittenRecording {
  readonly audioPath: string;
  readonly samples: number;
  readonly distractors: readonly Distractor[];
}

const BLOCK_SAMPLES = 32_768;

/**
 * Writes the files of a recording; the sound is made and written block by block.
 * @param onProgress share of the sound that is written, 0..1
 * @throws TouchlineError FILE_UNWRITABLE
 */
export async function writeRecording(
  dir: string,
  content: RecordingContent,
  onProgress: (done: number) => void,
): Promise<WrittenRecording> {
  const { match, sampleRate } = content;
  const { mixer, plan } = makeSound(match, content.seed, content);
  for (const [name, text] of recordingFiles(content, plan)) await writeText(join(dir, name), text);

  const samples = Math.ceil(match.durationSec * sampleRate);
  const audioPath = join(dir, content.audioFile);
  const file = await WavFile.create(audioPath, sampleRate, samples, match.start, `${content.name}, ${content.channel}`);
  try {
    const block = new Float32Array(BLOCK_SAMPLES);
    for (let at = 0; at < samples; at += BLOCK_SAMPLES) {
      mixer.next(block);
      await file.write(block, Math.min(BLOCK_SAMPLES, samples - at));
      onProgress(Math.min(1, (at + BLOCK_SAMPLES) / samples));
    }
  } finally {
    await file.close();
  }
  return { audioPath, samples, distractors: plan.distractors };
}

async function writeText(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  } catch (error) {
    throw new TouchlineError("FILE_UNWRITABLE", [path, messageOf(error)], error);
  }
}
