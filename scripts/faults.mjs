// `npm run test:faults [-- FILTER]`: the long fault tests, and what came of each as a table at the end. Allow it half an hour.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), "touchline-faults-"));
const table = join(folder, "table.jsonl");

const { status } = spawnSync(
  process.execPath,
  ["node_modules/vitest/vitest.mjs", "run", "--config", "vitest.faults.config.ts", ...process.argv.slice(2)],
  { cwd: root, stdio: "inherit", env: { ...process.env, FAULT_TABLE: table } },
);

const rows = existsSync(table)
  ? readFileSync(table, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
  : [];
rmSync(folder, { recursive: true, force: true });
show(rows);
process.exit(status ?? 1);

function show(found) {
  const columns = [
    ["fault", (row) => row.fault],
    ["faults", (row) => row.faults],
    ["records", (row) => row.records],
    ["lost", (row) => row.lost],
    ["duplicates", (row) => row.duplicates],
    ["out of order", (row) => row.outOfOrder],
    ["", (row) => row.note ?? ""],
  ];
  const lines = [columns.map(([name]) => name), ...found.map((row) => columns.map(([, value]) => String(value(row))))];
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  for (const line of lines)
    console.log(
      line
        .map((cell, column) =>
          column === 0 || column === columns.length - 1 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
        )
        .join("  ")
        .trimEnd(),
    );
}
