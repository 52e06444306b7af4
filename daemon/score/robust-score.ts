import { basename } from "node:path";
import { type Cue, createListener } from "../../dsp/index.js";
import { Random } from "../simulate/index.js";
import { type CueReport, type CueTrial, reportCues } from "./cue-report.js";
import type { LabelledFile } from "./listen-score.js";
import type { Found } from "./match-cues.js";
import { type MonoSound, readMono } from "./read-mono.js";
import { CODECS, hasCodecs, throughCodec } from "./robust-codecs.js";
import { DAMAGES, type DamagedSound } from "./robust-damage.js";

export const CONDITIONS: readonly string[] = [...Object.keys(DAMAGES), ...Object.keys(CODECS)];

export interface RobustRow {
  readonly condition: string;
  /** Why it was left out; `null`: it was not. */
  readonly skipped: string | null;
  readonly report: CueReport | null;
  /** F1 minus that of the recordings as they are. */
  readonly f1Change: number | null;
}

export interface RobustScore {
  readonly files: number;
  readonly rows: readonly RobustRow[];
}

export interface RobustOptions {
  /** Of `CONDITIONS`; the recordings as they are always come first. */
  readonly conditions: readonly string[];
  /** For files of the codecs. */
  readonly workDir: string;
  readonly onStep: (done: number, total: number, what: string) => void;
}

const BLOCK_SEC = 0.25;

/** The recordings of matches (`real`) where there are any, else all files; in their order, up to so many minutes together. */
export function chooseFiles(labels: readonly LabelledFile[], mostMinutes: number): LabelledFile[] {
  const real = labels.filter(({ kind }) => kind === "real");
  let left = mostMinutes * 60;
  return (real.length > 0 ? real : [...labels]).filter(({ durationSec }) => {
    left -= durationSec;
    return left >= 0;
  });
}

/**
 * Hears the same recordings as worse chains would have delivered them. The same files give the same rows.
 * @throws TouchlineError as `openAudioFile` does, AUD_FFMPEG_FAILED
 */
export async function scoreRobustness(files: readonly LabelledFile[], options: RobustOptions): Promise<RobustScore> {
  const first = CONDITIONS[0] ?? "";
  const wanted = CONDITIONS.filter((name) => name === first || options.conditions.includes(name));
  const isAble = !wanted.some(isCodec) || (await hasCodecs());
  const trials = new Map<string, CueTrial[]>(wanted.map((name) => [name, []]));
  let done = 0;
  for (const file of files) {
    const sound = await readMono(file.file);
    for (const condition of wanted) {
      options.onStep(done++, files.length * wanted.length, `${basename(file.file)}, ${condition}`);
      if (isCodec(condition) && !isAble) continue;
      const found = await hear(await damage(sound, condition, file, options.workDir));
      const { whistles: targets, ignored, durationSec } = file;
      trials.get(condition)?.push({ targets, found, ignored, durationSec });
    }
  }
  const reports = wanted.map((condition) => {
    const isSkipped = isCodec(condition) && !isAble;
    return { condition, report: isSkipped ? null : reportCues(trials.get(condition) ?? []) };
  });
  const plain = reports[0]?.report?.f1 ?? null;
  const rows = reports.map(({ condition, report }) => ({
    condition,
    skipped: report === null ? "no ffmpeg with aac, libopus and mp2 on the PATH" : null,
    report,
    f1Change: report === null || report.f1 === null || plain === null ? null : report.f1 - plain,
  }));
  return { files: files.length, rows };
}

function isCodec(condition: string): boolean {
  return condition in CODECS;
}

async function damage(
  sound: MonoSound,
  condition: string,
  { file }: LabelledFile,
  workDir: string,
): Promise<DamagedSound> {
  const make = DAMAGES[condition];
  if (make !== undefined) return make(sound, new Random(`robust/${condition}/${basename(file)}`));
  return throughCodec(sound, condition, workDir);
}

/** The whistles of a sound, each once, as last told. */
async function hear({ samples, sampleRate, invalid }: DamagedSound): Promise<Found[]> {
  const listener = await createListener({ sampleRate });
  const told = new Map<string, { reported: number; last: Cue }>();
  const keep = (cues: readonly Cue[]): void => {
    for (const cue of cues) {
      if (cue.kind !== "whistle") continue;
      told.set(cue.key, { reported: told.get(cue.key)?.reported ?? cue.reported, last: cue });
    }
  };
  const step = Math.round(BLOCK_SEC * sampleRate);
  for (let at = 0; at < samples.length; at += step) {
    const block = samples.subarray(at, at + step);
    const lost = invalid.filter(({ from, to }) => from < at + block.length && to > at);
    keep(listener.push({ firstSample: at, samples: block, invalid: lost }).cues);
  }
  keep(listener.flush().cues);
  return [...told.values()].map(({ reported, last }) => ({
    onsetSec: last.onset / sampleRate,
    reportedSec: reported / sampleRate,
  }));
}
