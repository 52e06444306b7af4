export { AdaptiveSampler, DEFAULT_SAMPLING, type SamplingOptions } from "./adaptive-sampler.js";
export { MAPPED_FIELDS, type MappedField, USUAL_NAMES } from "./fields.js";
export { type MappedPayload, type MappingSpec, type TelemetryFormat, TelemetryMapping } from "./mapping.js";
export {
  readSampleTime,
  type SampleBatch,
  SIGNALS,
  type Signal,
  sampleOfMessage,
  samplesOfBody,
  type TelemetrySample,
  toBatch,
  UNIX_TIMES_FROM,
} from "./sample.js";
export { type GateCounts, MAX_CARS, SampleGate, sayRefusal } from "./sample-gate.js";
export { REFUSALS, type Refusal, SampleGuard } from "./sample-guard.js";
export { formatOfFile, readTelemetryFile, startTelemetryFile } from "./telemetry-file.js";
export { type IntakeParts, TelemetryIntake } from "./telemetry-intake.js";
export {
  startTelemetryNats,
  startTelemetryStream,
  type TelemetryConsumer,
  type TelemetrySubscriber,
} from "./telemetry-nats.js";
export { type DeclaredUnits, HOUSE_UNITS } from "./units.js";
