import type { Stop } from "./car-state.js";
import type { ScaleFilter, ScaleUpdate } from "./scale.js";
import { at, CAUTION_KG, difference, FILLED_KG, RAW_KG, type Sums } from "./sums.js";
import type { FillMark } from "./telemetry.js";

/** Weighed can: 0.12 US gal of fuel. Timed: share of the fill. [measured on stops of stock cars] */
const WEIGHED_SD_KG = 0.34;
const TIMED_SD_SHARE = 0.05;
/** Nobody said whether it was full: a fill this close to what must have been missing is taken as full. */
const LOOKS_FULL_SDS = 2.5;
/** What is added to the doubt of a tank that only looks full, kg. */
const LOOKS_FULL_SD_KG = 0.5;

/** What is known of one car's tank: since when it was last full, and what went in since. */
export interface TankBook {
  /** The car's sums when the tank was last full; null: not known. */
  from: Sums | null;
  /** False for the tank the race began with, which is full to the brim. */
  fromFill: boolean;
  addedKg: number;
  addedVariance: number;
  /** Of what was added: what was only timed, kg. */
  timedKg: number;
  /** What each stop's own burn was found to be beside scale × physics: kg, by stint. */
  own: { stint: number; kg: number; sdKg: number }[];
  /** The same of stints before those, together, kg. */
  ownBeforeKg: number;
}

const OWN_KEPT = 16;

export function startOfTank(startsFull: boolean, sums: Sums): TankBook {
  return {
    from: startsFull ? sums : null,
    fromFill: false,
    addedKg: 0,
    addedVariance: 0,
    timedKg: 0,
    own: [],
    ownBeforeKg: 0,
  };
}

/** Works a fill into the tank's book and, where it measures a burn, into the scale. Null: it measured nothing. */
export function bookFill(
  tank: TankBook,
  stop: Stop,
  fill: FillMark,
  car: { readonly car: string; readonly maker: string | null },
  filter: ScaleFilter,
): ScaleUpdate | null {
  const sdKg =
    fill.kg === null ? 0 : (fill.sdKg ?? (fill.how === "weighed" ? WEIGHED_SD_KG : TIMED_SD_SHARE * fill.kg));
  const isFull = fill.full ?? looksFull(tank, stop, fill.kg, sdKg, car, filter);
  if (fill.kg === null) {
    if (isFull) refill(tank, stop.atIn);
    else forget(tank);
    return null;
  }
  tank.addedKg += fill.kg;
  tank.addedVariance += sdKg ** 2;
  if (fill.how === "timed") tank.timedKg += fill.kg;
  if (!isFull) return null;
  const guessSd = fill.full === null ? LOOKS_FULL_SD_KG : 0;
  const update = tank.from === null ? null : observe(tank, tank.from, stop, guessSd, car, filter);
  refill(tank, stop.atIn);
  return update;
}

function observe(
  tank: TankBook,
  from: Sums,
  stop: Stop,
  guessSdKg: number,
  { car, maker }: { readonly car: string; readonly maker: string | null },
  filter: ScaleFilter,
): ScaleUpdate {
  const burned = difference(stop.atIn, from);
  const update = filter.observe({
    car,
    maker,
    rawKg: at(burned, RAW_KG),
    cautionKg: at(burned, CAUTION_KG),
    filledKg: at(burned, FILLED_KG),
    measuredKg: tank.addedKg,
    timedKg: tank.timedKg,
    sdKg: Math.sqrt(tank.addedVariance + guessSdKg ** 2),
    fromFull: tank.fromFill,
    toFull: true,
  });
  if (update.used) {
    const own = { stint: stop.stint, kg: update.ownKg, sdKg: update.ownSdKg };
    for (const old of tank.own.slice(0, -(OWN_KEPT - 1))) tank.ownBeforeKg += old.kg;
    tank.own = [...tank.own.slice(-(OWN_KEPT - 1)), own];
  }
  return update;
}

function looksFull(
  tank: TankBook,
  stop: Stop,
  kg: number | null,
  sdKg: number,
  { car, maker }: { readonly car: string; readonly maker: string | null },
  filter: ScaleFilter,
): boolean {
  if (kg === null) return true;
  if (tank.from === null) return false;
  const missing = missingKg(tank, stop.atIn, { car, maker }, filter);
  return Math.abs(kg - missing.kg) < LOOKS_FULL_SDS * Math.sqrt(missing.sdKg ** 2 + sdKg ** 2 + LOOKS_FULL_SD_KG ** 2);
}

function refill(tank: TankBook, sums: Sums): void {
  tank.from = sums;
  tank.fromFill = true;
  tank.addedKg = 0;
  tank.addedVariance = 0;
  tank.timedKg = 0;
}

function forget(tank: TankBook): void {
  tank.from = null;
  tank.addedKg = 0;
  tank.addedVariance = 0;
  tank.timedKg = 0;
}

/** How much is missing of a full tank at a point of the car's way, kg. @returns sd 0 only at the start */
export function missingKg(
  tank: TankBook,
  here: Sums,
  { car, maker }: { readonly car: string; readonly maker: string | null },
  filter: ScaleFilter,
): { readonly kg: number; readonly sdKg: number; readonly scaleSdKg: number } {
  const burned = difference(here, tank.from ?? here);
  const raw = at(burned, RAW_KG);
  const scale = filter.estimate(car, maker, raw > 0 ? at(burned, CAUTION_KG) / raw : 0);
  const short = tank.fromFill ? filter.shortOfFull(car) : { kg: 0, sdKg: 0 };
  const scaleSdKg = Math.hypot(scale.sd, filter.prior.stint * scale.mean) * raw;
  return {
    kg: scale.mean * raw + short.kg - tank.addedKg,
    sdKg: Math.sqrt(scaleSdKg ** 2 + short.sdKg ** 2 + tank.addedVariance),
    scaleSdKg,
  };
}
