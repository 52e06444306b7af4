import type { SportProfile } from "../../sync/index.js";
import { alignCase } from "./align-run.js";
import {
  type CorrectionRow,
  correctionRows,
  type LinkReport,
  linkReport,
  type MethodRow,
  methodRows,
  type ScoredCase,
} from "./event-tables.js";
import { type Condition, type GoalRow, goalRows } from "./goal-rows.js";
import type { ScoreCase } from "./score-case.js";

export interface AlignScore {
  readonly matches: number;
  readonly corrections: readonly CorrectionRow[];
  readonly methods: readonly MethodRow[];
  readonly links: LinkReport;
  readonly goals: readonly GoalRow[];
}

/** Runs the aligner over each match and compares with the truth and with the baselines. */
export function scoreAlign(
  cases: Iterable<ScoreCase>,
  profile: SportProfile,
  onMatch: (done: number) => void,
  condition: Omit<Condition, "cpuMsPerRecord"> | null = null,
): AlignScore {
  const { scored, cpuMsPerRecord } = alignCases(cases, profile, onMatch);
  return {
    matches: scored.length,
    corrections: correctionRows(scored),
    methods: methodRows(scored),
    links: linkReport(scored),
    goals: condition === null ? [] : goalRows(scored, { ...condition, cpuMsPerRecord }),
  };
}

/** Runs the aligner over each match, and tells what that cost. */
export function alignCases(
  cases: Iterable<ScoreCase>,
  profile: SportProfile,
  onMatch: (done: number) => void,
): { readonly scored: ScoredCase[]; readonly cpuMsPerRecord: number | null } {
  const scored: ScoredCase[] = [];
  let [cpuMicros, messages] = [0, 0];
  for (const match of cases) {
    const before = process.cpuUsage();
    const verdicts = alignCase(match, profile);
    const { user, system } = process.cpuUsage(before);
    cpuMicros += user + system;
    messages += match.log.length;
    scored.push({ match, verdicts });
    onMatch(scored.length);
  }
  return { scored, cpuMsPerRecord: messages === 0 ? null : cpuMicros / 1000 / messages };
}
