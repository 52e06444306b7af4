import { secondsBetween } from "../../sync/index.js";
import { BASELINES, type Estimates, oracle } from "./baselines.js";
import { loggedTime, type ScoreCase, type ScoredRecord, type Verdict } from "./score-case.js";
import { GROUPS, type Group, type Shares, shareOf, sharesOf, wilsonLower } from "./shares.js";

/** One match with what the product said of it. */
export interface ScoredCase {
  readonly match: ScoreCase;
  readonly verdicts: readonly Verdict[];
}

/** One line of the comparison of methods. */
export interface MethodRow {
  readonly method: string;
  readonly group: Group;
  readonly shares: Shares;
  /** Share of the whistle-anchored records that were put on a whistle more than 1 s from the truth; the product's only. */
  readonly wrongLinks: number | null;
}

/** One line of what the product did, by group. */
export interface CorrectionRow {
  readonly group: Group;
  readonly before: Shares;
  readonly early: Shares;
  readonly after: Shares;
  /** Lower 95 % bound of the share within 1 s. */
  readonly within1Lower: number | null;
  /** Share of the truths inside the 95 % interval; all records, and those the simulation did no harm to. */
  readonly coverage: number | null;
  readonly coverageSound: number | null;
  /** Share that would be told too early if shown at `notBefore`: more than 0.1 s before the truth. 0.005 is what is promised. */
  readonly notBeforeViolations: number | null;
  /** Mean of what the product says of P(|error| <= 1 s). */
  readonly confidence: number | null;
  /** Share moved by more than 0.25 s between one second after arrival and the end. */
  readonly movedLater: number | null;
  readonly revisions: number | null;
}

export interface LinkReport {
  /** Records whose own cue was heard. */
  readonly linkable: number;
  /** Of those, the share linked to that cue. */
  readonly recall: number | null;
  /** Of all whistle links, the share that is right. */
  readonly precision: number | null;
  /** Of the records with a gross stamp, the share flagged `conflict`. */
  readonly grossFlagged: number | null;
  /** Conflict flags on sound records, per match. */
  readonly falseConflictsPerMatch: number;
  /** Records the product said nothing of. */
  readonly missing: number;
  readonly records: number;
}

/** A marker this little before the truth gives nothing away. */
const EARLY_TOLERANCE_SEC = 0.1;

export const PRODUCT = "touchline";

export function methodRows(cases: readonly ScoredCase[]): MethodRow[] {
  const rows: MethodRow[] = [];
  const methods: [string, (scored: ScoredCase) => Estimates | null][] = [
    ...Object.entries(BASELINES).map(([name, method]): [string, (scored: ScoredCase) => Estimates] => [
      name,
      ({ match }) => method(match),
    ]),
    [PRODUCT, (scored) => new Map(scored.verdicts.map((verdict) => [verdict.eventId, verdict.time]))],
    ["oracle", ({ match }) => oracle(match)],
  ];
  for (const [method, estimate] of methods) {
    const estimates = cases.map(estimate);
    if (estimates.every((one) => one === null)) continue;
    for (const group of GROUPS) {
      const errors = cases.flatMap(({ match }, index) => errorsOf(match.records, group, estimates[index] ?? new Map()));
      const isProduct = method === PRODUCT && group === "whistle";
      rows.push({ method, group, shares: sharesOf(errors), wrongLinks: isProduct ? wrongLinks(cases) : null });
    }
  }
  return rows;
}

