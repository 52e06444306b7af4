export { emptyCounters, type FuelCounters } from "./fuel-counters.js";
export { FuelRace, type FuelRaceOptions, type FuelSnapshot } from "./fuel-race.js";
export type * from "./outputs.js";
export type * from "./profile.js";
export type * from "./telemetry.js";
