import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  createNotifier,
  type HealthReport,
  type NotifierDeps,
  SILENT_LOGGER,
  statusLine,
  Watchdog,
} from "../../../daemon/observe/index.js";
import { PACKAGE_ROOT } from "../../../daemon/package-files.js";
import { findTool } from "../systemd/tools.js";

const GOOD: HealthReport = {
  live: true,
  ready: true,
  state: "ok",
  parts: [{ part: "store", needed: "live", state: "ok", since: "2026-05-16T18:30:00.000000Z", reason: null }],
};
const BAD: HealthReport = {
  live: false,
  ready: false,
  state: "failed",
  parts: [
    { part: "store", needed: "live", state: "failed", since: "2026-05-16T18:30:00.000000Z", reason: "no commit" },
  ],
};
const CLOUD_AWAY: HealthReport = {
  live: true,
  ready: true,
  state: "degraded",
  parts: [
    { part: "output cloud", needed: "info", state: "degraded", since: "2026-05-16T18:30:00.000000Z", reason: "away" },
  ],
};

afterEach(() => void vi.useRealTimers());

function notifier(env: NotifierDeps["env"], run: NotifierDeps["run"] = async () => undefined) {
  const told: string[][] = [];
  const made = createNotifier({
    env,
    pid: 42,
    logger: SILENT_LOGGER,
    run: async (assignments) => {
      told.push([...assignments]);
      await run(assignments);
    },
  });
  return { made, told };
}

describe("the notifier", () => {
  it("does nothing outside systemd", async () => {
    const { made, told } = notifier({});
    made.ready("ok");
    made.alive();
    await made.settled();
    expect(told).toEqual([]);
    expect(made.watchdogMs).toBeNull();
  });

  it("tells ready with a one-line status", async () => {
    const { made, told } = notifier({ NOTIFY_SOCKET: "/run/n" });
    made.ready("audio up\nstore up");
    await made.settled();
    expect(told).toEqual([["READY=1", "STATUS=audio up store up"]]);
  });

  it("runs one child at a time and merges what is told meanwhile, the latest word on each thing", async () => {
    const { made, told } = notifier({ NOTIFY_SOCKET: "/run/n" });
    made.status("one");
    for (const text of ["two", "three", "four"]) made.status(text);
    made.alive();
    await made.settled();
    expect(told).toEqual([["STATUS=one"], ["STATUS=four", "WATCHDOG=1"]]);
  });

  it("goes on when systemd-notify fails", async () => {
    const { made, told } = notifier({ NOTIFY_SOCKET: "/run/n" }, () => Promise.reject(new Error("ENOENT")));
    made.alive();
    await made.settled();
    made.alive();
    await made.settled();
    expect(told).toHaveLength(2);
  });

  it("takes the watchdog's period for its own process only", () => {
    const env = { NOTIFY_SOCKET: "/run/n", WATCHDOG_USEC: "30000000" };
    expect(notifier(env).made.watchdogMs).toBe(30_000);
    expect(notifier({ ...env, WATCHDOG_PID: "42" }).made.watchdogMs).toBe(30_000);
    expect(notifier({ ...env, WATCHDOG_PID: "7" }).made.watchdogMs).toBeNull();
    expect(notifier({ ...env, WATCHDOG_USEC: "soon" }).made.watchdogMs).toBeNull();
  });
});

describe("the watchdog", () => {
  function watchdog(report: () => HealthReport, watchdogMs: number | null = 30_000) {
    const told: string[] = [];
    const fake = { watchdogMs, alive: () => told.push("alive"), status: (text: string) => told.push(text) };
    return { made: new Watchdog({ notifier: fake, health: { check: report }, logger: SILENT_LOGGER }), told };
  }

  it("feeds three times in the limit while all vital parts are well", () => {
    vi.useFakeTimers();
    const { made, told } = watchdog(() => GOOD);
    made.start();
    vi.advanceTimersByTime(30_000);
    made.stop();
    vi.advanceTimersByTime(30_000);
    expect(told.filter((word) => word === "alive")).toHaveLength(4);
  });

  it("does not feed when a vital part has failed, and says which", () => {
    const { made, told } = watchdog(() => BAD);
    made.feed();
    expect(told).toEqual(["store failed since 18:30:00Z: no commit"]);
  });

  it("feeds when only the cloud is away", () => {
    const { made, told } = watchdog(() => CLOUD_AWAY);
    made.feed();
    expect(told).toContain("alive");
  });

  it("tells the status line only when it changes", () => {
    const { made, told } = watchdog(() => GOOD);
    made.feed();
    made.feed();
    expect(told.filter((word) => word !== "alive")).toEqual(["ok: store"]);
  });

  it("stays still when systemd asks for none", () => {
    vi.useFakeTimers();
    const { made, told } = watchdog(() => GOOD, null);
    made.start();
    vi.advanceTimersByTime(60_000);
    expect(told).toEqual([]);
  });
});

describe("the status line", () => {
  it("names what works, or else what does not, since when and why", () => {
    expect(statusLine(GOOD)).toBe("ok: store");
    expect(statusLine(CLOUD_AWAY)).toBe("output cloud degraded since 18:30:00Z: away");
  });
});

// Node opens no datagram socket on a path, so a few lines of Perl (part of every Debian) play the manager's side.
const PERL = findTool("perl");
const NOTIFY = findTool("systemd-notify");
const LISTENER = `
  use Socket; my ($path, $out) = @ARGV;
  socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die; bind($s, sockaddr_un($path)) or die;
  $| = 1; print "bound\\n"; alarm 20; my $all = "";
  while ($all !~ /READY=1/) { recv($s, my $text, 65536, 0); $all .= "$text\\n"; }
  open(my $f, ">", $out) or die; print $f $all; close $f;`;

const real = PERL === null || NOTIFY === null ? it.skip : it;

real(
  PERL === null || NOTIFY === null
    ? "skipped: perl or systemd-notify is not on the PATH"
    : "the real systemd-notify hands READY to the socket",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "touchline-notify-"));
    const path = join(folder, "notify");
    const out = join(folder, "told");
    const manager = spawn(PERL ?? "", ["-e", LISTENER, path, out], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      const ended = new Promise((resolve) => manager.once("close", resolve));
      await new Promise((resolve) => manager.stdout.once("data", resolve));
      const script = `
      const observe = await import("${PACKAGE_ROOT}/dist/daemon/observe/index.js");
      const notifier = observe.createNotifier({ env: process.env, pid: process.pid, logger: observe.SILENT_LOGGER, run: observe.runSystemdNotify });
      notifier.ready("audio up");`;
      const env = { ...process.env, NOTIFY_SOCKET: path };
      const child = spawn(process.execPath, ["--input-type=module", "-e", script], { env, stdio: "inherit" });
      await new Promise((resolve) => child.once("close", resolve));
      await ended;
      expect(readFileSync(out, "utf8")).toMatch(/READY=1\nSTATUS=audio up/);
    } finally {
      manager.kill();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
