import { spawn } from "node:child_process";
import { messageOf } from "../errors.js";
import type { HealthReport } from "./health.js";
import type { Logger } from "./logger.js";

/** A child that hangs must not hold back the next word to systemd. */
const CHILD_TIMEOUT_MS = 5_000;
const STATUS_LENGTH = 200;

/** What a unit of Type=notify tells its manager. Every call returns at once and never throws. */
export interface Notifier {
  ready(status: string): void;
  status(text: string): void;
  stopping(status: string): void;
  /** Feeds the watchdog once. */
  alive(): void;
  /** How often systemd wants to be fed, ms; `null` when no watchdog is set. */
  readonly watchdogMs: number | null;
  /** Resolves when all that was told has been handed over. */
  settled(): Promise<void>;
}

export interface NotifierDeps {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly logger: Logger;
  /** Runs `systemd-notify` with these assignments; rejects when it cannot. */
  readonly run: (assignments: readonly string[]) => Promise<void>;
}

const NO_NOTIFIER: Notifier = {
  ready: () => undefined,
  status: () => undefined,
  stopping: () => undefined,
  alive: () => undefined,
  watchdogMs: null,
  settled: () => Promise.resolve(),
};

/**
 * Speaks sd_notify by way of the `systemd-notify` program: Node opens no datagram socket on a path, and a native addon would be one more thing to
 * build (11 ms a call, from its own process id: the unit needs NotifyAccess=all). Outside systemd nothing happens.
 */
export function createNotifier(deps: NotifierDeps): Notifier {
  if (!deps.env.NOTIFY_SOCKET) return NO_NOTIFIER;
  const pending = new Map<string, string>();
  let sending: Promise<void> | null = null;

  const drain = async () => {
    while (pending.size > 0) {
      const assignments = [...pending].map(([name, value]) => `${name}=${value}`);
      pending.clear();
      try {
        await deps.run(assignments);
      } catch (thrown) {
        deps.logger.warn({ reason: messageOf(thrown) }, "systemd was not told: is systemd-notify installed?");
      }
    }
    sending = null;
  };
  // One child at a time, and what is told meanwhile is merged, the latest word on each thing: bounded whatever the pace.
  const tell = (assignments: Readonly<Record<string, string>>) => {
    for (const [name, value] of Object.entries(assignments)) pending.set(name, value);
    sending ??= drain();
  };
  return {
    ready: (status) => tell({ READY: "1", STATUS: oneLine(status) }),
    status: (text) => tell({ STATUS: oneLine(text) }),
    stopping: (status) => tell({ STOPPING: "1", STATUS: oneLine(status) }),
    alive: () => tell({ WATCHDOG: "1" }),
    watchdogMs: readWatchdog(deps.env, deps.pid),
    settled: async () => {
      while (sending !== null) await sending;
    },
  };
}

/** Runs the real `systemd-notify`. */
export function runSystemdNotify(assignments: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("systemd-notify", [...assignments], { stdio: "ignore", timeout: CHILD_TIMEOUT_MS });
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) resolve();
      else reject(`systemd-notify ended with ${code ?? signal}`);
    });
  });
}

// WATCHDOG_PID names another process when the variable was inherited by a child of the unit's main one.
function readWatchdog(env: NotifierDeps["env"], pid: number): number | null {
  const micros = Number(env.WATCHDOG_USEC ?? "");
  if (!Number.isFinite(micros) || micros <= 0) return null;
  if (env.WATCHDOG_PID !== undefined && Number(env.WATCHDOG_PID) !== pid) return null;
  return micros / 1000;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").slice(0, STATUS_LENGTH);
}

/** What works, what does not and since when, in one line for `systemctl status`. */
export function statusLine(report: HealthReport): string {
  const troubles = report.parts.filter((part) => part.state !== "ok");
  if (troubles.length === 0) return `ok: ${report.parts.map((part) => part.part).join(", ")}`;
  return troubles
    .map((part) => `${part.part} ${part.state} since ${part.since.slice(11, 19)}Z: ${part.reason ?? "no reason given"}`)
    .join("; ");
}
