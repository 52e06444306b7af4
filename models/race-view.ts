import type { Surroundings } from "./moments.js";
import type { FlagMark, StageMark, TimingMark, WeatherMark } from "./telemetry.js";

const STANDARD_C = 26.85;
const STANDARD_PASCAL = 101_325;
/** Older weather than this is not today's any more, s. */
const WEATHER_LASTS_SEC = 3 * 3600;
/** Versions kept of what changes for all cars, of those that an as-of question may still reach. */
const VERSIONS_KEPT = 500;
/** Cars whose own time is further behind the newest one's are not asked about any more as of then, s. */
const REACH_SEC = 3600;

interface Version<T> {
  readonly at: number;
  readonly value: T;
}

/** Values that hold from a time on, until the next one; asked for as they were at a time. */
class Timeline<T> {
  versions: Version<T>[] = [];

  set(at: number, value: T): void {
    let place = this.versions.length;
    while (place > 0 && (this.versions[place - 1]?.at ?? 0) > at) place -= 1;
    this.versions.splice(place, 0, { at, value });
    if (this.versions.length > VERSIONS_KEPT) this.versions.shift();
  }

  /** Lets go of what was replaced before `t`. */
  forget(t: number): void {
    const after = this.versions.findIndex(({ at }) => at > t);
    const done = (after < 0 ? this.versions.length : after) - 1;
    if (done > 0) this.versions.splice(0, done);
  }

  at(t: number): Version<T> | null {
    for (let i = this.versions.length - 1; i >= 0; i--) {
      const version = this.versions[i];
      if (version !== undefined && version.at <= t) return version;
    }
    return null;
  }
}

/** What all cars share, by event time: flag, weather, timing, stage. */
export class RaceTimeline {
  private readonly flags = new Timeline<boolean>();
  private readonly air = new Timeline<number>();
  private readonly pressure = new Timeline<number>();
  private readonly timing = new Timeline<TimingMark>();
  stage: { readonly at: number; readonly stage: number } | null = null;

  setFlag({ at, flag }: FlagMark): void {
    this.flags.set(at, flag === "caution" || flag === "red");
  }

  setWeather({ at, airC, pressurePa }: WeatherMark): void {
    if (airC !== undefined && airC > -60 && airC < 80) this.air.set(at, airC);
    if (pressurePa !== undefined && pressurePa > 40_000 && pressurePa < 110_000) this.pressure.set(at, pressurePa);
  }

  setTiming(mark: TimingMark): void {
    // What a mark does not say is as the one before said it.
    const before = this.timing.at(mark.at)?.value;
    this.timing.set(mark.at, { ...(before?.lapsTotal === undefined ? {} : { lapsTotal: before.lapsTotal }), ...mark });
  }

  setStage({ at, stage }: StageMark): void {
    this.stage = { at, stage };
  }

  /** The race has come to `newest`. */
  forget(newest: number): void {
    for (const timeline of [this.flags, this.air, this.pressure, this.timing]) timeline.forget(newest - REACH_SEC);
  }

  surroundings(t: number): Surroundings {
    return {
      airC: this.airC(t) ?? STANDARD_C,
      pressurePa: this.pressure.at(t)?.value ?? STANDARD_PASCAL,
      isCaution: this.flags.at(t)?.value ?? false,
    };
  }

  airC(t: number): number | null {
    const version = this.air.at(t);
    return version === null || t - version.at > WEATHER_LASTS_SEC ? null : version.value;
  }

  /**
   * Laps that a car will still drive: the leader's, fewer for a lapped car that is slower, less those since timing told.
   *
   * @param lapSec the car's usual lap; null before it has one
   */
  lapsToGo(t: number, carLap: number | null, lapSec: number | null): number | null {
    const told = this.timing.at(t);
    if (told === null || lapSec === null || !(lapSec > 0)) return null;
    const { endsAt, leaderLap, lapsTotal } = told.value;
    if (endsAt !== undefined) return Math.max(0, (endsAt - t) / lapSec);
    const leaders =
      told.value.lapsToGo ?? (leaderLap === undefined ? undefined : (lapsTotal ?? Number.NaN) - leaderLap);
    if (leaders === undefined || Number.isNaN(leaders)) {
      return lapsTotal === undefined || carLap === null ? null : Math.max(0, lapsTotal - carLap);
    }
    const done = leaderLap ?? (lapsTotal === undefined ? undefined : lapsTotal - leaders);
    const pace = done === undefined || carLap === null || done < 1 ? 1 : Math.min(1, Math.max(0.5, carLap / done));
    return Math.max(0, leaders * pace - (t - told.at) / lapSec);
  }

  store(): unknown {
    const { flags, air, pressure, timing, stage } = this;
    return structuredClone({
      flags: flags.versions,
      air: air.versions,
      pressure: pressure.versions,
      timing: timing.versions,
      stage,
    });
  }

  restore(stored: unknown): void {
    const form = structuredClone(stored) as {
      flags: Version<boolean>[];
      air: Version<number>[];
      pressure: Version<number>[];
      timing: Version<TimingMark>[];
      stage: { at: number; stage: number } | null;
    };
    this.flags.versions = [...form.flags];
    this.air.versions = [...form.air];
    this.pressure.versions = [...form.pressure];
    this.timing.versions = [...form.timing];
    this.stage = form.stage;
  }
}
