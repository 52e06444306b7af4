import { amount } from "./amounts.js";
import type { FuelCounters } from "./fuel-counters.js";
import { burnOf, type InsightSources, sumsAt, usualLapKg } from "./insight.js";
import type { Amount, FuelOutput, RebasedOutput } from "./outputs.js";
import type { Measurement, RaceCar } from "./race-car.js";
import type { ScaleObservation, ScaleUpdate } from "./scale.js";
import { at, CAUTION_KG, difference, FILLED_KG, RAW_KG, type Sums } from "./sums.js";
import { bookFill } from "./tank.js";
import type { FillMark, RunOutMark, TotalMark } from "./telemetry.js";

/** A measurement whose stretch the car has not come to is kept; when the car is so far past it, it has no stop. */
const GIVE_UP_SEC = 120;
/** A total's ends must lie so near to a lap's end or a stop, s. */
const NEAR_SEC = 90;

/** Works a measurement in; `wait` while its stretch has not been worked through. */
export function takeMeasurement(
  car: RaceCar,
  measurement: Measurement,
  sources: InsightSources,
  counters: FuelCounters,
): readonly FuelOutput[] | "wait" {
  if (isBad(measurement)) {
    counters.invalid += 1;
    return [];
  }
  const before = stintsOf(car, sources);
  const scaleBefore = scaleOf(sources);
  const update = updateOf(car, measurement, sources);
  if (update === "wait") {
    const worked = car.stream.state.last?.t ?? measurement.at;
    if (worked <= measurement.at + GIVE_UP_SEC) return "wait";
    counters.marksUnused += 1;
    return [];
  }
  if (update === null) return [];
  if (!update.used) {
    counters.gated += 1;
    return [];
  }
  return [rebasedOf(car, measurement.at, sources, before, scaleBefore, update)];
}

function isBad(measurement: Measurement): boolean {
  if (measurement.kind === "runOut") return false;
  const { kg, sdKg } = measurement;
  return (kg !== null && !(kg >= 0 && kg < 1000)) || (sdKg !== undefined && !(sdKg >= 0));
}

function updateOf(car: RaceCar, measurement: Measurement, sources: InsightSources): ScaleUpdate | null | "wait" {
  switch (measurement.kind) {
    case "fill":
      return takeFill(car, measurement, sources);
    case "runOut":
      return takeRunOut(car, measurement, sources);
    case "total":
      return takeTotal(car, measurement, sources);
  }
}

function takeFill(car: RaceCar, fill: FillMark, sources: InsightSources): ScaleUpdate | null | "wait" {
  const stop = car.stopOf(fill.at);
  return stop === null ? "wait" : bookFill(car.tank, stop, fill, sources, sources.filter);
}

/** A dry tank is a measurement of all that was in it: the capacity, and what was added. */
function takeRunOut(car: RaceCar, { at: t }: RunOutMark, sources: InsightSources): ScaleUpdate | null | "wait" {
  const { tank, stream } = car;
  if ((stream.state.last?.t ?? 0) < t) return "wait";
  if (tank.from === null || sources.capacity === null) return null;
  const { kg, sdKg } = sources.capacity;
  const short = tank.fromFill ? sources.filter.shortOfFull(car.car) : { kg: 0, sdKg: 0 };
  const update = sources.filter.observe({
    ...stretchOf(difference(sumsAt(stream.state, t), tank.from), sources),
    measuredKg: kg - short.kg + tank.addedKg,
    timedKg: tank.timedKg,
    sdKg: Math.sqrt(sdKg ** 2 + short.sdKg ** 2 + tank.addedVariance),
    fromFull: false,
    toFull: false,
  });
  return update;
}

function takeTotal(car: RaceCar, total: TotalMark, sources: InsightSources): ScaleUpdate | null | "wait" {
  if ((car.stream.state.last?.t ?? 0) < total.to) return "wait";
  const [from, to] = [rawAt(car, total.from), rawAt(car, total.to)];
  if (from === null || to === null || to <= from) return null;
  return sources.filter.observe({
    car: sources.car,
    maker: sources.maker,
    rawKg: to - from,
    cautionKg: 0,
    filledKg: 0,
    measuredKg: total.kg,
    timedKg: 0,
    sdKg: total.sdKg,
    fromFull: false,
    toFull: false,
  });
}

/** Physics' kg at a time of the past: between the ends of laps and stops that are kept. */
function rawAt({ stream }: RaceCar, t: number): number | null {
  const { state } = stream;
  const points = [
    ...state.laps.map((lap) => [lap.t, lap.rawKgAtEnd] as const),
    ...state.stops.map(({ tIn, atIn }) => [tIn, at(atIn, RAW_KG)] as const),
    ...state.stops.flatMap(({ tOut, atOut }) =>
      tOut === null || atOut === null ? [] : [[tOut, at(atOut, RAW_KG)] as const],
    ),
    [state.last?.t ?? 0, at(state.sums, RAW_KG)] as const,
  ].sort((a, b) => a[0] - b[0]);
  const next = points.findIndex(([time]) => time >= t);
  const [after, before] = [points[next], points[next - 1]];
  if (after === undefined) return null;
  if (before === undefined) return after[0] - t < 1 ? after[1] : null;
  if (Math.min(after[0] - t, t - before[0]) > NEAR_SEC) return null;
  const share = after[0] > before[0] ? (t - before[0]) / (after[0] - before[0]) : 0;
  return before[1] + share * (after[1] - before[1]);
}

function stretchOf(
  stretch: Sums,
  { car, maker }: InsightSources,
): Pick<ScaleObservation, "car" | "maker" | "rawKg" | "cautionKg" | "filledKg"> {
  return {
    car,
    maker,
    rawKg: at(stretch, RAW_KG),
    cautionKg: at(stretch, CAUTION_KG),
    filledKg: at(stretch, FILLED_KG),
  };
}

interface StintBurn {
  readonly stint: number;
  readonly burn: Amount;
}

/** What is believed of each stint that has ended. */
function stintsOf(car: RaceCar, sources: InsightSources): StintBurn[] {
  const { state } = car.stream;
  return state.stops.map(({ stint, atIn, stintFrom }) => {
    const burn = burnOf(sources, difference(atIn, stintFrom), usualLapKg(state));
    const own = car.tank.own.find((one) => one.stint === stint);
    // A measured stint is as sure as its measurement, however sure the scale is.
    return { stint, burn: own === undefined ? burn : amount(burn.mean + own.kg, Math.min(burn.sd, own.sdKg)) };
  });
}

function scaleOf({ filter, car, maker }: InsightSources): Amount {
  const { mean, sd } = filter.estimate(car, maker);
  return amount(mean, sd);
}

function rebasedOf(
  car: RaceCar,
  t: number,
  sources: InsightSources,
  before: readonly StintBurn[],
  scaleBefore: Amount,
  { innovationSds }: ScaleUpdate,
): RebasedOutput {
  const stints = stintsOf(car, sources).map(({ stint, burn }) => ({
    stint,
    fuelKg: burn.mean,
    fuelKgSd: burn.sd,
    beforeKg: before.find((one) => one.stint === stint)?.burn.mean ?? burn.mean,
  }));
  return {
    kind: "rebased",
    car: car.car,
    t,
    scale: { before: scaleBefore, after: scaleOf(sources) },
    innovationSds,
    stints,
  };
}
