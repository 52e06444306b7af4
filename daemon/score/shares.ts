import type { AnchorGroup } from "../simulate/index.js";

/** Groups of an accuracy table: by what the class's truth hangs on, and all of them. */
export const GROUPS = ["whistle", "roar", "none", "all"] as const;
export type Group = AnchorGroup | "all";

/** Tolerances of an accuracy table, seconds. */
export const TOLERANCES_SEC = [0.25, 0.5, 1, 2] as const;

export interface Shares {
  readonly n: number;
  /** Share with |error| within each of `TOLERANCES_SEC`; `null` without any. */
  readonly within: readonly (number | null)[];
  /** Signed: positive is late. */
  readonly medianSec: number | null;
  /** 95 % of the absolute errors are below. */
  readonly p95Sec: number | null;
}

export function sharesOf(errorsSec: readonly number[]): Shares {
  const sizes = errorsSec.map(Math.abs);
  return {
    n: errorsSec.length,
    within: TOLERANCES_SEC.map((tolerance) => shareOf(sizes, (size) => size <= tolerance)),
    medianSec: quantile(errorsSec, 0.5),
    p95Sec: quantile(sizes, 0.95),
  };
}

export function shareOf<T>(items: readonly T[], test: (item: T) => boolean): number | null {
  return items.length === 0 ? null : items.filter(test).length / items.length;
}

/** Linear between the order statistics; `null` of nothing. */
export function quantile(values: readonly number[], p: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const at = p * (sorted.length - 1);
  const low = sorted[Math.floor(at)];
  const high = sorted[Math.ceil(at)];
  return low === undefined || high === undefined ? null : low + (high - low) * (at - Math.floor(at));
}

/** Lower end of the one-sided 95 % Wilson interval of a share: what may be claimed of it (Wilson 1927). */
export function wilsonLower(hits: number, n: number): number | null {
  if (n === 0) return null;
  const z = 1.6448536;
  const p = hits / n;
  const centre = p + (z * z) / (2 * n);
  const spread = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return (centre - spread) / (1 + (z * z) / n);
}
