import { type CarState, closeStop, type Lap, type Moment, NEVER, openStop, type Stop } from "./car-state.js";
import type { CarMark, RunWindow } from "./car-stream.js";
import { emptyCounters, type FuelCounters } from "./fuel-counters.js";
import { type IntegrateContext, integrate } from "./integrate.js";
import { momentOf, type Surroundings } from "./moments.js";
import type { BurnModel } from "./physics.js";
import { at, RAW_KG, SECONDS } from "./sums.js";
import type { TelemetrySample } from "./telemetry.js";

/** What is known of the race at a time of it. */
export interface RaceView {
  surroundings(t: number): Surroundings;
}

/** A stop that no mark told of: after the last one's end it begins at the earliest, s. */
const BETWEEN_STOPS_SEC = 15;
/** Marks of a stop that the samples have shown already correct it if they are no further away, s. */
const SAME_STOP_SEC = 20;
/** A car that stood and has been moving for so long has left, whether or not somebody says so, s. */
const LEFT_SEC = 6;
const STANDING_MPS = 3;
const MOVING_MPS = 6;
/** The mean rate is that of the stint so far once it is this long, s. */
const MEAN_AFTER_SEC = 30;

/** Runs physics, laps and stops over the windows of one car. */
export function createWindowRun(model: BurnModel, race: RaceView, counters: FuelCounters): RunWindow {
  return (state, to, samples, marks, isAgain) => {
    const laps: Lap[] = [];
    const stints: Stop[] = [];
    // What is counted twice because it is run twice is not counted.
    const count = isAgain ? emptyCounters() : counters;
    let filledSec = 0;
    const context = contextOf(model, race, state, to, {
      onLap: (lap) => laps.push(lap),
      onHole: (seconds) => {
        filledSec += seconds;
        count.holes += 1;
        count.filledSec += seconds;
      },
    });
    let nextMark = 0;
    const takeMarks = (until: number): void => {
      for (let mark = marks[nextMark]; mark !== undefined && mark.at <= until; mark = marks[++nextMark]) {
        const stop = takeMark(state, mark, context);
        if (stop !== null) stints.push(stop);
      }
    };
    for (const sample of samples) {
      takeMarks(sample.t);
      const moment = momentOf(state, sample, race.surroundings(sample.t), model, count);
      watchBox(state, sample, moment, stints, marks.length > 0);
      integrate(state, moment, context);
    }
    takeMarks(to);
    return { laps, stints, filledSec };
  };
}

function contextOf(
  model: BurnModel,
  race: RaceView,
  state: CarState,
  t: number,
  told: Pick<IntegrateContext, "onLap" | "onHole">,
): IntegrateContext {
  const { airC, pressurePa } = race.surroundings(t);
  return {
    emptyingSec: model.parameters.emptyingSec,
    idleRate: model.idleRate() * model.airFactor(airC, pressurePa, 0),
    meanRate: meanRateOf(state) ?? model.idleRate(),
    ...told,
  };
}

/** g/s over the stint so far, or the whole way; null at its beginning. */
export function meanRateOf({ sums, stintFrom }: CarState): number | null {
  const stintSec = at(sums, SECONDS) - at(stintFrom, SECONDS);
  if (stintSec > MEAN_AFTER_SEC) return (1000 * (at(sums, RAW_KG) - at(stintFrom, RAW_KG))) / stintSec;
  return at(sums, SECONDS) > MEAN_AFTER_SEC ? (1000 * at(sums, RAW_KG)) / at(sums, SECONDS) : null;
}

/** Brings the car to the mark's time and does what it says; gives the stop that ended a stint. */
function takeMark(state: CarState, mark: CarMark, context: IntegrateContext): Stop | null {
  const { last } = state;
  const isBox = mark.kind !== "stage" && last !== null;
  if (last !== null && mark.at > last.t) {
    const standing = { rate: context.idleRate, speedMps: 0, box: true, throttle: 0, lapPct: null };
    const isHole = mark.at - last.t > 1;
    // Between samples that follow each other the car is as it was; in a hole it came to stand here.
    integrate(state, { ...last, ...(isBox && (isHole || state.inBox) ? standing : {}), t: mark.at }, context);
  }
  const here = state.sums.slice();
  if (mark.kind === "stage") {
    state.stageFrom = here;
    return null;
  }
  if (mark.kind === "pitIn") return takePitIn(state, mark.at, here);
  takePitOut(state, mark.at, here);
  return null;
}

function takePitIn(state: CarState, tIn: number, here: Float64Array): Stop | null {
  const open = state.stops.at(-1);
  if (state.inBox && open !== undefined) {
    state.stops = [...state.stops.slice(0, -1), { ...open, tIn, atIn: here }];
    return null;
  }
  return openStop(state, tIn, here);
}

function takePitOut(state: CarState, tOut: number, here: Float64Array): void {
  if (state.inBox) {
    closeStop(state, tOut, here);
    return;
  }
  const gone = state.stops.at(-1);
  if (gone?.tOut === undefined || gone.tOut === null || Math.abs(tOut - gone.tOut) > SAME_STOP_SEC) return;
  state.stops = [...state.stops.slice(0, -1), { ...gone, tOut, atOut: here }];
  state.stintFrom = here;
}

/** Stops that nobody tells of: the samples show a car that stands with its pit flag up. */
function watchBox(state: CarState, sample: TelemetrySample, moment: Moment, stints: Stop[], isTold: boolean): void {
  const isFlagged = sample.pit === true || sample.pit === 1;
  if (state.inBox) {
    if (moment.speedMps < STANDING_MPS) {
      state.stood = true;
      state.awaySince = NEVER;
    } else if (state.stood && !isFlagged && moment.speedMps > MOVING_MPS) {
      if (state.awaySince === NEVER) state.awaySince = moment.t;
      else if (moment.t - state.awaySince > LEFT_SEC) closeStop(state, state.awaySince, state.sums.slice());
    }
    return;
  }
  if (!isFlagged || isTold || moment.speedMps >= STANDING_MPS || state.last === null) return;
  const since = state.stops.at(-1)?.tOut ?? NEVER;
  if (moment.t - since > BETWEEN_STOPS_SEC) stints.push(openStop(state, state.last.t, state.sums.slice()));
}
