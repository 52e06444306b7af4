import { BurnModel, type CarProfile, type RaceMark, type TelemetrySample } from "../models/index.js";

export interface DayRacePlan {
  readonly profile: CarProfile;
  readonly cars: number;
  readonly hours: number;
  readonly hz: number;
  /** Seconds from one stop of a car to its next. */
  readonly stintSec: number;
}

export interface DayRaceStep {
  readonly t: number;
  readonly samples: readonly TelemetrySample[];
  readonly marks: readonly RaceMark[];
}

const LAP_SEC = 40;
const STOP_SEC = 12;
const HOUR_SEC = 3600;
/** Each hour has one caution, and each minute its weather and its timing. */
const CAUTION_SEC = [1200, 1440] as const;
const MINUTE_SEC = 60;

interface DrivenCar {
  readonly car: string;
  readonly shiftSec: number;
  progress: number;
  sinceFillKg: number;
}

/** A race of many hours with laps, stops that are weighed, cautions, weather and timing: the same one each time. */
export function* dayRace({ profile, cars, hours, hz, stintSec }: DayRacePlan): Generator<DayRaceStep> {
  const model = new BurnModel(profile.physics);
  const field = Array.from({ length: cars }, (_, i): DrivenCar => {
    const progress = 1 - i / cars;
    return { car: String(i + 1), shiftSec: (i * stintSec) / cars, progress, sinceFillKg: 0 };
  });
  for (let step = 0; step < hours * HOUR_SEC * hz; step++) {
    const t = step / hz;
    const marks = step % (MINUTE_SEC * hz) === 0 ? raceMarks(t) : [];
    const isCaution = t % HOUR_SEC >= CAUTION_SEC[0] && t % HOUR_SEC < CAUTION_SEC[1];
    const samples = field.map((one, i) => {
      const inStint = (t + one.shiftSec) % stintSec;
      const isBox = t > stintSec && inStint < STOP_SEC;
      marks.push(...(t > stintSec ? stopMarks(one, t, inStint, hz) : []));
      const corner = (one.progress * 2) % 1 > 0.7;
      // Every car and lap a little different, as sensors are.
      const noise = ((step * 7919 + i * 104_729) % 1000) / 1000;
      const speedMps = isBox ? 0 : isCaution ? 25 : corner ? 50 + noise : 65 + noise;
      const rpm = Math.round((isBox ? 1500 : isCaution ? 5500 : corner ? 6500 : 8000) + 50 * noise);
      const throttle = isBox ? 0 : isCaution ? 0.15 : corner ? 0.4 : 0.97;
      one.sinceFillKg += model.rate(rpm, throttle) / hz / 1000;
      const { car, progress } = one;
      const lap = Math.floor(progress);
      const lapPct = Math.round((progress - lap) * 1e5) / 1e5;
      if (!isBox) one.progress += (isCaution ? 0.4 : 1) / LAP_SEC / hz;
      return { car, t, speedMps, rpm, throttle, lap, lapPct, flag: Number(isCaution), pit: Number(isBox) };
    });
    yield { t, samples, marks };
  }
}

function raceMarks(t: number): RaceMark[] {
  const inHour = t % HOUR_SEC;
  const marks: RaceMark[] = [
    { kind: "weather", at: t, airC: 20 + Math.round(100 * Math.sin(t / 40_000)) / 10 },
    { kind: "timing", at: t, leaderLap: Math.floor(t / LAP_SEC), lapsTotal: 2000 },
  ];
  if (inHour === CAUTION_SEC[0]) marks.push({ kind: "flag", at: t, flag: "caution" });
  if (inHour === CAUTION_SEC[1]) marks.push({ kind: "flag", at: t, flag: "green" });
  return marks;
}

function stopMarks(one: DrivenCar, t: number, inStint: number, hz: number): RaceMark[] {
  const { car } = one;
  if (inStint < 1 / hz) return [{ kind: "pitIn", at: t, car }];
  if (inStint < STOP_SEC || inStint >= STOP_SEC + 1 / hz) return [];
  const kg = Math.round(one.sinceFillKg * 1000) / 1000;
  one.sinceFillKg = 0;
  return [
    { kind: "pitOut", at: t, car },
    { kind: "fill", at: t, car, kg, how: "weighed", full: true },
  ];
}
