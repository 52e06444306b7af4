import { amount, inverse, MILE_M, scaled, US_GALLON_L } from "./amounts.js";
import { type CarState, type Lap, regimeOf } from "./car-state.js";
import type { WindowRun } from "./car-stream.js";
import { lapsOf, leftOf, pitWindowOf, type TankView, toEndOf } from "./outlook.js";
import type { Amount, LapsLeft, WindowOutput } from "./outputs.js";
import { CURRENT_LAPS, cautionShare, type Pace, paceOf } from "./pace.js";
import type { CarProfile } from "./profile.js";
import type { ScaleFilter } from "./scale.js";
import {
  at,
  BOX_SEC,
  CAUTION_KG,
  DISTANCE_M,
  difference,
  emptySums,
  FILLED_VARIANCE,
  RAW_KG,
  type Sums,
} from "./sums.js";
import { missingKg, type TankBook } from "./tank.js";
import { meanRateOf } from "./window-run.js";

/** What a lap burns where none was driven yet, kg: for the noise of short stretches only. */
const USUAL_LAP_KG = 1.5;
const LONGEST_HOLD_SEC = 1;
/** Of what an engine burns while it stands, as a share: totals hardly tell it. */
const BOX_SD = 0.3;

const scratch = emptySums();

/** Everything an insight of one car is made from. */
export interface InsightSources {
  readonly car: string;
  readonly maker: string | null;
  readonly profile: CarProfile;
  readonly filter: ScaleFilter;
  readonly tank: TankBook;
  readonly capacity: { readonly kg: number; readonly sdKg: number } | null;
  readonly lapLengthM: number | null;
  readonly airC: number | null;
  readonly windowSec: number;
  readonly rebased: boolean;
  /** What an engine burns at its box by the model, g/s. */
  readonly idleRate: number;
  /** Laps this car still has to drive; null when the race's length is not known. */
  readonly lapsToGo: number | null;
}

/** kg of a stretch of the car's way, by the scale as it is known now. */
export function burnOf(sources: InsightSources, stretch: Sums, lapKg: number): Amount {
  const raw = at(stretch, RAW_KG);
  const { mean, sd } = sources.filter.estimate(sources.car, sources.maker, cautionShare(stretch));
  const { stint, greenLap, cautionLap } = sources.profile.prior;
  const caution = at(stretch, CAUTION_KG);
  // What a lap misses is another one's gain: it grows with the root of the laps.
  const lapNoise = (greenLap ** 2 * Math.max(raw - caution, 0) + cautionLap ** 2 * caution) * Math.min(raw, lapKg);
  const share = Math.hypot(sd, mean * stint);
  const boxKg = (BOX_SD * sources.idleRate * at(stretch, BOX_SEC)) / 1000;
  const own = lapNoise + at(stretch, FILLED_VARIANCE) + boxKg ** 2;
  return amount(mean * raw, Math.sqrt((share * raw) ** 2 + mean ** 2 * own));
}

/** Physics' kg of a usual lap of this car. */
export function usualLapKg(state: CarState): number {
  return paceOf(state).usualRaw ?? USUAL_LAP_KG;
}

