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
import type { ScoreCase } from "./score-case.js";

export interface AlignScore {
  readonly matches: number;
  readonly corrections: readonly CorrectionRow[];
  readonly methods: readonly MethodRow[];
  readonly links: LinkReport;
}

/** Runs the aligner over each match and compares with the truth and with the baselines. */
export function scoreAlign(
  cases: Iterable<ScoreCase>,
  profile: SportProfile,
  onMatch: (done: number) => void,
): AlignScore {
  const scored: ScoredCase[] = [];
  for (const match of cases) {
    scored.push({ match, verdicts: alignCase(match, profile) });
    onMatch(scored.length);
  }
  return {
    matches: scored.length,
    corrections: correctionRows(scored),
    methods: methodRows(scored),
    links: linkReport(scored),
  };
}
