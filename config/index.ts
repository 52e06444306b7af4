export { listCars, loadCarProfile, parseCarProfile } from "./car.js";
export { SAYS_KEYWORD } from "./declare.js";
export { configHash, type EffectiveValue, effectiveValues, type Origin, redacted } from "./effective.js";
export { environmentOptions } from "./environment.js";
export { type Finding, findingsOf, hideCredentials, sayGot } from "./findings.js";
export { isLoopback, type ListenAddress, parseDurationMs, parseListen, parseRate, parseSize } from "./formats.js";
export { defaultVenueConfig, type Environment, type LoadResult, loadVenueConfig, parseVenueConfig } from "./load.js";
export { type ConfigProblem, formatPath, formatProblem, pointerSegments } from "./problem.js";
export { settleFiles, toPublicSchema } from "./publish.js";
export type {
  AudioInputConfig,
  ConnectorConfig,
  LogInputConfig,
  OutputConfig,
  SessionConfig,
  TelemetryInputConfig,
  VenueConfig,
} from "./schema.js";
export { ConfigError, listSports, loadSportProfile, parseSportProfile, type SportResult } from "./sport.js";