export function correctionRows(cases: readonly ScoredCase[]): CorrectionRow[] {
  const pairs = cases.flatMap(pair);
  return GROUPS.map((group) => {
    const own = pairs.filter(({ record }) => isIn(record, group));
    const after = sharesOf(own.map(({ record, verdict }) => secondsBetween(record.truth, verdict.time)));
    const within1 = own.filter(
      ({ record, verdict }) => Math.abs(secondsBetween(record.truth, verdict.time)) <= 1,
    ).length;
    return {
      group,
      before: sharesOf(own.map(({ record }) => secondsBetween(record.truth, loggedTime(record)))),
      early: sharesOf(own.map(({ record, verdict }) => secondsBetween(record.truth, verdict.early ?? verdict.time))),
      after,
      within1Lower: wilsonLower(within1, own.length),
      coverage: shareOf(own.filter(hasInterval), isCovered),
      coverageSound: shareOf(
        own.filter((one) => hasInterval(one) && one.record.fault === null),
        isCovered,
      ),
      notBeforeViolations: shareOf(
        own.filter(({ verdict }) => verdict.notBefore !== null),
        ({ record, verdict }) =>
          verdict.notBefore !== null && secondsBetween(verdict.notBefore, record.truth) > EARLY_TOLERANCE_SEC,
      ),
      confidence: mean(own.flatMap(({ verdict }) => (verdict.confidence === null ? [] : [verdict.confidence]))),
      movedLater: shareOf(
        own,
        ({ verdict }) => Math.abs(secondsBetween(verdict.early ?? verdict.time, verdict.time)) > 0.25,
      ),
      revisions: mean(own.map(({ verdict }) => verdict.revisions)),
    };
  });
}

export function linkReport(cases: readonly ScoredCase[]): LinkReport {
  let linkable = 0;
  let found = 0;
  let links = 0;
  let right = 0;
  let falseConflicts = 0;
  const gross: Verdict[] = [];
  for (const scored of cases) {
    const { cueTruth } = scored.match;
    const heardTruths = new Set(cueTruth.values());
    for (const { record, verdict } of pair(scored)) {
      const linked = verdict.cues.map((cue) => cueTruth.get(cue) ?? null);
      const isRight = record.cueId !== null && linked.includes(record.cueId);
      if (record.anchor === "whistle" && record.cueId !== null && heardTruths.has(record.cueId)) {
        linkable += 1;
        if (isRight) found += 1;
      }
      if (verdict.anchor === "whistle" && linked.length > 0) {
        links += 1;
        if (isRight) right += 1;
      }
      if (record.fault === "gross") gross.push(verdict);
      else if (record.fault === null && verdict.flags.includes("conflict")) falseConflicts += 1;
    }
  }
  const records = cases.reduce((sum, { match }) => sum + match.records.length, 0);
  return {
    linkable,
    recall: linkable === 0 ? null : found / linkable,
    precision: links === 0 ? null : right / links,
    grossFlagged: shareOf(gross, (verdict) => verdict.flags.includes("conflict")),
    falseConflictsPerMatch: cases.length === 0 ? 0 : falseConflicts / cases.length,
    missing: records - cases.reduce((sum, scored) => sum + pair(scored).length, 0),
    records,
  };
}

interface Pair {
  readonly record: ScoredRecord;
  readonly verdict: Verdict;
}

function pair({ match, verdicts }: ScoredCase): Pair[] {
  const byId = new Map(verdicts.map((verdict) => [verdict.eventId, verdict]));
  return match.records.flatMap((record) => {
    const verdict = byId.get(record.eventId);
    return verdict === undefined ? [] : [{ record, verdict }];
  });
}

function isIn(record: ScoredRecord, group: Group): boolean {
  return group === "all" || record.anchor === group;
}

function errorsOf(records: readonly ScoredRecord[], group: Group, estimates: Estimates): number[] {
  return records.flatMap((record) => {
    const estimate = estimates.get(record.eventId);
    return estimate === undefined || !isIn(record, group) ? [] : [secondsBetween(record.truth, estimate)];
  });
}

function wrongLinks(cases: readonly ScoredCase[]): number | null {
  const whistled = cases.flatMap(pair).filter(({ record }) => record.anchor === "whistle");
  return shareOf(
    whistled,
    ({ record, verdict }) => verdict.anchor === "whistle" && Math.abs(secondsBetween(record.truth, verdict.time)) > 1,
  );
}

function hasInterval({ verdict }: Pair): boolean {
  return verdict.interval !== null;
}

function isCovered({ record, verdict }: Pair): boolean {
  return verdict.interval !== null && record.truth >= verdict.interval.lo && record.truth <= verdict.interval.hi;
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
