import type { FuelCounters } from "./fuel-counters.js";
import type { TelemetrySample } from "./telemetry.js";

/** What the checks remember of one car. */
export interface Intake {
  /** Samples in a row that lie far from the car's time, and the last one's time. */
  strangers: number;
  strangerT: number;
  /** The clock was found to have begun anew: whoever keeps the car starts over. */
  restarted: boolean;
  /** Samples in a row from where the car cannot be. */
  misplaced: number;
  place: number;
  placeT: number;
  lap: number;
  /** Places taken so far, up to `SETTLED`. */
  places: number;
  /** Good samples still to come before a car that sent per cent is believed again. */
  percent: number;
}

export function startOfIntake(): Intake {
  return {
    strangers: 0,
    strangerT: 0,
    restarted: false,
    misplaced: 0,
    place: -1,
    placeT: 0,
    lap: -1e9,
    places: 0,
    percent: 0,
  };
}

/** A sample this far from its car's newest is held to be a clock's mistake until others agree with it, s. */
const JUMP_SEC = 300;
const AGREE_SEC = 10;
const AGREE_SAMPLES = 10;
/** Throttle above this is not noise around 1. */
const PERCENT_THROTTLE = 1.5;
const PERCENT_MEMORY = 600;
/** No race car is faster, m/s. */
const FASTEST_MPS = 130;
const PLACE_SLACK = 0.05;
/** Feeds begin with a place and a lap of 0 before they know: the first few are not held against the car. */
const SETTLED = 3;
/** What stands somewhere else for so many samples was towed there. */
const TOWED_SAMPLES = 25;
const USUAL_LAP_M = 2000;

/** Whether a sample can be used; what cannot is counted. Never throws, whatever the sample holds. */
export function checkSample(
  intake: Intake,
  sample: TelemetrySample,
  newest: number,
  { latenessSec, lapLengthM }: { readonly latenessSec: number; readonly lapLengthM: number | null },
  counters: FuelCounters,
): boolean {
  if (!isSane(sample)) {
    counters.invalid += 1;
    return false;
  }
  if (isPercent(intake, sample)) {
    counters.throttlePercent += 1;
    return false;
  }
  if (isStranger(intake, sample.t, newest, latenessSec, counters)) return false;
  if (intake.restarted) intake.place = -1;
  return isWhereItCanBe(intake, sample, lapLengthM ?? USUAL_LAP_M, counters);
}

function isSane({ t, speedMps, rpm, throttle, brake, lap, lapPct, airC, flag }: TelemetrySample): boolean {
  if (!Number.isFinite(t) || Math.abs(t) > 1e14) return false;
  return (
    isWithin(rpm, -100, 25_000) &&
    isWithin(throttle, -0.2, 1000) &&
    isWithin(speedMps, -50, 150) &&
    isWithin(lapPct, -0.01, 1.01) &&
    isWithin(lap, -1000, 1e6) &&
    isWithin(airC, -60, 80) &&
    isWithin(flag, -1e6, 1e6) &&
    isWithin(brake, -1000, 1000)
  );
}

function isWithin(value: number | undefined, least: number, most: number): boolean {
  return value === undefined || (value >= least && value <= most);
}

function isPercent(intake: Intake, { throttle }: TelemetrySample): boolean {
  if (throttle !== undefined && throttle > PERCENT_THROTTLE) {
    intake.percent = PERCENT_MEMORY;
    return true;
  }
  if (intake.percent === 0) return false;
  intake.percent -= 1;
  return true;
}

/** Far from the car's time: a wrong stamp, or a clock that began anew. Enough of them in a row decide. */
function isStranger(intake: Intake, t: number, newest: number, latenessSec: number, counters: FuelCounters): boolean {
  const isFar = newest > -1e14 && (t > newest + JUMP_SEC || t < newest - Math.max(latenessSec * 4, 20));
  if (!isFar) {
    intake.strangers = 0;
    return false;
  }
  const agrees = intake.strangers > 0 && Math.abs(t - intake.strangerT) < AGREE_SEC;
  intake.strangers = agrees ? intake.strangers + 1 : 1;
  intake.strangerT = t;
  if (intake.strangers === 1) counters.clockJumps += 1;
  if (intake.strangers < AGREE_SAMPLES) {
    counters.late += 1;
    return true;
  }
  intake.strangers = 0;
  // Forward is a long silence, and taken as one; back is a clock that began anew.
  intake.restarted = t < newest;
  return false;
}

/** Two cars with one number jump to and fro along the track. */
function isWhereItCanBe(intake: Intake, sample: TelemetrySample, lapM: number, counters: FuelCounters): boolean {
  const { t, lap, lapPct } = sample;
  if (lap !== undefined && t >= intake.placeT) {
    if (lap < intake.lap && intake.places >= SETTLED) counters.lapsBack += 1;
    intake.lap = lap;
  }
  if (lapPct === undefined) return true;
  const way = lapPct - intake.place;
  const isPossible =
    intake.place < 0 ||
    intake.places < SETTLED ||
    Math.abs(way - Math.round(way)) <= PLACE_SLACK + (FASTEST_MPS * Math.abs(t - intake.placeT)) / lapM;
  if (!isPossible && intake.misplaced < TOWED_SAMPLES) {
    intake.misplaced += 1;
    counters.duplicates += 1;
    return false;
  }
  intake.misplaced = 0;
  if (t >= intake.placeT || intake.place < 0) {
    intake.place = lapPct;
    intake.placeT = t;
    if (intake.places < SETTLED) intake.places += 1;
  }
  return true;
}
