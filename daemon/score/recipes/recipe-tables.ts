import { cueTable, type TextTable } from "../score-tables.js";
import type { RecipeScore, RecipeTrial } from "./score-recipes.js";

/** A table per recipe, its groups as rows; with `isEach` the trials in which something was missed or wrong before it. */
export function recipeTables(scores: readonly RecipeScore[], crowds: string, isEach: boolean): TextTable[] {
  return scores.flatMap((score) => [...(isEach ? [trialTable(score)] : []), groupTable(score, crowds)]);
}

function groupTable({ title, tolerance, rows }: RecipeScore, crowds: string): TextTable {
  const { wideSec, narrowSec } = tolerance;
  const range = `+-${wideSec * 1000} ms, narrow +-${narrowSec * 1000} ms`;
  const reports = rows.map(({ group, trials, report }) => ({ name: `${group} (${trials})`, report }));
  return cueTable(`${title}; ${crowds} crowds; ${range}`, "what", reports);
}

function trialTable({ kind, trials }: RecipeScore): TextTable {
  return {
    title: `${kind}: each mix, and what was false elsewhere`,
    head: ["what", "sound", "found", "missed", "false", "error ms"],
    rows: trials.filter(isWorthShowing).map(({ group, name, found, missed, falseAlarms, errorSec }) => {
      return [group, name, found, missed, falseAlarms, errorSec === null ? "-" : Math.round(errorSec * 1000)];
    }),
  };
}

function isWorthShowing({ found, missed, falseAlarms }: RecipeTrial): boolean {
  return found + missed + falseAlarms > 0;
}
