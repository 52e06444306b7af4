import type { Level } from "../dsp/index.js";
import { addSeconds, type LevelSecond, type SampleClock, timeOfSample, type UnixMicros } from "../sync/index.js";

/** What a report of a channel says of its levels. */
export interface LevelReport {
  readonly channel: string;
  readonly sampleRate: number;
  readonly clock: SampleClock;
  readonly pathDelayMs: number | null;
  readonly levels: readonly Level[];
}

export interface ReducedLevel {
  readonly level: LevelSecond;
  /** When it can be told at the earliest, on the clock of the sound: what a replay orders it by. */
  readonly reported: UnixMicros;
}

/** Levels are told within this of the sound they belong to. */
const TOLD_WITHIN_SEC = 0.5;

interface Second {
  index: number;
  rmsDb: number[];
  riseDb: number[];
  excitement: number;
}

/**
 * Reduces 20 levels a second to one, which is all that moments need: the pipeline gets one small input a second and channel.
 * Seconds are counted on the channel's samples, so the same sound gives the same seconds however it was cut into reports.
 */
export class LevelSeconds {
  readonly #channels = new Map<string, Second>();

  /** The seconds that are whole with this report, in order. */
  push({ channel, sampleRate, clock, pathDelayMs, levels }: LevelReport): ReducedLevel[] {
    const whole: ReducedLevel[] = [];
    for (const level of levels) {
      const index = Math.floor(level.at / sampleRate);
      const open = this.#channels.get(channel);
      if (open !== undefined && open.index === index) {
        add(open, level);
        continue;
      }
      if (open !== undefined && open.index < index) {
        const endsAt = timeOfSample(clock, (open.index + 1) * sampleRate);
        whole.push({
          level: reduce(open, channel, addSeconds(endsAt, -(pathDelayMs ?? 0) / 1000)),
          // A second is whole when the next level is there, which after a gap is late.
          reported: addSeconds(timeOfSample(clock, level.at), TOLD_WITHIN_SEC),
        });
      }
      const next: Second = { index, rmsDb: [], riseDb: [], excitement: 0 };
      add(next, level);
      this.#channels.set(channel, next);
    }
    return whole;
  }
}

function add(second: Second, level: Level): void {
  second.rmsDb.push(level.rmsDb);
  second.riseDb.push(level.crowdRiseDb);
  second.excitement = Math.max(second.excitement, level.excitement);
}

/** Medians: a clap or a click within the second moves nothing. */
function reduce({ rmsDb, riseDb, excitement }: Second, channel: string, at: UnixMicros): LevelSecond {
  return { channel, at, rmsDb: median(rmsDb), crowdRiseDb: median(riseDb), excitement };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
