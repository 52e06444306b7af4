import { appendFileSync } from "node:fs";
import type { Tally } from "./counting-consumer.js";

/** A line of the table that `npm run test:faults` shows at its end. */
export interface FaultRow {
  readonly fault: string;
  readonly faults: number;
  readonly records: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly outOfOrder: number;
  readonly note?: string;
}

/** Told at once, and kept for the table where the run asked for one. */
export function report(row: FaultRow): void {
  const { fault, faults, records, lost, duplicates, outOfOrder, note } = row;
  console.log(
    `${fault}: ${faults} faults, ${records} records: LOST ${lost} DUPLICATES ${duplicates} OUT-OF-ORDER ${outOfOrder}${note === undefined ? "" : ` (${note})`}`,
  );
  const table = process.env.FAULT_TABLE;
  if (table !== undefined) appendFileSync(table, `${JSON.stringify(row)}\n`);
}

export function sum(tallies: readonly Tally[]): Tally {
  return tallies.reduce((total, tally) => ({
    records: total.records + tally.records,
    lost: total.lost + tally.lost,
    duplicates: total.duplicates + tally.duplicates,
    outOfOrder: total.outOfOrder + tally.outOfOrder,
  }));
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** mulberry32: a seeded generator small enough to read. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
