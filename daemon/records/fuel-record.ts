import type {
  Amount,
  Basis,
  LapOutput,
  RankedCar,
  RebasedOutput,
  SavingReasons,
  StintOutput,
  ToEnd,
  WindowOutput,
} from "../../models/index.js";
import { formatRfc3339, type UnixMicros } from "../../sync/index.js";
import type { RecordDraft } from "./record.js";
import type { FuelData } from "./schemas/index.js";

/** What the models told of a car since its record before. */
export interface FuelNotes {
  readonly lap: number | null;
  readonly laps: readonly LapOutput[];
  readonly stints: readonly StintOutput[];
  readonly rebases: readonly RebasedOutput[];
  readonly rank: (Pick<RankedCar, "pBeforeNext" | "lapsPerTankToNext"> & { position: number; of: number }) | null;
  /** What a learned residual had to do with it; `null`: none is configured. */
  readonly residual: { readonly version: string; readonly state: string } | null;
}

export interface FuelContext {
  readonly session: string;
  /** From the telemetry clock. */
  readonly toUnix: (t: number) => UnixMicros;
  readonly recordedAt: UnixMicros;
}

/** The record of one car at one window's end. */
export function fuelDraft(window: WindowOutput, notes: FuelNotes, context: FuelContext): RecordDraft {
  return {
    kind: "fuel",
    session: context.session,
    subject: window.car,
    class: window.trend.call,
    key: window.car,
    time: context.toUnix(window.windowEnd),
    recordedAt: context.recordedAt,
    data: fuelData(window, notes, context.toUnix),
  };
}

export function fuelData(window: WindowOutput, notes: FuelNotes, toUnix: FuelContext["toUnix"]): FuelData {
  const time = (t: number): string => formatRfc3339(toUnix(t));
  const { fuelKgTotal: total, fuelKgGreenLap: green, lapsLeft, mpg, fuelLeftKg: left, basis } = window;
  return {
    car: window.car,
    window: { from: time(window.windowStart), to: time(window.windowEnd) },
    revision: window.revision + 1,
    regime: window.regime,
    fuelKgTotal: round(total.mean),
    fuelKgTotalSd: round(total.sd),
    fuelKgTotal95: interval(total),
    ...amountAs("fuelKgWindow", window.fuelKgWindow),
    ...amountAs("fuelKgLap", window.fuelKgLap),
    ...amountAs("fuelKgLastLap", window.fuelKgLastLap),
    ...(green === null || !isSound(green.perLap)
      ? {}
      : { fuelKgGreenLap: { laps: green.laps, perLap: amount(green.perLap) } }),
    ...amountAs("fuelKgCautionLap", window.fuelKgCautionLap),
    ...amountAs("fuelKgStint", window.fuelKgStint),
    ...amountAs("fuelKgStage", window.fuelKgStage),
    ...(isSound(left)
      ? { fuelKgLeft: round(left.mean), fuelKgLeftSd: round(left.sd), fuelKgLeft95: interval(left) }
      : {}),
    densityKgPerL: round(basis.densityKgPerL),
    ...(notes.lap === null ? {} : { lap: notes.lap }),
    ...lapsLeftData(lapsLeft),
    ...pitWindowData(window.pitWindow),
    ...toEndData(window.toEnd),
    ...(isSound(mpg) ? { mpg: round(Math.max(0, mpg.mean)), mpgSd: round(mpg.sd), mpg95: interval(mpg) } : {}),
    ...amountAs("litresPer100Km", window.litresPer100Km),
    trend: window.trend.call,
    trendEvidence: {
      ...amountAs("ratio", window.trend.ratio),
      laps: window.trend.laps,
      ...shareAs("pSaving", window.trend.pSaving),
      ...shareAs("pPushing", window.trend.pPushing),
    },
    ...whyData(window.why),
    ...rankData(notes.rank),
    ...(notes.laps.length === 0 ? {} : { laps: notes.laps.map((lap) => lapData(lap, time)) }),
    ...(notes.stints.length === 0 ? {} : { stints: notes.stints.map((stint) => stintData(stint, time)) }),
    model: notes.residual?.state === "used" ? `${basis.model}+${notes.residual.version}` : basis.model,
    calibration: String(basis.calibration),
    basis: basisData(basis, notes.residual),
    rebased: window.rebased || notes.rebases.length > 0,
    ...(notes.rebases.length === 0 ? {} : { rebases: notes.rebases.map((rebase) => rebaseData(rebase, time)) }),
  };
}

type TimeText = (t: number) => string;

function lapData(lap: LapOutput, time: TimeText) {
  const { lap: number, fuelKg, fuelKgSd, regime, revision } = lap;
  return { lap: number, end: time(lap.t), fuelKg: round(fuelKg), fuelKgSd: round(fuelKgSd), regime, revision };
}

