import { openAudioFile } from "../inputs/index.js";

export interface MonoSound {
  readonly samples: Float32Array;
  readonly sampleRate: number;
}

/**
 * The first channel of a file as a whole: for labelled recordings, which are seconds to minutes long.
 * @throws TouchlineError as `openAudioFile` does
 */
export async function readMono(path: string): Promise<MonoSound> {
  const reader = await openAudioFile(path, new AbortController().signal);
  try {
    const blocks: Float32Array[] = [];
    for (let block = await reader.read(65_536); block !== null; block = await reader.read(65_536)) {
      blocks.push(Float32Array.from(block.channels[0] ?? []));
    }
    const samples = new Float32Array(blocks.reduce((sum, block) => sum + block.length, 0));
    let at = 0;
    for (const block of blocks) {
      samples.set(block, at);
      at += block.length;
    }
    return { samples, sampleRate: reader.format.sampleRate };
  } finally {
    await reader.close();
  }
}