/** The insight of one car at a window's end. */
export function insightOf(sources: InsightSources, run: WindowRun): WindowOutput {
  const { before, state, from, to, revision } = run;
  const now = sumsAt(state, to);
  const lapKg = usualLapKg(state);
  const kg = (start: Sums): Amount => burnOf(sources, difference(now, start, scratch), lapKg);
  const pace = paceOf(state);
  const lastLap = state.laps.at(-1);
  const perLap = perLapOf(sources, pace.recentSums, pace.recent.length, lapKg);
  const total = totalOf(sources, now, lapKg);
  const tank = tankView(sources, now);
  const lapsLeft = tank === null ? null : lapsLeftOf(sources, pace, tank);
  const left = tank === null ? null : leftOf(tank);
  const mileage = mileageOf(sources, state, pace, perLap, now, lapKg);
  return {
    kind: "window",
    car: sources.car,
    windowStart: from,
    windowEnd: to,
    revision,
    rebased: sources.rebased,
    regime: regimeOf({ ...state.lapSeen, green: state.lapSeen.green || !state.lapSeen.caution }),
    fuelKgWindow: kg(sumsAt(before, from)),
    fuelKgTotal: total,
    fuelKgLap: kg(state.lapFrom ?? emptySums()),
    fuelKgLastLap: lastLap === undefined ? null : burnOf(sources, lastLap.sums, lapKg),
    fuelKgGreenLap: perLap === null ? null : { laps: pace.recent.length, perLap },
    fuelKgCautionLap: perLapOf(sources, pace.cautionSums, pace.cautions.length, pace.cautionRaw ?? USUAL_LAP_KG),
    fuelKgStint: kg(state.stintFrom),
    fuelKgStage: kg(state.stageFrom),
    ...mileage,
    trend: pace.trend,
    fuelLeftKg: left,
    lapsLeft,
    pitWindow:
      lapsLeft === null || tank === null
        ? null
        : pitWindowOf(state.last?.lap ?? 0, lapsLeft, fullTankLaps(tank, left, lapsLeft.currentPace), sources.lapsToGo),
    toEnd: left === null || sources.lapsToGo === null ? null : toEnd(sources, state, pace, left, sources.lapsToGo, now),
    why: pace.reasons,
    basis: basisOf(sources, pace, run),
  };
}

/** The car's sums at a time a little after its last sample: it goes on as it did. */
export function sumsAt(state: CarState, t: number): Sums {
  const { last, sums } = state;
  const dt = last === null ? 0 : t - last.t;
  if (last === null || dt <= 0) return sums;
  const known = Number.isNaN(last.rate) ? (meanRateOf(state) ?? 0) : last.rate;
  const rate = dt <= LONGEST_HOLD_SEC ? known : (meanRateOf(state) ?? known);
  const kg = (rate * dt) / 1000;
  const ahead = sums.slice();
  ahead[RAW_KG] = at(sums, RAW_KG) + kg;
  ahead[DISTANCE_M] = at(sums, DISTANCE_M) + last.speedMps * dt;
  if (last.caution) ahead[CAUTION_KG] = at(sums, CAUTION_KG) + kg;
  if (dt > LONGEST_HOLD_SEC) ahead[FILLED_VARIANCE] = at(sums, FILLED_VARIANCE) + (0.3 * kg) ** 2;
  return ahead;
}

/** Since the race began: the scale's word, and what each measured stint was found to burn beside it. */
function totalOf(sources: InsightSources, now: Sums, lapKg: number): Amount {
  const { tank } = sources;
  const byScale = burnOf(sources, now, lapKg);
  if (tank.own.length === 0) return byScale;
  // The scale's error is the same all the way, and fills have made it small; what single stints were found to burn beside it is kept.
  return amount(byScale.mean + tank.own.reduce((sum, { kg }) => sum + kg, tank.ownBeforeKg), byScale.sd);
}

function perLapOf(sources: InsightSources, sum: Sums, laps: number, lapKg: number): Amount | null {
  return laps === 0 ? null : scaled(burnOf(sources, sum, lapKg), 1 / laps);
}

function tankView(sources: InsightSources, now: Sums): TankView | null {
  const { tank, capacity, filter } = sources;
  if (capacity === null || tank.from === null) return null;
  const missing = missingKg(tank, now, sources, filter);
  return {
    capacityKg: capacity.kg,
    capacitySdKg: capacity.sdKg,
    missingKg: missing.kg,
    missingSdKg: missing.sdKg,
    scaleSdKg: missing.scaleSdKg,
  };
}

