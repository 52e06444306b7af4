import { ConfigError, loadCarProfile } from "../config/index.js";
import type { CarProfile, RaceMark } from "../models/index.js";
import { messageOf } from "./errors.js";
import { FuelLane } from "./fuel-lane.js";
import type { CreateFuelLane } from "./fuel-lanes.js";
import type { SessionSpec } from "./session-cores.js";

/** The one sport whose cars are looked at. */
const RACING = "motorsport";
const DEFAULT_CAR = "nascar-v8";
/** Before any sample, on any clock; finite, so that it can be written down. Seconds. */
const FROM_THE_START = -1e9;

/** How fuel lanes are made. `onProblem`: a race whose cars have no usable profile gets no fuel records, and somebody must know. */
export function fuelLanesOf(
  onProblem: (problem: { readonly session: string; readonly car: string; readonly message: string }) => void,
): CreateFuelLane {
  return (spec) => {
    if (spec.sport !== RACING) return null;
    const car = spec.fuel?.car ?? DEFAULT_CAR;
    const profile = readProfile(car, (message) => onProblem({ session: spec.session, car, message }));
    return profile === null ? null : new FuelLane({ session: spec.session, profile, ...laneOptions(spec) });
  };
}

function readProfile(car: string, onProblem: (message: string) => void): CarProfile | null {
  try {
    return loadCarProfile(car);
  } catch (error) {
    onProblem(error instanceof ConfigError ? error.message : messageOf(error));
    return null;
  }
}

function laneOptions({ fuel }: SessionSpec) {
  const marks: RaceMark[] = [];
  if (fuel !== undefined && fuel.capacityKg !== null) {
    marks.push({ kind: "capacity", at: FROM_THE_START, car: null, kg: fuel.capacityKg, sdKg: fuel.capacitySdKg });
  }
  return {
    race: { lapLengthM: fuel?.lapLengthM ?? null, startsFull: fuel?.startsFull ?? true },
    marks,
    wantsFeatures: fuel?.residual ?? false,
  };
}
