export { fitStretches, type RaceData } from "./fit-stretches.js";
export { mergedSamples, runRace, sampleAt } from "./race-feed.js";
export {
  FILL_KINDS,
  type FillKind,
  type PitStop,
  type RaceFacts,
  type RaceFilePaths,
  readMarks,
  readPits,
  readRaceFacts,
  readTable,
  type TimedMark,
} from "./race-files.js";
export { type RacePaths, racesIn, readRaceData } from "./race-folder.js";
export { type CarColumns, COLUMNS, type ColumnName, readTelemetryColumns } from "./telemetry-columns.js";
