import { spawnSync } from "node:child_process";
import { Writable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createLogger, type LoggerOptions, SILENT_LOGGER } from "../../../daemon/observe/index.js";
import { PACKAGE_ROOT } from "../../../daemon/package-files.js";
import { FakeClock } from "./fake-clock.js";

class Lines extends Writable {
  text = "";

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }

  get json(): Record<string, unknown>[] {
    return this.text
      .trim()
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}

let clock: FakeClock;
let lines: Lines;
let counted: string[];

function logger(options: Partial<LoggerOptions> = {}) {
  const onLine = (level: string) => counted.push(level);
  return createLogger({ level: "info", format: "json", clock, destination: lines, onLine, ...options });
}

beforeEach(() => {
  vi.useFakeTimers();
  clock = new FakeClock();
  lines = new Lines();
  counted = [];
});
afterEach(() => void vi.useRealTimers());

describe("the logger", () => {
  it("writes one JSON line with level, time of the clock, fields and message", () => {
    logger().info({ part: "store", depth: 3 }, "store opened");
    expect(lines.json).toEqual([
      { level: "info", time: "2026-05-16T18:30:00.000000Z", part: "store", depth: 3, msg: "store opened" },
    ]);
  });

  it("leaves out what lies below its level and builds nothing for it", () => {
    const log = logger({ level: "warn" });
    log.info({}, "quiet");
    expect(log.isEnabled("info")).toBe(false);
    expect(log.isEnabled("error")).toBe(true);
    expect(lines.text).toBe("");
  });

  it("counts every warning and error, written or collapsed", () => {
    const log = logger();
    for (let time = 0; time < 5; time++) log.warn({ output: "cloud" }, "send failed");
    log.error({}, "store failed");
    log.info({}, "not counted");
    expect(counted).toEqual(["warn", "warn", "warn", "warn", "warn", "error"]);
  });

  it("gives a child's fields to each of its lines", () => {
    logger().child({ part: "web" }).child({ route: "/" }).warn({ code: 500 }, "request failed");
    expect(lines.json[0]).toMatchObject({ part: "web", route: "/", code: 500 });
  });

  it("hides what must stay secret", () => {
    logger().info({ token: "abc", nats: { password: "xyz" } }, "connected");
    expect(lines.text).not.toMatch(/abc|xyz/);
  });

  it("writes for people when told so", () => {
    logger({ format: "human" }).warn({ part: "audio", input: "ambience" }, "no sound");
    expect(lines.text).toMatch(/WARN.*audio: no sound/);
    expect(lines.text).toContain("ambience");
  });

  it("loses no line when the process ends right after it", () => {
    const script = `
      const { createLogger } = await import("${PACKAGE_ROOT}/dist/daemon/observe/index.js");
      const { SYSTEM_CLOCK } = await import("${PACKAGE_ROOT}/dist/daemon/clock.js");
      createLogger({ level: "info", format: "auto", clock: SYSTEM_CLOCK, destination: null, onLine: null }).error({}, "last words");
      process.exit(3);`;
    const child = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    expect(child.status).toBe(3);
    expect(child.stdout).toBe("");
    expect(JSON.parse(child.stderr)).toMatchObject({ level: "error", msg: "last words" });
  });

  it("is silent when it is the silent one", () => {
    SILENT_LOGGER.child({ part: "x" }).error({}, "nobody hears");
    expect(SILENT_LOGGER.isEnabled("error")).toBe(false);
  });
});

describe("repeats", () => {
  it("are written once, then as a count when ten seconds have passed and another line comes", () => {
    const log = logger();
    for (let time = 0; time < 4; time++) log.warn({ output: "cloud", attempt: time }, "send failed");
    expect(lines.json).toHaveLength(1);
    clock.advance(11);
    log.info({}, "something else");
    expect(lines.json[1]).toMatchObject({ msg: "send failed", attempt: 3, repeated: 3 });
    expect(lines.json[2]).toMatchObject({ msg: "something else" });
  });

  it("are told by a timer when no other line comes", () => {
    const log = logger();
    log.warn({}, "send failed");
    log.warn({}, "send failed");
    clock.advance(10);
    vi.advanceTimersByTime(10_000);
    expect(lines.json.at(-1)).toMatchObject({ repeated: 1 });
  });

  it("are told at the end of the process", () => {
    const log = logger();
    log.warn({}, "send failed");
    log.warn({}, "send failed");
    log.flush();
    expect(lines.json.at(-1)).toMatchObject({ repeated: 1 });
    log.flush();
    expect(lines.json).toHaveLength(2);
  });

  it("are not taken together when they name different things", () => {
    const log = logger();
    log.warn({ output: "cloud" }, "send failed");
    log.warn({ output: "archive" }, "send failed");
    log.error({ output: "cloud" }, "send failed");
    expect(lines.json).toHaveLength(3);
  });

  it("begin anew after the window", () => {
    const log = logger();
    log.warn({}, "send failed");
    clock.advance(11);
    log.warn({}, "send failed");
    expect(lines.json).toHaveLength(2);
    expect(lines.json[1]).not.toHaveProperty("repeated");
  });

  it("keep a bounded memory however many kinds of lines there are", () => {
    const log = logger();
    log.warn({ name: "n0" }, "odd");
    log.warn({ name: "n0" }, "odd");
    for (let index = 1; index <= 256; index++) log.warn({ name: `n${index}` }, "odd");
    expect(lines.json.filter((line) => line.repeated === 1)).toEqual([expect.objectContaining({ name: "n0" })]);
  });
});
