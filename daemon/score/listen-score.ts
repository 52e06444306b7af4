import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, TouchlineError } from "../errors.js";
import { type CueReport, type CueTrial, reportCues } from "./cue-report.js";
import type { Target } from "./match-cues.js";

/** A cue as `listen` tells it. */
export interface ListenLine {
  readonly kind: string;
  readonly onsetSec: number;
  readonly reportedSec: number;
}

/** What hears a file. */
export type ListenFile = (path: string) => Promise<readonly ListenLine[]>;

export interface LabelledFile {
  readonly file: string;
  readonly kind: string;
  readonly durationSec: number;
  readonly whistles: readonly Target[];
  readonly ignored: readonly (readonly [number, number])[];
}

export interface ListenScore {
  /** One per kind of file (`real`, `bank`, `bed`, `hard-negative`, mixes by their level) and one for all. */
  readonly groups: readonly { readonly group: string; readonly files: number; readonly report: CueReport }[];
  readonly files: readonly { readonly file: string; readonly group: string; readonly report: CueReport }[];
}

/**
 * Hears every labelled file and compares whistles with labels: nearest pairs within +-250 ms (and +-100 ms), duplicates and
 * ignored stretches free.
 */
export async function scoreListen(
  labels: readonly LabelledFile[],
  listen: ListenFile,
  onFile: (done: number, file: string) => void,
): Promise<ListenScore> {
  const trials: { group: string; file: string; trial: CueTrial }[] = [];
  for (const [index, label] of labels.entries()) {
    const { file, kind: group, whistles: targets, ignored, durationSec } = label;
    onFile(index, file);
    const found = (await listen(file)).filter((cue) => cue.kind === "whistle");
    trials.push({ group, file, trial: { targets, found, ignored, durationSec } });
  }
  const groups = [...new Set(trials.map(({ group }) => group))].sort(byGroup);
  const reportOf = (own: typeof trials) => reportCues(own.map(({ trial }) => trial));
  return {
    groups: [
      ...groups.map((group) => {
        const own = trials.filter((one) => one.group === group);
        return { group, files: own.length, report: reportOf(own) };
      }),
      { group: "all", files: trials.length, report: reportOf(trials) },
    ],
    files: trials.map(({ file, group, trial }) => ({ file, group, report: reportCues([trial]) })),
  };
}

/** By name, mixes after the recordings and by their level. */
function byGroup(a: string, b: string): number {
  const [levelA, levelB] = [a, b].map((name) => (name.startsWith("mix ") ? Number.parseFloat(name.slice(4)) : -1000));
  return (levelA ?? 0) - (levelB ?? 0) || (a < b ? -1 : 1);
}

/**
 * Reads `labels.json` of a folder of recordings.
 * @throws TouchlineError FILE_UNREADABLE, REC_INVALID with the place
 */
export async function readLabels(dir: string): Promise<LabelledFile[]> {
  const path = join(dir, "labels.json");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new TouchlineError("FILE_UNREADABLE", [path, messageOf(error)], error);
  }
  return parseLabels(text, path);
}

/** @throws TouchlineError REC_INVALID with the place */
export function parseLabels(text: string, path: string): LabelledFile[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new TouchlineError("REC_INVALID", [path, messageOf(error)], error);
  }
  const files = asObject(parsed).files;
  if (!Array.isArray(files)) throw new TouchlineError("REC_INVALID", [path, "'files' is not a list"]);
  return files.map((file, index) => parseFile(asObject(file), `${path} files[${index}]`));
}

function parseFile(file: Readonly<Record<string, unknown>>, at: string): LabelledFile {
  if (typeof file.file !== "string") throw new TouchlineError("REC_INVALID", [at, "'file' is not a text"]);
  const whistles = Array.isArray(file.whistles) ? file.whistles.map(asObject) : [];
  const ignored = Array.isArray(file.ignore) ? file.ignore : [];
  const snr = typeof file.snrDb === "number" ? ` ${file.snrDb} dB` : "";
  return {
    file: file.file,
    kind: `${typeof file.kind === "string" ? file.kind : "other"}${snr}`,
    durationSec: numberIn(file.durationSec, at, "durationSec"),
    whistles: whistles.map((whistle, index) => ({
      id: `${file.file}#${index + 1}`,
      onsetSec: numberIn(whistle.startSec, at, `whistles[${index}].startSec`),
      endSec: numberIn(whistle.endSec, at, `whistles[${index}].endSec`),
    })),
    ignored: ignored.map((range: unknown, index) => {
      const [from, to] = Array.isArray(range) ? range : [];
      return [numberIn(from, at, `ignore[${index}]`), numberIn(to, at, `ignore[${index}]`)] as const;
    }),
  };
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function numberIn(value: unknown, at: string, key: string): number {
  if (typeof value !== "number" || !Number.isFinite(value))
    throw new TouchlineError("REC_INVALID", [at, `'${key}' is not a number`]);
  return value;
}
