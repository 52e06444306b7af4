import type { Cue } from "../../dsp/index.js";
import { TouchlineError } from "../errors.js";
import { type AudioInputHandlers, type AudioInputSpec, startAudio } from "../inputs/index.js";
import type { ListenLine } from "./listen-score.js";

interface Told {
  readonly sampleRate: number;
  /** Of the first telling: when it could first be told. */
  readonly reported: number;
  last: Cue;
}

/**
 * Hears files as fast as it goes through one audio thread of the daemon; of each, every cue once, as last told, in order of onset.
 * @throws TouchlineError FILE_UNREADABLE
 */
export async function hearFiles(paths: readonly string[]): Promise<ListenLine[][]> {
  const told = new Map(paths.map((path) => [path, new Map<string, Told>()]));
  await hearAll([...told.keys()], (path, sampleRate, cue) => {
    const own = told.get(path);
    const before = own?.get(cue.key);
    if (before === undefined) own?.set(cue.key, { sampleRate, reported: cue.reported, last: cue });
    else before.last = cue;
  });
  return paths.map((path) => [...(told.get(path)?.values() ?? [])].map(toLine).sort((a, b) => a.onsetSec - b.onsetSec));
}

function toLine({ sampleRate, reported, last }: Told): ListenLine {
  return { kind: last.kind, onsetSec: last.onset / sampleRate, reportedSec: reported / sampleRate };
}

async function hearAll(
  paths: readonly string[],
  onCue: (path: string, sampleRate: number, cue: Cue) => void,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let open = paths.length;
    let failure: TouchlineError | null = null;
    const handlers: AudioInputHandlers = {
      onReport: ({ input, sampleRate, cues }) => {
        for (const cue of cues) onCue(input, sampleRate, cue);
      },
      onEnd: (path, error) => {
        if (error !== null) failure ??= new TouchlineError("FILE_UNREADABLE", [path, error.message]);
        open -= 1;
        if (open === 0) thread.stop().then(() => (failure === null ? resolve() : reject(failure)), reject);
      },
      onState: () => undefined,
    };
    const thread = startAudio(paths.map(toSpec), handlers);
  });
}

/** The path is the name: what is heard is told by it. The first channel stands for the file. */
function toSpec(path: string): AudioInputSpec {
  return {
    name: path,
    role: "other",
    source: { type: "wav", path },
    channel: 0,
    pathDelayMs: 0,
    startTime: null,
    pace: "fast",
    recordTo: null,
  };
}
