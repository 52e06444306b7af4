import { type Cue, createListener } from "../../dsp/index.js";
import { hearSource, openAudioFile } from "../inputs/index.js";
import type { ListenLine } from "./listen-score.js";

interface Told {
  /** Of the first telling: when it could first be told. */
  readonly reported: number;
  last: Cue;
}

/**
 * Hears the first channel of a file as `listen` does, as fast as it goes: each cue once, as last told, in order of onset.
 * @throws TouchlineError as `openAudioFile` and `hearSource` do
 */
export async function hearFile(path: string): Promise<ListenLine[]> {
  const source = await openAudioFile(path, new AbortController().signal);
  const told = new Map<string, Told>();
  try {
    await hearSource(source, {
      channel: 0,
      createListener,
      onCue: (cue) => {
        const before = told.get(cue.key);
        if (before === undefined) told.set(cue.key, { reported: cue.reported, last: cue });
        else before.last = cue;
      },
      onHeard: () => undefined,
      afterBlock: async () => undefined,
    });
  } finally {
    await source.close();
  }
  const { sampleRate } = source.format;
  return [...told.values()]
    .map(({ reported, last }) => ({
      kind: last.kind,
      onsetSec: last.onset / sampleRate,
      reportedSec: reported / sampleRate,
    }))
    .sort((a, b) => a.onsetSec - b.onsetSec);
}
