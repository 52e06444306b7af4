/** One thing that is wrong, with the place where a person mends it. */
export interface ConfigProblem {
  /** The file as it was named by the caller; `environment` for a variable. */
  readonly file: string;
  /** From 1; `null` where there is no place in a text (a variable, an unreadable file). */
  readonly line: number | null;
  /** From 1, in UTF-16 units; `null` together with `line`. */
  readonly column: number | null;
  /** `inputs.audio[0].sampleRate`, or the variable's name; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong and what would be right, as a sentence without the path. */
  readonly message: string;
}

export const ENVIRONMENT = "environment";

/** `venue.yaml:3:5 inputs.audio[0].sampel_rate: unknown key. Did you mean sampleRate?` */
export function formatProblem(problem: ConfigProblem): string {
  const place = problem.line === null ? problem.file : `${problem.file}:${problem.line}:${problem.column ?? 1}`;
  return problem.path === "" ? `${place}: ${problem.message}` : `${place} ${problem.path}: ${problem.message}`;
}

/** Steps into a document: keys as text, places in lists as their decimal index. */
export type Segments = readonly string[];

/** `["inputs","audio","0","name"]` to `inputs.audio[0].name`. */
export function formatPath(segments: Segments): string {
  return segments
    .map((segment, index) => (/^\d+$/.test(segment) ? `[${segment}]` : `${index === 0 ? "" : "."}${segment}`))
    .join("");
}

/** RFC 6901 pointer to its steps. */
export function pointerSegments(pointer: string): string[] {
  if (pointer === "") return [];
  return pointer
    .slice(1)
    .split("/")
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}
