import { amount, below } from "./amounts.js";
import type { Amount, LapsLeft, PitWindow, ToEnd } from "./outputs.js";

/** Probability that a saving is asked for. */
const WANTED_PROBABILITY = 0.9;
const Z_WANTED = 1.2816;
/** Extra laps at the end, mean and sd: most races end on time, some after one or more attempts. */
const OVERTIME_LAPS = 0.3;
const OVERTIME_SD = 0.8;
/** Share of the laps to come that will be under caution, where nothing else is known; its sd. */
const CAUTION_SHARE_SD = 0.08;

export interface TankView {
  /** Usable capacity, kg. */
  readonly capacityKg: number;
  readonly capacitySdKg: number;
  /** Missing of it, kg; the part of its sd that comes from the scale. */
  readonly missingKg: number;
  readonly missingSdKg: number;
  readonly scaleSdKg: number;
}

export function leftOf({ capacityKg, capacitySdKg, missingKg, missingSdKg }: TankView): Amount {
  return amount(Math.max(capacityKg - missingKg, 0), Math.hypot(capacitySdKg, missingSdKg));
}

/**
 * Laps that the tank still holds. The scale is in what was burned and in what a lap burns, so its error counts once for the whole tank:
 * laps = (capacity − s·burned) / (s·lap), d laps / d s = −capacity / (s²·lap).
 *
 * @param lapKg burn of a lap; its sd without that of the scale
 */
export function lapsOf(tank: TankView, lapKg: number, lapSdShare: number, scaleSdShare: number): Amount | null {
  if (!(lapKg > 0)) return null;
  const left = leftOf(tank).mean;
  const own = Math.sqrt(Math.max(tank.missingSdKg ** 2 - tank.scaleSdKg ** 2, 0) + tank.capacitySdKg ** 2) / lapKg;
  const fromScale = ((left + tank.missingKg) / lapKg) * scaleSdShare;
  const fromLap = (left / lapKg) * lapSdShare;
  return amount(left / lapKg, Math.hypot(own, fromScale, fromLap));
}

export function pitWindowOf(lap: number, left: LapsLeft, fullTankLaps: number, lapsToGo: number | null): PitWindow {
  const { mean, lo95 } = left.currentPace;
  const openIn = lapsToGo === null ? null : Math.max(0, Math.ceil(lapsToGo - fullTankLaps));
  return {
    openLap: openIn === null || lapsToGo === null || mean >= lapsToGo ? null : lap + openIn,
    lastSafeLap: lap + Math.max(0, Math.floor(lo95)),
    lastLikelyLap: lap + Math.max(0, Math.floor(mean)),
  };
}

/**
 * Fuel to the end. Cautions to come are taken to be as frequent as they were; overtime is possible.
 *
 * @param lapsToGo of this car (a lapped car drives fewer)
 */
export function toEndOf(
  left: Amount,
  lapsToGo: number,
  greenKg: number,
  cautionKg: number,
  cautionShare: number,
  shareSd: number,
): ToEnd {
  const laps = lapsToGo + OVERTIME_LAPS;
  const perLap = greenKg + (cautionKg - greenKg) * cautionShare;
  const fromCautions = laps * Math.abs(greenKg - cautionKg) * Math.min(CAUTION_SHARE_SD, cautionShare + 0.02);
  const sd = Math.hypot(laps * perLap * shareSd, fromCautions, OVERTIME_SD * greenKg);
  const need = amount(laps * perLap, sd);
  const doubt = Math.hypot(sd, left.sd);
  const pReach = below((left.mean - need.mean) / Math.max(doubt, 1e-9));
  const affordable = left.mean - Z_WANTED * doubt;
  const savingNeeded = pReach >= WANTED_PROBABILITY ? 0 : Math.min(1, Math.max(0, 1 - affordable / need.mean));
  return { lapsToGo, fuelNeededKg: need, pReach, savingNeeded };
}
