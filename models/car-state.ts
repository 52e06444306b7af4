import { LapProfile } from "./lap-profile.js";
import { LiftPoints } from "./lift-points.js";
import type { Regime } from "./outputs.js";
import { at, difference, emptySums, FILLED_VARIANCE, RAW_KG, type Sums } from "./sums.js";

/** A moment of a car, with everything filled in: what the physics is integrated over. */
export interface Moment {
  readonly t: number;
  /** g/s; NaN where rpm or throttle are missing. */
  readonly rate: number;
  readonly throttle: number;
  readonly speedMps: number;
  readonly lap: number | null;
  readonly lapPct: number | null;
  readonly caution: boolean;
  readonly box: boolean;
}

export interface Lap {
  readonly lap: number;
  readonly t: number;
  readonly regime: Regime;
  /** Of this lap alone. */
  readonly sums: Sums;
  /** Physics' burn of the car up to the lap's end, kg. */
  readonly rawKgAtEnd: number;
}

/** A stop at the box. `tOut` is null while it lasts. */
export interface Stop {
  /** Number of the stint that this stop ended. */
  readonly stint: number;
  readonly tIn: number;
  readonly tOut: number | null;
  /** The car's sums at both times, and where the stint before it began. */
  readonly atIn: Sums;
  readonly atOut: Sums | null;
  readonly stintFrom: Sums;
}

/** What is known of the tank: so much was in it when the car's burn was `at`. */
export interface TankMark {
  /** kg missing from a full tank, beside the filter's shortfall. */
  readonly missingKg: number;
  readonly varianceKg: number;
  readonly at: Sums;
  readonly isFull: boolean;
}

/** Everything about one car at one instant of its own time; copied at each window's end so that late samples can be worked in. */
export interface CarState {
  last: Moment | null;
  sums: Sums;
  /** Where the lap began; null until the car has crossed the line once. */
  lapFrom: Sums | null;
  lapSeen: { green: boolean; caution: boolean; box: boolean };
  laps: readonly Lap[];
  stops: readonly Stop[];
  stint: number;
  stintFrom: Sums;
  stageFrom: Sums;
  inBox: boolean;
  green: LapProfile;
  yellow: LapProfile;
  lifts: LiftPoints;
  /** The newest value of each signal and when it came: what a sample lacks is held for a short while. */
  held: { rpm: number; rpmAt: number; throttle: number; throttleAt: number; airC: number };
  /** Whether the car has stood still since this stop began, and since when it moves again. */
  stood: boolean;
  awaySince: number;
  /** Since when the revolutions stand still, and the speeds since. */
  still: { rpm: number; isTold: boolean; since: number; slowest: number; fastest: number };
}

/** A time or a value that has not been: as a number, so that it can be stored. */
export const NEVER = -1e15;

const LAPS_KEPT = 40;
/** Fills are told some stops late at most; older stints are in the sums. */
const STOPS_KEPT = 16;
/** What a lap's sums are told to, per unit: mg, µs, µm. Far below what any of them is known to, and short to store. */
const LAP_STEPS = 1e6;

export function startOfCar(): CarState {
  return {
    last: null,
    sums: emptySums(),
    lapFrom: null,
    lapSeen: { green: false, caution: false, box: false },
    laps: [],
    stops: [],
    stint: 1,
    stintFrom: emptySums(),
    stageFrom: emptySums(),
    inBox: false,
    green: new LapProfile(),
    yellow: new LapProfile(),
    lifts: new LiftPoints(),
    held: { rpm: NEVER, rpmAt: NEVER, throttle: 0, throttleAt: NEVER, airC: NEVER },
    stood: false,
    awaySince: NEVER,
    still: { rpm: NEVER, isTold: false, since: 0, slowest: 0, fastest: 0 },
  };
}

export function copyOf(state: CarState): CarState {
  return {
    ...state,
    sums: state.sums.slice(),
    lapSeen: { ...state.lapSeen },
    green: state.green.copy(),
    yellow: state.yellow.copy(),
    lifts: state.lifts.copy(),
    still: { ...state.still },
    held: { ...state.held },
  };
}

/** The lap that ends here. Returns it where its beginning was seen. */
export function closeLap(state: CarState, lap: number, t: number, sums: Sums): Lap | null {
  const { lapFrom, lapSeen } = state;
  state.lapFrom = sums;
  state.lapSeen = { green: false, caution: false, box: false };
  if (lapFrom === null) return null;
  const done: Lap = {
    lap,
    t: rounded(t),
    regime: regimeOf(lapSeen),
    // A variance may be smaller than a step.
    sums: difference(sums, lapFrom).map((value, place) => (place === FILLED_VARIANCE ? value : rounded(value))),
    rawKgAtEnd: rounded(at(sums, RAW_KG)),
  };
  state.laps = [...state.laps.slice(-(LAPS_KEPT - 1)), done];
  return done;
}

export function openStop(state: CarState, tIn: number, sums: Sums): Stop {
  const stop: Stop = { stint: state.stint, tIn, tOut: null, atIn: sums, atOut: null, stintFrom: state.stintFrom };
  state.stops = [...state.stops.slice(-(STOPS_KEPT - 1)), stop];
  state.inBox = true;
  state.stood = false;
  state.awaySince = NEVER;
  return stop;
}

export function closeStop(state: CarState, tOut: number, sums: Sums): void {
  const open = state.stops.at(-1);
  if (open === undefined || open.tOut !== null) return;
  state.stops = [...state.stops.slice(0, -1), { ...open, tOut, atOut: sums }];
  state.stint += 1;
  state.stintFrom = sums;
  state.inBox = false;
}

export function regimeOf(seen: { green: boolean; caution: boolean; box: boolean }): Regime {
  if (seen.box) return "pit";
  if (seen.green && seen.caution) return "mixed";
  return seen.caution ? "caution" : "green";
}

/** The newest green laps, the newest last. */
export function greenLaps(state: CarState, most: number): readonly Lap[] {
  return state.laps.filter(({ regime, sums }) => regime === "green" && at(sums, RAW_KG) > 0).slice(-most);
}

function rounded(value: number): number {
  return Math.round(value * LAP_STEPS) / LAP_STEPS;
}
