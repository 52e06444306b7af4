import { secondsBetween } from "../../sync/index.js";
import type { ScoredCase } from "./event-tables.js";
import type { ScoredRecord, Verdict } from "./score-case.js";
import { quantile, shareOf } from "./shares.js";

/** One goal of the alignment beside what was measured. */
export interface GoalRow {
  readonly goal: string;
  readonly what: string;
  /** Shares as 0..1, else in the unit `what` names; `null` when there was nothing to measure. */
  readonly value: number | null;
  /** Lowest and highest value that meets the goal; `null`: open. */
  readonly least: number | null;
  readonly most: number | null;
  /** `null` when there was nothing to measure. */
  readonly isMet: boolean | null;
  readonly n: number;
}

/** What the numbers were measured under: which goals apply hangs on it. */
export interface Condition {
  readonly persona: string;
  readonly detector: string;
  readonly faults: readonly string[];
  /** The same matches without the faults; `null` when there are none. */
  readonly reference: readonly ScoredCase[] | null;
  readonly cpuMsPerRecord: number | null;
}

interface Pair {
  readonly record: ScoredRecord;
  readonly verdict: Verdict;
}

/** An event is shown too early from this much before the truth. */
const EARLY_SEC = 0.1;
const MOVED_SEC = 0.25;
/** Clocks this far apart must be flagged. */
const GROSS_SEC = 5;
const BINS = [0, 0.5, 0.7, 0.85, 0.95, 1.0001] as const;
/** Fewer events than this say nothing of a share. */
const LEAST_IN_BIN = 50;

/** Every goal that applies to these matches. */
export function goalRows(cases: readonly ScoredCase[], condition: Condition): GoalRow[] {
  const pairs = cases.flatMap(pairsOf);
  const isFaulty = condition.faults.length > 0;
  return [
    ...(isFaulty ? faultRows(pairs, condition) : anchorRows(pairs, condition)),
    ...(isFaulty ? [] : listRows(pairs, condition)),
    ...streamRows(pairs, condition),
    ...honestyRows(cases, pairs),
  ];
}

/** G1 and G2: whistled events of a venue logger. */
function anchorRows(pairs: readonly Pair[], { persona, detector }: Condition): GoalRow[] {
  if (persona !== "venue" || (detector !== "97/95" && detector !== "90/85")) return [];
  const whistled = pairs.filter(({ record }) => record.anchor === "whistle");
  const [goal, within1, within025] = detector === "97/95" ? ["G1", 0.97, 0.95] : ["G2", 0.93, 0.88];
  const name = goal as string;
  const rows = [
    atLeast(name, "whistled within 1 s", whistled, isWithin(1), within1 as number),
    atLeast(name, "whistled within 0.25 s", whistled, isWithin(0.25), within025 as number),
    atMost(name, "wrong links over 1 s", whistled, isWrongLink, goal === "G1" ? 0.01 : 0.02),
  ];
  return rows;
}

/** G3 to G5: goals, events without a cue, the whole list. */
function listRows(pairs: readonly Pair[], { persona }: Condition): GoalRow[] {
  const all = persona === "post-match" ? 0.96 : 0.75;
  const rows = [atLeast("G5", "all within 1 s", pairs, isWithin(1), all)];
  if (persona !== "venue") return rows;
  const goals = pairs.filter(({ record }) => record.class === "goal");
  const silent = pairs.filter(({ record }) => record.anchor === "none");
  return [
    atLeast("G3", "goals within 1 s", goals, isWithin(1), 0.92),
    atLeast("G3", "goals within 0.5 s", goals, isWithin(0.5), 0.82),
    atLeast("G4", "without a cue within 1 s", silent, isWithin(1), 0.67),
    atLeast("G4", "without a cue within 2 s", silent, isWithin(2), 0.9),
    between("G4", "without a cue: 95 % interval covers", silent, isCovered, 0.93, 0.97),
    ...rows,
  ];
}

