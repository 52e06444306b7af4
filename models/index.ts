export { below } from "./amounts.js";
export { type FitReport, type FitStretch, fitProfile } from "./fit.js";
export { emptyCounters, type FuelCounters } from "./fuel-counters.js";
export { FuelRace, type FuelRaceOptions, type FuelSnapshot } from "./fuel-race.js";
export { solveSymmetric } from "./linear.js";
export type * from "./outputs.js";
export { BurnModel, LIFT_THROTTLE } from "./physics.js";
export type * from "./profile.js";
export type * from "./telemetry.js";
