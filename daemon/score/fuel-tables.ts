import type { FuelRow, FuelScore } from "./fuel-score.js";
import type { TextTable } from "./score-tables.js";

/** What is accepted of races the models were not fitted on. */
const GOALS: Readonly<Record<string, readonly [weighed: string, timed: string, none: string]>> = {
  stintMean: ["1.4", "1.85", "1.9"],
  laterStintMean: ["1.25", "", ""],
  stintP90: ["3", "", ""],
  greenLap: ["1.8", "", ""],
  cautionLap: ["6", "", ""],
};

/** Accuracy for people: goals on top, one line for each model. */
export function fuelGoalsTable({ races, profile, rows }: FuelScore): TextTable[] {
  const how = profile === "shipped" ? "the profile as shipped" : "shape fitted on the other races' totals";
  return [
    {
      title: `${races.join(", ")}: ${how}. Mean |error| in per cent`,
      head: [
        "model",
        "fills",
        "stints",
        "stint",
        "later stints",
        "stint p90",
        "green lap",
        "caution lap",
        "lap with a stop (95 % covers)",
      ],
      rows: [
        ["accepted", "weighed", "", ...Object.values(GOALS).map(([goal]) => `<= ${goal}`), ""],
        ["accepted", "timed", "", `<= ${GOALS.stintMean?.[1]}`, "", "", "", "", ""],
        ["accepted", "none", "", `<= ${GOALS.stintMean?.[2]}`, "", "", "", "", ""],
        ...rows.map((row) => [
          row.model,
          row.fills,
          row.stints,
          ...[row.stintMean, row.laterStintMean, row.stintP90, row.greenLap, row.cautionLap].map((value) =>
            show(value),
          ),
          row.pitLap === null ? "-" : `${show(row.pitLap)} (${show(row.pitLapCovered, 1)})`,
        ]),
      ],
    },
    {
      title: "Order of cars, laps left, probabilities",
      head: [
        "model",
        "fills",
        "pairs >= 0.3 mpg %",
        ">= 0.1 mpg %",
        "laps left at 10 (n)",
        "10 before a stop (n)",
        "at 40 (n)",
        "at 40, pace of 5 (n)",
        "reach off, points",
        "false dry %",
        "saving/pushing AUC",
        "95 % covers: stints / laps / totals",
      ],
      rows: [
        ["accepted", "", "100", ">= 98", "<= 0.3", "<= 0.3", "<= 0.7", "<= 0.7", "<= 5", "<= 2", ">= 0.99", "92-98"],
        ...rows.map((row) => [
          row.model,
          row.fills,
          show(row.pairs03, 1),
          show(row.pairs01, 1),
          lapsCell(row.lapsLeft10, row.lapsLeftN[0]),
          lapsCell(row.lapsLeft10ToStop, row.lapsLeftN[3]),
          lapsCell(row.lapsLeft40, row.lapsLeftN[1]),
          lapsCell(row.lapsLeft40OfFive, row.lapsLeftN[2]),
          show(row.reachOff, 1),
          show(row.falseDry, 1),
          show(row.auc, 4),
          coverCell(row),
        ]),
      ],
    },
  ];
}

function show(value: number | null, digits = 2): string {
  return value === null ? "-" : value.toFixed(digits);
}

function lapsCell(value: number | null, n: number): string {
  return value === null ? "-" : `${value.toFixed(2)} (${n})`;
}

function coverCell({ covered }: FuelRow): string {
  // The simple methods tell no interval.
  if (covered.totals === null) return "-";
  return [covered.stints, covered.laps, covered.totals].map((value) => show(value, 1)).join(" / ");
}