/** G7: what is said at once against what is said in the end. */
function streamRows(pairs: readonly Pair[], { cpuMsPerRecord }: Condition): GoalRow[] {
  const traced = pairs.filter(({ verdict }) => verdict.trace !== null);
  const whistled = traced.filter(({ record }) => record.anchor === "whistle");
  const linked = traced.filter(({ verdict }) => verdict.trace?.confirmedAfterSec != null);
  const lossOf = (of: (pair: Pair) => number) => {
    const early = shareOf(whistled, (pair) => Math.abs(of(pair)) <= 1);
    const late = shareOf(whistled, isWithin(1));
    return early === null || late === null ? null : late - early;
  };
  const confirmedSec = linked
    .filter(({ verdict }) => verdict.anchor === "whistle")
    .map(({ verdict }) => verdict.trace?.confirmedAfterSec ?? 0);
  const rows = [
    row("G7", "whistled within 1 s: lost 1 s after arrival", lossOf(correctedError), null, 0.01, whistled.length),
    row("G7", "whistled within 1 s: lost 100 ms after arrival", lossOf(firstError), null, 0.04, whistled.length),
    atMost("G7", "whistled moved over 0.25 s after the first second", whistled, hasMoved, 0.07),
    atMost("G7", "confirmed links changed", linked, ({ verdict }) => verdict.trace?.isRelinked === true, 0.01),
    atMost("G7", "confirmed, then provisional", linked, ({ verdict }) => verdict.trace?.fellBack === true, 0),
    atMost("G7", "final, then moved", traced, ({ verdict }) => verdict.trace?.movedWhenFinal === true, 0),
    row("G7", "confirmed after arrival, p95, s", quantile(confirmedSec, 0.95), null, 5, confirmedSec.length),
  ];
  if (cpuMsPerRecord !== null) rows.push(row("G7", "CPU per record, ms", cpuMsPerRecord, null, 20, pairs.length));
  return rows.filter(({ n }) => n > 0);
}

/** G8 and the rule on early markers. */
function honestyRows(cases: readonly ScoredCase[], pairs: readonly Pair[]): GoalRow[] {
  const rows: GoalRow[] = [];
  for (const anchor of new Set(pairs.map(({ verdict }) => verdict.anchor))) {
    const own = pairs.filter(({ verdict }) => verdict.anchor === anchor);
    if (anchor === "none" || own.length < LEAST_IN_BIN) continue;
    rows.push(between("G8", `95 % interval covers, anchor ${anchor}`, own, isCovered, 0.93, 0.97));
  }
  for (let index = 0; index + 1 < BINS.length; index++) {
    const [from, to] = [BINS[index] ?? 0, BINS[index + 1] ?? 1];
    const own = pairs.filter(({ verdict }) => (verdict.confidence ?? -1) >= from && (verdict.confidence ?? 2) < to);
    if (own.length < LEAST_IN_BIN) continue;
    const told = own.reduce((sum, { verdict }) => sum + (verdict.confidence ?? 0), 0) / own.length;
    const what = `P(1 s) told ${from.toFixed(2)} to ${Math.min(1, to).toFixed(2)}: true share less told`;
    const off = (shareOf(own, isWithin(1)) ?? 0) - told;
    rows.push(row("G8", what, off, -0.03, 0.03, own.length));
  }
  const isFlagged = ({ verdict }: Pair) => verdict.flags.includes("conflict");
  const gross = cases.flatMap((scored) => pairsOf(scored).filter((pair) => mustBeFlagged(scored, pair)));
  rows.push(atLeast("G8", "gross errors flagged, clocks 5 s apart or cue heard", gross, isFlagged, 0.8));
  const falseAlerts = pairs.filter((pair) => pair.record.fault === null && isFlagged(pair)).length;
  rows.push(row("G8", "false conflicts a match", falseAlerts / Math.max(1, cases.length), null, 2, cases.length));
  rows.push(atMost("early", "shown at notBefore over 0.1 s early", pairs, isEarly, 0.007));
  return rows.filter(({ n }) => n > 0);
}

