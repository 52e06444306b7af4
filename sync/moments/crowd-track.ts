import { isTime, type UnixMicros } from "../time.js";
import type { LevelSecond } from "./moment.js";

/** A stretch in which the crowd was loud. */
export interface Swell {
  readonly channel: string;
  readonly from: UnixMicros;
  readonly to: UnixMicros;
  /** Loudest second over the baseline, dB. */
  readonly peakDb: number;
  /** Sum over its seconds of what rises above `FLOOR_DB`, dB s: loud and long counts more than loud or long. */
  readonly areaDbSec: number;
  readonly isOpen: boolean;
}

interface Open {
  from: UnixMicros;
  to: UnixMicros;
  peakDb: number;
  areaDbSec: number;
  seconds: number;
  quietSeconds: number;
}

export interface CrowdTrackState {
  baselineDb: number;
  seconds: number;
  lastAt: number;
  open: Open | null;
}

/**
 * The baseline is a running 40 % quantile: each second it goes up by `STEP_DB` times 0.4 or down by `STEP_DB` times 0.6. One second can
 * move it by no more, however loud, so a goal's half minute lifts it by about 1 dB, while 3 dB of growth over a match are followed.
 */
const QUANTILE = 0.4;
const STEP_DB = 0.1;
/** In the first seconds the steps are longer, so that it is found soon. */
const FIRST_STEP_DB = 6;
const FEWEST_SECONDS = 20;
/** Below this there is no sound: an unplugged channel is not a quiet crowd. */
const SILENT_DB = -90;
/** A swell begins at 4 dB over the baseline, ends after two seconds below 2.5 dB, and is told from three seconds on. */
const START_DB = 4;
const END_DB = 2.5;
const END_SECONDS = 2;
const FEWEST_TOLD = 3;
const LONGEST_SECONDS = 60;
const FLOOR_DB = 3;
/**
 * A rise of the whole level counts no further than this above the rise of the crowd's own band over the 20 s before: a whistle, an
 * announcement or music lifts the one and hardly the other.
 */
const MOST_ABOVE_BAND_DB = 4;
const SECOND = 1_000_000;

/** Follows how loud the crowd of one channel is against its own slowly growing noise. */
export class CrowdTrack {
  readonly state: CrowdTrackState;

  constructor(state: CrowdTrackState = { baselineDb: 0, seconds: 0, lastAt: 0, open: null }) {
    this.state = state;
  }

  /** The swell that began, went on or ended with this second; `null` where there is none. A second that goes back is passed over. */
  push(level: LevelSecond): Swell | null {
    const { state } = this;
    const isUsable = Number.isFinite(level.rmsDb) && Number.isFinite(level.crowdRiseDb) && isTime(level.at);
    if (!isUsable || level.at <= state.lastAt) return null;
    state.lastAt = level.at;
    if (level.rmsDb < SILENT_DB) return this.#close(level.channel);
    if (state.seconds === 0) state.baselineDb = level.rmsDb;
    const riseDb = Math.min(level.rmsDb - state.baselineDb, level.crowdRiseDb + MOST_ABOVE_BAND_DB);
    this.#follow(level.rmsDb);
    return state.seconds <= FEWEST_SECONDS ? null : this.#swell(level, riseDb);
  }

  #follow(rmsDb: number): void {
    const { state } = this;
    state.seconds += 1;
    const step = Math.max(STEP_DB, FIRST_STEP_DB / state.seconds);
    state.baselineDb += step * (rmsDb > state.baselineDb ? QUANTILE : QUANTILE - 1);
  }

  #swell(level: LevelSecond, riseDb: number): Swell | null {
    const { state } = this;
    if (state.open === null) {
      if (riseDb < START_DB) return null;
      const from = (level.at - SECOND) as UnixMicros;
      state.open = { from, to: from, peakDb: 0, areaDbSec: 0, seconds: 0, quietSeconds: 0 };
    }
    const { open } = state;
    open.seconds += 1;
    if (riseDb < END_DB) open.quietSeconds += 1;
    else {
      open.quietSeconds = 0;
      open.to = level.at;
    }
    open.peakDb = Math.max(open.peakDb, riseDb);
    open.areaDbSec += Math.max(0, riseDb - FLOOR_DB);
    if (open.quietSeconds >= END_SECONDS || open.seconds >= LONGEST_SECONDS) return this.#close(level.channel);
    return toldOf(open, level.channel, true);
  }

  #close(channel: string): Swell | null {
    const { open } = this.state;
    this.state.open = null;
    return open === null ? null : toldOf(open, channel, false);
  }
}

function toldOf(open: Open, channel: string, isOpen: boolean): Swell | null {
  if (open.to - open.from < FEWEST_TOLD * SECOND) return null;
  const { from, to, peakDb, areaDbSec } = open;
  return { channel, from, to, peakDb, areaDbSec, isOpen };
}
