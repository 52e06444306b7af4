/** A number with its uncertainty: mean, standard deviation, 95 % interval. */
export interface Amount {
  readonly mean: number;
  readonly sd: number;
  readonly lo95: number;
  readonly hi95: number;
}

export type Regime = "green" | "caution" | "mixed" | "pit";
export type Trend = "saving" | "neutral" | "pushing";

/** What the models tell. Outputs of one car come in its own order of time; a revision repeats the key (`car` and `lap`, `stint` or `windowEnd`). */
export type FuelOutput = LapOutput | StintOutput | WindowOutput | RebasedOutput;

/** A lap that ended: burn since the car's previous crossing of the line. */
export interface LapOutput {
  readonly kind: "lap";
  readonly car: string;
  /** The counter of the lap that ended. */
  readonly lap: number;
  /** Interpolated time of the crossing. */
  readonly t: number;
  readonly fuelKg: number;
  readonly fuelKgSd: number;
  readonly regime: Regime;
  readonly revision: number;
}

/** Burn from the previous stop's pit-out (or the first sample) to this pit-in, as believed before this stop's fill is known. */
export interface StintOutput {
  readonly kind: "stint";
  readonly car: string;
  /** From 1. */
  readonly stint: number;
  readonly t: number;
  readonly fuelKg: number;
  readonly fuelKgSd: number;
  readonly revision: number;
}

/** A fill, a run-out or a total moved what is believed of earlier stints. */
export interface RebasedOutput {
  readonly kind: "rebased";
  readonly car: string;
  readonly t: number;
  /** Scale of this car before and after: burn = scale × physics. */
  readonly scale: { readonly before: Amount; readonly after: Amount };
  /** Innovation of the observation in standard deviations. */
  readonly innovationSds: number;
  readonly stints: readonly {
    readonly stint: number;
    readonly fuelKg: number;
    readonly fuelKgSd: number;
    readonly beforeKg: number;
  }[];
}

/** The insight of one car at one window's end. Null: not known (yet). */
export interface WindowOutput {
  readonly kind: "window";
  readonly car: string;
  readonly windowStart: number;
  readonly windowEnd: number;
  /** From 0; late samples within 5 s raise it. */
  readonly revision: number;
  /** A fill since the last window changed the past. */
  readonly rebased: boolean;
  readonly regime: Regime;
  /** Burn inside the window, and since the race began, kg. */
  readonly fuelKgWindow: Amount;
  readonly fuelKgTotal: Amount;
  readonly fuelKgLap: Amount;
  readonly fuelKgLastLap: Amount | null;
  /** Mean burn of a lap over the last green ones. */
  readonly fuelKgGreenLap: { readonly laps: number; readonly perLap: Amount } | null;
  readonly fuelKgCautionLap: Amount | null;
  readonly fuelKgStint: Amount;
  readonly fuelKgStage: Amount;
  /** Over the last full green laps, else the stint: US miles per US gallon, litres per 100 km. */
  readonly mpg: Amount | null;
  readonly litresPer100Km: Amount | null;
  readonly trend: TrendInsight;
  /** What is in the tank; null until a full tank was known. */
  readonly fuelLeftKg: Amount | null;
  readonly lapsLeft: LapsLeft | null;
  /** Laps (of this car) between which a stop is possible and necessary. */
  readonly pitWindow: PitWindow | null;
  readonly toEnd: ToEnd | null;
  readonly why: SavingReasons | null;
  readonly basis: Basis;
}

export interface TrendInsight {
  readonly call: Trend;
  /** Burn of the last laps over the car's own normal green burn, at equal distance; null before there is a normal. */
  readonly ratio: Amount | null;
  readonly laps: number;
  /** Probability of saving and of pushing by more than 2 %. */
  readonly pSaving: number | null;
  readonly pPushing: number | null;
}

export interface LapsLeft {
  /** Green laps at the pace of the last ones. */
  readonly currentPace: Amount;
  /** Green laps at the car's normal pace. */
  readonly normalPace: Amount;
  /** If the caution lasted. */
  readonly underCaution: Amount | null;
}

export interface PitWindow {
  /** First lap from which a full tank reaches the end; null when the end is unknown or no stop is needed. */
  readonly openLap: number | null;
  /** Last lap that is reached with 97.5 % probability. */
  readonly lastSafeLap: number;
  readonly lastLikelyLap: number;
}

export interface ToEnd {
  readonly lapsToGo: number;
  readonly fuelNeededKg: Amount;
  readonly pReach: number;
  /** Share of the normal green burn to be saved for a 90 % chance; 0: none. */
  readonly savingNeeded: number;
}

/** Why the burn differs from the car's normal laps: shares of the green laps' time, last laps and normal. */
export interface SavingReasons {
  readonly laps: number;
  readonly fullThrottle: { readonly now: number; readonly normal: number };
  readonly partThrottle: { readonly now: number; readonly normal: number };
  readonly coasting: { readonly now: number; readonly normal: number };
  /** Lift before the corner, as share of the lap: positive is earlier than normal. */
  readonly liftEarlier: number | null;
  /** Share of time with a car less than 0.6 s ahead; null where positions are missing. */
  readonly drafting: { readonly now: number; readonly normal: number } | null;
  readonly main: "lift" | "coast" | "partThrottle" | "draft" | "none";
}

/** What every number rests on. */
export interface Basis {
  readonly densityKgPerL: number;
  readonly gallon: "US";
  readonly capacityKg: Amount | null;
  readonly pace: "green" | "caution" | "none";
  readonly model: string;
  /** Counts the observations that have moved the scale. */
  readonly calibration: number;
  readonly scale: Amount;
  readonly observations: number;
  readonly airC: number | null;
  readonly windowSec: number;
  /** Share of the window that had to be filled (holes). */
  readonly filledShare: number;
}

/** Cars in the order of their consumption, the thriftiest first. */
export interface Ranking {
  readonly t: number;
  readonly cars: readonly RankedCar[];
}

export interface RankedCar {
  readonly car: string;
  readonly mpg: Amount;
  readonly laps: number;
  /** Probability that this car is really thriftier than the next one. */
  readonly pBeforeNext: number | null;
  /** What the difference to the next one means over a full tank, in laps. */
  readonly lapsPerTankToNext: number | null;
}