/** G9: what a fault of the logger or of its clock may cost. */
function faultRows(pairs: readonly Pair[], { faults, reference }: Condition): GoalRow[] {
  const whistled = pairs.filter(({ record }) => record.anchor === "whistle");
  const name = faults.join(" + ");
  if (faults.includes("slow")) return [atLeast("G9", `${name}: whistled within 0.25 s`, whistled, isWithin(0.25), 0.8)];
  if (faults.includes("gross"))
    return [atLeast("G9", `${name}: whistled within 0.25 s`, whistled, isWithin(0.25), 0.78)];
  const sound = (reference ?? []).flatMap(pairsOf).filter(({ record }) => record.anchor === "whistle");
  return [1, 0.25].flatMap((toleranceSec) => {
    const [with_, without] = [shareOf(whistled, isWithin(toleranceSec)), shareOf(sound, isWithin(toleranceSec))];
    if (with_ === null || without === null) return [];
    const what = `${name}: whistled within ${toleranceSec} s, lost against none`;
    return [row("G9", what, without - with_, null, 0.03, whistled.length)];
  });
}

function pairsOf({ match, verdicts }: ScoredCase): Pair[] {
  const byId = new Map(verdicts.map((verdict) => [verdict.eventId, verdict]));
  return match.records.flatMap((record) => {
    const verdict = byId.get(record.eventId);
    return verdict === undefined ? [] : [{ record, verdict }];
  });
}

function mustBeFlagged({ match }: ScoredCase, { record }: Pair): boolean {
  if (record.fault !== "gross") return false;
  const isHeard = record.cueId !== null && [...match.cueTruth.values()].includes(record.cueId);
  return isHeard || clockGapSec(match.records, record) > GROSS_SEC;
}

/** How far the record's arrival lies from its stamp, less what is usual in the match. */
function clockGapSec(records: readonly ScoredRecord[], record: ScoredRecord): number {
  const gapOf = ({ stamp, arrival }: ScoredRecord) =>
    stamp === null || arrival === null ? null : secondsBetween(stamp, arrival);
  const own = gapOf(record);
  const usual = quantile(
    records.flatMap((one) => gapOf(one) ?? []),
    0.5,
  );
  return own === null || usual === null ? 0 : Math.abs(own - usual);
}

function errorSec({ record, verdict }: Pair): number {
  return secondsBetween(record.truth, verdict.time);
}

function firstError({ record, verdict }: Pair): number {
  return secondsBetween(record.truth, verdict.trace?.first ?? verdict.time);
}

function correctedError({ record, verdict }: Pair): number {
  return secondsBetween(record.truth, verdict.trace?.corrected ?? verdict.time);
}

function isWithin(toleranceSec: number): (pair: Pair) => boolean {
  return (pair) => Math.abs(errorSec(pair)) <= toleranceSec;
}

function isWrongLink(pair: Pair): boolean {
  return pair.verdict.anchor === "whistle" && Math.abs(errorSec(pair)) > 1;
}

function isCovered({ record, verdict }: Pair): boolean {
  return verdict.interval !== null && record.truth >= verdict.interval.lo && record.truth <= verdict.interval.hi;
}

function hasMoved({ verdict }: Pair): boolean {
  return Math.abs(secondsBetween(verdict.trace?.corrected ?? verdict.time, verdict.time)) > MOVED_SEC;
}

function isEarly({ record, verdict }: Pair): boolean {
  return verdict.notBefore !== null && secondsBetween(verdict.notBefore, record.truth) > EARLY_SEC;
}

type Test = (pair: Pair) => boolean;

function atLeast(goal: string, what: string, pairs: readonly Pair[], test: Test, least: number): GoalRow {
  return row(goal, what, shareOf(pairs, test), least, null, pairs.length);
}

function atMost(goal: string, what: string, pairs: readonly Pair[], test: Test, most: number): GoalRow {
  return row(goal, what, shareOf(pairs, test), null, most, pairs.length);
}

function between(goal: string, what: string, pairs: readonly Pair[], test: Test, least: number, most: number): GoalRow {
  return row(goal, what, shareOf(pairs, test), least, most, pairs.length);
}

function row(
  goal: string,
  what: string,
  value: number | null,
  least: number | null,
  most: number | null,
  n: number,
): GoalRow {
  const isMet = value === null ? null : (least === null || value >= least) && (most === null || value <= most);
  return { goal, what, value, least, most, isMet, n };
}
