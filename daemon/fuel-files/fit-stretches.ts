import { type CarProfile, type FitStretch, LIFT_THROTTLE } from "../../models/index.js";
import type { PitStop } from "./race-files.js";
import type { CarColumns } from "./telemetry-columns.js";

/** A race as `fuel fit` and the scores read it. */
export interface RaceData {
  readonly name: string;
  readonly cars: readonly CarColumns[];
  readonly pits: readonly PitStop[];
  readonly makers: ReadonlyMap<string, string>;
  /** Air temperature at a time, °C. */
  readonly airC: (t: number) => number;
}

/** A weighed can, kg; a can timed, as a share. */
const WEIGHED_SD_KG = 0.34;
const TIMED_SD_SHARE = 0.05;
const STANDING_MPS = 3;
/** Pressure of the air that a car drives into, as a share of the air's own, for each (m/s)². */
const RAM_SHARE = (0.5 * 1.177) / 101_325;

/** The stretches from one full tank to the next whose fills are known: all that a fit may see. */
export function fitStretches(race: RaceData, profile: CarProfile, fills: "weighed" | "timed"): FitStretch[] {
  return race.cars.flatMap((car) => {
    let from = Number.NEGATIVE_INFINITY;
    let added = 0;
    let variance = 0;
    let isFirst = true;
    const stretches: FitStretch[] = [];
    for (const stop of race.pits.filter((one) => one.car === car.car).sort((a, b) => a.tIn - b.tIn)) {
      const kg = fills === "weighed" ? stop.weighedKg : stop.timedKg;
      added += kg ?? Number.NaN;
      variance += fills === "weighed" ? WEIGHED_SD_KG ** 2 : (TIMED_SD_SHARE * (kg ?? 0)) ** 2;
      if (stop.full !== true) continue;
      // The first tank is full to the brim, later ones miss a little.
      const short = isFirst ? profile.prior.shortOfFullKg : 0;
      if (added > 0) stretches.push(stretchOf(race, car, from, stop.tIn, added + short, Math.sqrt(variance), profile));
      from = stop.tIn;
      added = 0;
      variance = 0;
      isFirst = false;
    }
    return stretches;
  });
}

function stretchOf(
  race: RaceData,
  car: CarColumns,
  from: number,
  to: number,
  kg: number,
  sdKg: number,
  { physics }: CarProfile,
): FitStretch {
  const { t, rpm, throttle, speedMps, pit, flag } = car.columns;
  const rows: number[] = [];
  for (let i = 0; i < car.count; i++) {
    const at = t[i] as number;
    if (at >= from && at < to && !Number.isNaN(rpm[i]) && !Number.isNaN(throttle[i])) rows.push(i);
  }
  const n = rows.length;
  const stretch: FitStretch = {
    race: race.name,
    car: car.car,
    maker: race.makers.get(car.car) ?? "unknown",
    kg,
    sdKg,
    seconds: new Float32Array(n),
    drops: new Int8Array(n),
    caution: new Uint8Array(n),
    rpm: new Float32Array(n),
    throttle: new Float32Array(n),
    density: new Float32Array(n),
    ram: new Float32Array(n),
  };
  rows.forEach((row, i) => {
    const isBox = (pit[row] as number) > 0 && (speedMps[row] as number) < STANDING_MPS;
    const speed = Number.isNaN(speedMps[row]) ? 0 : (speedMps[row] as number);
    stretch.rpm[i] = isBox ? physics.idleRpm : (rpm[row] as number);
    stretch.throttle[i] = isBox ? 0 : Math.min(1, Math.max(0, throttle[row] as number));
    stretch.density[i] = 300 / (race.airC(t[row] as number) + 273.15);
    stretch.ram[i] = RAM_SHARE * speed * speed;
    stretch.caution[i] = (flag[row] as number) > 0 ? 1 : 0;
    const next = rows[i + 1];
    if (next === undefined) return;
    const dt = (t[next] as number) - (t[row] as number);
    if (!(dt > 0)) return;
    stretch.seconds[i] = (stretch.seconds[i] ?? 0) + dt / 2;
    stretch.seconds[i + 1] = (stretch.seconds[i + 1] ?? 0) + dt / 2;
    if (dt > 1 || !((throttle[row] as number) - (throttle[next] as number) > LIFT_THROTTLE) || isBox) return;
    stretch.drops[i] = (stretch.drops[i] ?? 0) + 1;
    stretch.drops[i + 1] = (stretch.drops[i + 1] ?? 0) - 1;
  });
  return stretch;
}
