import { readdirSync } from "node:fs";
import { Counter, Gauge, Registry } from "prom-client";
import type { LogLevel } from "./log-line.js";
import type { LoopDelay } from "./loop-monitor.js";

export interface MetricsDeps {
  readonly version: string;
  /** The last sample of the event loop's delay; read at scrape. */
  readonly loopDelay: () => LoopDelay;
}

export interface Metrics {
  /** Parts register their own metrics here, beside the data they count. */
  readonly registry: Registry;
  /** For `createLogger({ onLine })`. */
  countLogLine(level: Extract<LogLevel, "warn" | "error">): void;
}

/**
 * The process's registry with what every part shares. prom-client's own default metrics are not used: some of its names
 * (`nodejs_active_handles_total`, a gauge) fail `promtool check metrics`.
 */
export function createMetrics(deps: MetricsDeps): Metrics {
  const registry = new Registry();
  registerBuildInfo(registry, deps.version);
  registerProcess(registry);
  registerLoop(registry, deps.loopDelay);
  const lines = new Counter({
    name: "touchline_log_lines_total",
    help: "Lines logged at warn and error, collapsed repeats included.",
    labelNames: ["level"],
    registers: [registry],
  });
  for (const level of ["warn", "error"]) lines.inc({ level }, 0);
  return { registry, countLogLine: (level) => lines.inc({ level }) };
}

function registerBuildInfo(registry: Registry, version: string): void {
  new Gauge({
    name: "touchline_build_info",
    help: "Always 1; the labels say what runs.",
    labelNames: ["version", "node_version"],
    registers: [registry],
  }).set({ version, node_version: process.versions.node }, 1);
}

function registerProcess(registry: Registry): void {
  const registers = [registry];
  const cpu = new Counter({
    name: "touchline_process_cpu_seconds_total",
    help: "Processor time of the whole process, threads included.",
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  cpu.inc(0);
  new Gauge({
    name: "touchline_process_start_timestamp_seconds",
    help: "Unix time at which the process started.",
    registers,
  }).set(Math.round(performance.timeOrigin) / 1000);
  new Gauge({
    name: "touchline_process_resident_memory_bytes",
    help: "Resident memory of the whole process.",
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: "touchline_process_heap_used_bytes",
    help: "JavaScript heap in use on the main thread.",
    registers,
    collect() {
      this.set(process.memoryUsage().heapUsed);
    },
  });
  new Gauge({
    name: "touchline_process_open_fds",
    help: "Open file descriptors; -1 where the system does not tell.",
    registers,
    collect() {
      this.set(countOpenFds());
    },
  });
}

function registerLoop(registry: Registry, loopDelay: () => LoopDelay): void {
  new Gauge({
    name: "touchline_event_loop_delay_seconds",
    help: "How late the main thread ran what was due, over the last health period.",
    labelNames: ["stat"],
    registers: [registry],
    collect() {
      const { p50Sec, p99Sec, maxSec } = loopDelay();
      this.set({ stat: "p50" }, p50Sec);
      this.set({ stat: "p99" }, p99Sec);
      this.set({ stat: "max" }, maxSec);
    },
  });
}

function countOpenFds(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    // No /proc (not Linux, or ProcSubset without it): the gauge itself says so with -1.
    return -1;
  }
}
