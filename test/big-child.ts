import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const CHILD = fileURLToPath(new URL("./integration/children/big-child.mjs", import.meta.url));

export interface BigRun {
  readonly openSeconds: number;
  readonly stored: number;
  readonly read: number;
  readonly lost: number;
  readonly outOfPlace: number;
  /** By how much resident memory grew from the first to the last third of storing or of reading, medians. */
  readonly driftMb: number;
  readonly rssMb: number;
  readonly walBytes: number;
  /** How late the main thread was for its timers, 99th percentile. */
  readonly loopP99Ms: number;
}

/** Opens a store in a process of its own; see the child for `what`. */
export function runBigChild(path: string, what: "drain" | number): BigRun {
  const child = spawnSync(process.execPath, [CHILD, path, String(what)], { encoding: "utf8" });
  if (child.status !== 0) throw new Error(child.stderr);
  return JSON.parse(child.stdout) as BigRun;
}
