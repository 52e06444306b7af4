import { LapProfile } from "./lap-profile.js";
import { LiftPoints } from "./lift-points.js";
import type { Regime } from "./outputs.js";
import { at, difference, emptySums, RAW_KG, type Sums } from "./sums.js";

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
const STOPS_KEPT = 40;

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
    t,
    regime: regimeOf(lapSeen),
    sums: difference(sums, lapFrom),
    rawKgAtEnd: at(sums, RAW_KG),
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

export interface StoredCarState {
  readonly [field: string]: unknown;
}

/** As JSON; typed arrays become plain ones. */
export function storeState(state: CarState): StoredCarState {
  return {
    ...state,
    last: state.last === null ? null : { ...state.last, rate: orNull(state.last.rate) },
    sums: [...state.sums],
    lapFrom: state.lapFrom === null ? null : [...state.lapFrom],
    laps: state.laps.map((lap) => ({ ...lap, sums: [...lap.sums] })),
    stops: state.stops.map((stop) => ({
      ...stop,
      atIn: [...stop.atIn],
      atOut: stop.atOut === null ? null : [...stop.atOut],
      stintFrom: [...stop.stintFrom],
    })),
    stintFrom: [...state.stintFrom],
    stageFrom: [...state.stageFrom],
    green: state.green.store(),
    yellow: state.yellow.store(),
    lifts: state.lifts.store(),
  };
}

/** @throws TypeError on a stored state of another form: the caller refuses the snapshot. */
export function restoreState(stored: StoredCarState): CarState {
  const form = structuredClone(stored) as unknown as StoredForm;
  return {
    ...form,
    last: form.last === null ? null : { ...form.last, rate: form.last.rate ?? Number.NaN },
    sums: Float64Array.from(form.sums),
    lapFrom: form.lapFrom === null ? null : Float64Array.from(form.lapFrom),
    laps: form.laps.map((lap) => ({ ...lap, sums: Float64Array.from(lap.sums) })),
    stops: form.stops.map((stop) => ({
      ...stop,
      atIn: Float64Array.from(stop.atIn),
      atOut: stop.atOut === null ? null : Float64Array.from(stop.atOut),
      stintFrom: Float64Array.from(stop.stintFrom),
    })),
    stintFrom: Float64Array.from(form.stintFrom),
    stageFrom: Float64Array.from(form.stageFrom),
    green: LapProfile.restore(form.green),
    yellow: LapProfile.restore(form.yellow),
    lifts: new LiftPoints(form.lifts.map((point) => ({ ...point }))),
  };
}

type StoredForm = Omit<CarState, "last" | "green" | "yellow" | "lifts"> & {
  readonly last: (Omit<Moment, "rate"> & { readonly rate: number | null }) | null;
  readonly green: (number | null)[];
  readonly yellow: (number | null)[];
  readonly lifts: { pct: number; count: number }[];
};

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
