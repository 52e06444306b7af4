import type { CueReport } from "./cue-report.js";
import type { CorrectionRow, LinkReport, MethodRow } from "./event-tables.js";
import type { GoalRow } from "./goal-rows.js";
import type { ListenScore } from "./listen-score.js";
import type { RobustScore } from "./robust-score.js";
import { GROUPS, type Shares } from "./shares.js";

/** A table as `renderTable` takes it. */
export interface TextTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

const WITHIN = "within 0.25/0.5/1/2 s";

export function correctionTable(rows: readonly CorrectionRow[]): TextTable {
  return {
    title: `Events by what their truth hangs on: ${WITHIN}, in per cent`,
    head: [
      "anchor",
      "n",
      "logged",
      "corrected",
      "median s",
      "p95 s",
      "1 s lower bound",
      "95 % covers",
      "too early",
      "told P(1 s)",
    ],
    rows: rows.map((row) => [
      row.group,
      row.after.n,
      withinCell(row.before),
      withinCell(row.after),
      seconds(row.after.medianSec),
      seconds(row.after.p95Sec),
      percent(row.within1Lower),
      percent(row.coverage),
      percent(row.notBeforeViolations),
      percent(row.confidence),
    ]),
  };
}

export function revisionTable(rows: readonly CorrectionRow[]): TextTable {
  return {
    title: `One second after arrival, and at the end: ${WITHIN}, in per cent`,
    head: ["anchor", "n", "after 1 s", "final", "moved > 0.25 s later", "revisions"],
    rows: rows.map((row) => [
      row.group,
      row.after.n,
      withinCell(row.early),
      withinCell(row.after),
      percent(row.movedLater),
      row.revisions === null ? "-" : row.revisions.toFixed(1),
    ]),
  };
}

export function methodTable(rows: readonly MethodRow[]): TextTable {
  const methods = [...new Set(rows.map((row) => row.method))];
  const find = (method: string, group: string) => rows.find((row) => row.method === method && row.group === group);
  return {
    title: `Methods compared: ${WITHIN}, in per cent`,
    head: ["method", ...GROUPS, "wrong > 1 s"],
    rows: methods.map((method) => [
      method,
      ...GROUPS.map((group) => {
        const row = find(method, group);
        return row === undefined ? "-" : withinCell(row.shares);
      }),
      percent(find(method, "whistle")?.wrongLinks ?? null),
    ]),
  };
}

export function goalTable(rows: readonly GoalRow[]): TextTable {
  const isShare = ({ what }: GoalRow) => !/, (s|ms)$|a match$/.test(what);
  const cell = (row: GoalRow, value: number | null) =>
    value === null ? "-" : isShare(row) ? percent(value) : value.toFixed(2);
  const bound = (row: GoalRow) =>
    row.least !== null && row.most !== null
      ? `${cell(row, row.least)} to ${cell(row, row.most)}`
      : row.least !== null
        ? `at least ${cell(row, row.least)}`
        : `at most ${cell(row, row.most)}`;
  return {
    title: "Goals",
    head: ["goal", "what", "n", "measured", "wanted", "met"],
    rows: rows.map((row) => [
      row.goal,
      row.what,
      row.n,
      cell(row, row.value),
      bound(row),
      row.isMet === null ? "-" : row.isMet ? "yes" : "NO",
    ]),
  };
}

export function linkTable(links: LinkReport): TextTable {
  return {
    title: "Links to cues",
    head: [
      "own whistle heard",
      "linked to it",
      "links that are right",
      "gross stamps flagged",
      "false conflicts a match",
      "left out",
    ],
    rows: [
      [
        links.linkable,
        percent(links.recall),
        percent(links.precision),
        percent(links.grossFlagged),
        links.falseConflictsPerMatch.toFixed(1),
        `${links.missing} of ${links.records}`,
      ],
    ],
  };
}

export function cueTable(
  title: string,
  label: string,
  reports: readonly { readonly name: string; readonly report: CueReport }[],
): TextTable {
  return {
    title,
    head: [label, "n", "min", "P", "R", "F1", "F1 narrow", "false/min", "bias ms", "p95 ms", "told after ms", "p95"],
    rows: reports.map(({ name, report }) => [
      name,
      report.targets,
      report.minutes.toFixed(1),
      ratio(report.precision),
      ratio(report.recall),
      ratio(report.f1),
      ratio(report.f1Narrow),
      report.falseAlarmsPerMinute === null ? "-" : report.falseAlarmsPerMinute.toFixed(2),
      millis(report.onsetBiasSec),
      millis(report.onsetP95Sec),
      millis(report.latencySec),
      millis(report.latencyP95Sec),
    ]),
  };
}

export function listenTable(score: ListenScore): TextTable {
  const reports = score.groups.map(({ group, report }) => ({ name: group, report }));
  return cueTable("Whistles against the labels: +-250 ms, narrow +-100 ms", "files", reports);
}

export function robustTable({ files, rows }: RobustScore): TextTable {
  return {
    title: `${files} recordings as worse chains deliver them: +-250 ms, narrow +-100 ms`,
    head: ["condition", "F1", "change", "F1 narrow", "P", "R", "false/min", "bias ms", "p95 ms"],
    rows: rows.map(({ condition, skipped, report, f1Change }) =>
      report === null
        ? [condition, `skipped: ${skipped}`, "", "", "", "", "", "", ""]
        : [
            condition,
            ratio(report.f1),
            f1Change === null ? "-" : `${f1Change < 0 ? "" : "+"}${f1Change.toFixed(3)}`,
            ratio(report.f1Narrow),
            ratio(report.precision),
            ratio(report.recall),
            report.falseAlarmsPerMinute === null ? "-" : report.falseAlarmsPerMinute.toFixed(2),
            millis(report.onsetBiasSec),
            millis(report.onsetP95Sec),
          ],
    ),
  };
}

function withinCell(shares: Shares): string {
  return shares.n === 0 ? "-" : shares.within.map((share) => ((share ?? 0) * 100).toFixed(1)).join(" / ");
}

function percent(share: number | null): string {
  return share === null ? "-" : `${(share * 100).toFixed(1)} %`;
}

function seconds(value: number | null): string {
  return value === null ? "-" : `${value < 0 ? "" : "+"}${value.toFixed(2)}`;
}

function ratio(value: number | null): string {
  return value === null ? "-" : value.toFixed(3);
}

function millis(value: number | null): string {
  // Adding 0 makes a 0 of the -0 that rounding leaves.
  return value === null ? "-" : `${Math.round(value * 1000) + 0}`;
}
