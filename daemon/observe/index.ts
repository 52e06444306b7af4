export { AudioWatch, type InputHealth, type InputState } from "./audio-watch.js";
export {
  Health,
  type HealthReport,
  OK,
  type PartHealth,
  type PartState,
  type Probe,
  type ProbeResult,
} from "./health.js";
export {
  type ClockFigures,
  type HealthFacts,
  type OutputFigures,
  type StoreFigures,
  toHealthDraft,
} from "./health-record.js";
export { HEALTH_PERIOD_SEC, HealthReporter, type HealthReporterDeps } from "./health-reporter.js";
export { LOG_LEVELS, type LogFields, type LogLevel } from "./log-line.js";
export {
  createLogger,
  type Logger,
  type LoggerOptions,
  type RootLogger,
  SILENT_LOGGER,
} from "./logger.js";
export { type LoopDelay, LoopMonitor } from "./loop-monitor.js";
export { createMetrics, type Metrics, type MetricsDeps } from "./metrics.js";
export { type CommittingStore, inputProbe, type LinkStatus, loopProbe, outputProbe, storeProbe } from "./probes.js";
export { createNotifier, type Notifier, type NotifierDeps, runSystemdNotify, statusLine } from "./sd-notify.js";
export { Watchdog, type WatchdogDeps } from "./watchdog.js";
