import type { FuelOutput, WindowOutput } from "../../models/index.js";

const DIGITS = 5;

/** One documented line of `touchline fuel --json`. With detail, windows carry every number of the insight as well. */
export function fuelLine(output: FuelOutput, withDetail: boolean): string {
  return JSON.stringify(output.kind === "window" ? windowLine(output, withDetail) : output, rounded);
}

function windowLine(window: WindowOutput, withDetail: boolean): object {
  const { car, windowEnd, revision, fuelKgTotal, lapsLeft, mpg, trend, rebased } = window;
  const pace = lapsLeft?.currentPace;
  const line = {
    kind: "window",
    car,
    t: windowEnd,
    fuelKgTotal: fuelKgTotal.mean,
    fuelKgTotalSd: fuelKgTotal.sd,
    ...(pace === undefined ? {} : { lapsLeft: pace.mean, lapsLeftSd: pace.sd }),
    mpg: mpg?.mean ?? null,
    trend: trend.call,
    ...(revision > 0 ? { revision } : {}),
    ...(rebased ? { rebased } : {}),
  };
  return withDetail ? { ...line, insight: window } : line;
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toFixed(DIGITS)) : value;
}