function stintData(stint: StintOutput, time: TimeText) {
  const { stint: number, fuelKg, fuelKgSd, revision } = stint;
  return { stint: number, end: time(stint.t), fuelKg: round(fuelKg), fuelKgSd: round(fuelKgSd), revision };
}

function rebaseData({ t, scale, innovationSds, stints }: RebasedOutput, time: TimeText) {
  return {
    time: time(t),
    scaleBefore: amount(scale.before),
    scaleAfter: amount(scale.after),
    innovationSds: round(innovationSds),
    stints: stints.map(({ stint, fuelKg, fuelKgSd, beforeKg }) => ({
      stint,
      fuelKg: round(fuelKg),
      fuelKgSd: round(fuelKgSd),
      beforeKg: round(beforeKg),
    })),
  };
}

function lapsLeftData(lapsLeft: WindowOutput["lapsLeft"]) {
  if (lapsLeft === null || !isSound(lapsLeft.currentPace)) return {};
  const { currentPace } = lapsLeft;
  return {
    lapsLeft: round(Math.max(0, currentPace.mean)),
    lapsLeftSd: round(currentPace.sd),
    lapsLeft95: interval(currentPace),
    ...amountAs("lapsLeftNormalPace", lapsLeft.normalPace),
    ...amountAs("lapsLeftUnderCaution", lapsLeft.underCaution),
  };
}

function pitWindowData(pitWindow: WindowOutput["pitWindow"]) {
  if (pitWindow === null) return {};
  const { openLap, lastSafeLap, lastLikelyLap } = pitWindow;
  if (!Number.isFinite(lastSafeLap) || !Number.isFinite(lastLikelyLap)) return {};
  return { pitWindow: { ...(openLap === null ? {} : { openLap }), lastSafeLap, lastLikelyLap } };
}

function toEndData(toEnd: ToEnd | null) {
  if (toEnd === null || !isSound(toEnd.fuelNeededKg)) return {};
  return {
    toEnd: {
      lapsToGo: round(toEnd.lapsToGo),
      fuelKgNeeded: amount(toEnd.fuelNeededKg),
      pReach: share(toEnd.pReach),
      savingNeeded: round(toEnd.savingNeeded),
    },
  };
}

function whyData(why: SavingReasons | null) {
  if (why === null) return {};
  const shares = (pair: { readonly now: number; readonly normal: number }) => ({
    now: share(pair.now),
    normal: share(pair.normal),
  });
  return {
    why: {
      main: why.main,
      laps: why.laps,
      fullThrottle: shares(why.fullThrottle),
      partThrottle: shares(why.partThrottle),
      coasting: shares(why.coasting),
      ...(why.liftEarlier === null || !Number.isFinite(why.liftEarlier) ? {} : { liftEarlier: round(why.liftEarlier) }),
      ...(why.drafting === null ? {} : { drafting: shares(why.drafting) }),
    },
  };
}

function rankData(rank: FuelNotes["rank"]) {
  if (rank === null) return {};
  const { position, of, pBeforeNext, lapsPerTankToNext } = rank;
  return {
    rank: {
      position,
      of,
      ...shareAs("pBeforeNext", pBeforeNext),
      ...(lapsPerTankToNext === null || !Number.isFinite(lapsPerTankToNext)
        ? {}
        : { lapsPerTankToNext: round(lapsPerTankToNext) }),
    },
  };
}

function basisData(basis: Basis, residual: FuelNotes["residual"]) {
  return {
    gallon: basis.gallon,
    ...amountAs("capacityKg", basis.capacityKg),
    pace: basis.pace,
    scale: amount(basis.scale),
    observations: basis.observations,
    ...(basis.airC === null || !Number.isFinite(basis.airC) ? {} : { airC: round(basis.airC) }),
    windowSec: basis.windowSec,
    filledShare: share(basis.filledShare),
    ...(residual === null ? {} : { residual: residual.state }),
  };
}

function amountAs<K extends string>(key: K, value: Amount | null): { [P in K]?: Amount } {
  return isSound(value) ? ({ [key]: amount(value) } as { [P in K]: Amount }) : {};
}

function shareAs<K extends string>(key: K, value: number | null): { [P in K]?: number } {
  return value === null || Number.isNaN(value) ? {} : ({ [key]: share(value) } as { [P in K]: number });
}

function isSound(value: Amount | null): value is Amount {
  return value !== null && [value.mean, value.sd, value.lo95, value.hi95].every(Number.isFinite);
}

function amount(value: Amount): Amount {
  return { mean: round(value.mean), sd: round(value.sd), lo95: round(value.lo95), hi95: round(value.hi95) };
}

function interval(value: Amount): number[] {
  return [round(value.lo95), round(value.hi95)];
}

function share(value: number): number {
  return round(Math.min(1, Math.max(0, Number.isNaN(value) ? 0 : value)));
}

/** To a milligram, or a millionth: finer digits are noise of floating point. */
function round(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 1e6) / 1e6 + 0 : 0;
}
