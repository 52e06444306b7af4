import type { TextTable } from "../score/index.js";
import { renderTable } from "./terminal.js";

/** What every `score` command ends with: lines of JSON for machines, tables for people. */
export function printScore(isJson: boolean, lines: readonly object[], tables: readonly TextTable[]): void {
  if (isJson) {
    for (const line of lines) process.stdout.write(`${JSON.stringify(line)}\n`);
    return;
  }
  for (const { title, head, rows } of tables) {
    if (rows.length > 0) process.stdout.write(`\n${title}\n${renderTable(head, rows)}\n`);
  }
}