function lapsLeftOf(sources: InsightSources, pace: Pace, tank: TankView): LapsLeft | null {
  const { mean, sd } = sources.filter.estimate(sources.car, sources.maker);
  const { greenLap, cautionLap, stint } = sources.profile.prior;
  const scaleShare = Math.hypot(sd / mean, stint);
  const laps = (raw: number | null, share: number): Amount | null =>
    raw === null ? null : lapsOf(tank, raw * mean, share, scaleShare);
  const currentPace = laps(pace.currentRaw, Math.hypot(greenLap / Math.sqrt(CURRENT_LAPS), pace.scatter / 2));
  const normalPace = laps(pace.normalRaw, Math.hypot(greenLap / 2, pace.scatter / 2));
  if (currentPace === null || normalPace === null) return null;
  return { currentPace, normalPace, underCaution: laps(pace.cautionRaw, cautionLap) };
}

function fullTankLaps(tank: TankView, left: Amount | null, laps: Amount): number {
  return left === null || left.mean <= 0 ? 0 : (laps.mean * tank.capacityKg) / left.mean;
}

function toEnd(
  sources: InsightSources,
  state: CarState,
  pace: Pace,
  left: Amount,
  lapsToGo: number,
  now: Sums,
): WindowOutput["toEnd"] {
  const { mean, sd } = sources.filter.estimate(sources.car, sources.maker);
  const green = pace.normalRaw;
  if (green === null) return null;
  const caution = pace.cautionRaw ?? green * 0.6;
  const shareSd = Math.hypot(sd / mean, sources.profile.prior.stint, pace.scatter);
  return toEndOf(left, lapsToGo, green * mean, caution * mean, cautionLapShare(state, now), shareSd);
}

/** Share of the laps so far that were under caution. */
function cautionLapShare(state: CarState, now: Sums): number {
  const laps = state.laps.filter(({ regime }) => regime === "green" || regime === "caution");
  if (laps.length < 10) return Math.min(cautionShare(now), 0.3);
  return laps.filter(({ regime }) => regime === "caution").length / laps.length;
}

function mileageOf(
  sources: InsightSources,
  state: CarState,
  pace: Pace,
  perLap: Amount | null,
  now: Sums,
  lapKg: number,
): Pick<WindowOutput, "mpg" | "litresPer100Km"> {
  const stint = difference(now, state.stintFrom);
  const fuel = perLap ?? burnOf(sources, stint, lapKg);
  const metres = perLap === null ? at(stint, DISTANCE_M) : lapMetres(sources, pace.recent);
  const { densityKgPerL } = sources.profile;
  if (!(metres > 100) || !(fuel.mean > 0)) return { mpg: null, litresPer100Km: null };
  return {
    mpg: inverse(fuel, (metres / MILE_M) * densityKgPerL * US_GALLON_L),
    litresPer100Km: scaled(fuel, 100_000 / metres / densityKgPerL),
  };
}

/** Length of a lap, m: as told, else by the cars' speed. */
export function lapMetres({ lapLengthM }: Pick<InsightSources, "lapLengthM">, laps: readonly Lap[]): number {
  if (lapLengthM !== null) return lapLengthM;
  return laps.reduce((sum, { sums }) => sum + at(sums, DISTANCE_M), 0) / Math.max(laps.length, 1);
}

function basisOf(sources: InsightSources, pace: Pace, run: WindowRun): WindowOutput["basis"] {
  const { profile, capacity, filter, car, maker } = sources;
  const scale = filter.estimate(car, maker);
  return {
    densityKgPerL: profile.densityKgPerL,
    gallon: "US",
    capacityKg: capacity === null ? null : amount(capacity.kg, capacity.sdKg),
    pace: pace.recent.length > 0 ? "green" : pace.cautionRaw === null ? "none" : "caution",
    model: `${profile.name}@${profile.version}`,
    calibration: filter.observed,
    scale: amount(scale.mean, scale.sd),
    observations: filter.countOf(car),
    airC: sources.airC,
    windowSec: sources.windowSec,
    filledShare: Math.min(1, run.filledSec / sources.windowSec),
  };
}
