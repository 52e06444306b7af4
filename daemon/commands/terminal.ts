import { SingleBar } from "cli-progress";
import Table from "cli-table3";

/** A table for people. Numbers are right-aligned where `align` says so. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  align: readonly ("left" | "right" | "center")[] = [],
): string {
  const table = new Table({ head: [...head], colAligns: [...align], style: { head: [], border: [] } });
  for (const row of rows) table.push([...row]);
  return table.toString();
}

export interface Progress {
  /** `done` of the total, with a short word on what is being done. */
  update(done: number, note?: string): void;
  stop(): void;
}

/** A bar on stderr when that is a terminal, else nothing: machines and logs get no bars. */
export function startProgress(label: string, total: number): Progress {
  if (!process.stderr.isTTY) return { update: () => undefined, stop: () => undefined };
  const bar = new SingleBar({
    format: `${label} {bar} {percentage} % {note}`,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
  });
  bar.start(total, 0, { note: "" });
  return {
    update: (done, note = "") => bar.update(done, { note }),
    stop: () => bar.stop(),
  };
}
