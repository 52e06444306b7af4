export { SimulatedCar, type Track } from "./car.js";
export { drawEngine, type Engine, fuelRate, type Surroundings } from "./engine-truth.js";
export {
  DEFAULT_RACE,
  type FuelTruth,
  type RaceMessage,
  type RaceOptions,
  type RaceStep,
  SimulatedRace,
} from "./race.js";
export { type SimulatedRaceFiles, type TelemetryWriter, writeRace } from "./write-race.js";
