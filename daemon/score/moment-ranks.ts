import { formatRfc3339, parseRfc3339, type UnixMicros } from "../../sync/index.js";
import { type JsonObject, numberOrNull, readJsonLines, textOrNull } from "./read-lines.js";
import type { TextTable } from "./score-tables.js";
import type { TrueEvent } from "./truth-files.js";

/** Where a goal stands among the moments that were told. */
export interface MomentRank {
  readonly goal: string;
  /** From 1, by interest; `null` when no moment holds the goal. */
  readonly rank: number | null;
  /** Moments that stand at the end. */
  readonly of: number;
  readonly momentId: string | null;
  readonly interest: number | null;
}

interface ToldMoment {
  readonly momentId: string;
  readonly in: UnixMicros;
  readonly out: UnixMicros;
  readonly interest: number;
}

/**
 * The rank of each true goal among the moments of an `output.jsonl`; empty where no moment was told.
 * @throws TouchlineError FILE_UNREADABLE, REC_INVALID
 */
export async function rankGoals(events: readonly TrueEvent[], outputPath: string): Promise<MomentRank[]> {
  const moments = await readMoments(outputPath);
  if (moments.length === 0) return [];
  // Two loggers tell of one goal: it has one time.
  const goals = [...new Set(events.filter((event) => event.class === "goal").map(({ time }) => time))].sort(
    (a, b) => a - b,
  );
  return goals.map((goal) => {
    const index = moments.findIndex((moment) => moment.in <= goal && goal <= moment.out);
    const moment = moments[index];
    return {
      goal: formatRfc3339(goal),
      rank: moment === undefined ? null : index + 1,
      of: moments.length,
      momentId: moment?.momentId ?? null,
      interest: moment?.interest ?? null,
    };
  });
}

/** The last revision of each moment that stands, most interesting first. */
async function readMoments(path: string): Promise<ToldMoment[]> {
  const last = new Map<string, JsonObject>();
  for await (const line of readJsonLines(path)) {
    if (line.type !== "touchline.moment.v1" || typeof line.data !== "object" || line.data === null) continue;
    const data = line.data as JsonObject;
    const momentId = textOrNull(data.momentId);
    if (momentId === null) continue;
    const isLater = (numberOrNull(data.revision) ?? 0) >= (numberOrNull(last.get(momentId)?.revision) ?? 0);
    if (isLater) last.set(momentId, data);
  }
  return [...last]
    .flatMap(([momentId, data]) => {
      const [from, out] = [timeOf(data.in), timeOf(data.out)];
      if (data.state === "retracted" || from === null || out === null) return [];
      return [{ momentId, in: from, out, interest: numberOrNull(data.interest) ?? 0 }];
    })
    .sort((a, b) => b.interest - a.interest);
}

function timeOf(value: unknown): UnixMicros | null {
  return typeof value === "string" ? parseRfc3339(value) : null;
}

export function momentTable(ranks: readonly MomentRank[]): TextTable {
  return {
    title: "Goals among the moments, by interest",
    head: ["goal", "rank", "of", "interest"],
    rows: ranks.map(({ goal, rank, of, interest }) => [
      goal.slice(11, 19),
      rank ?? "not told",
      of,
      interest === null ? "-" : interest.toFixed(3),
    ]),
  };
}
