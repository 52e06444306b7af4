import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PACKAGE_ROOT } from "../../../daemon/package-files.js";
import { findTool } from "./tools.js";

const UNIT = join(PACKAGE_ROOT, "systemd", "touchline.service");
const LINES = readFileSync(UNIT, "utf8").split("\n");

function settingOf(key: string): string | undefined {
  return LINES.find((line) => line.startsWith(`${key}=`))?.slice(key.length + 1);
}

const analyze = findTool("systemd-analyze");
const tool = analyze === null ? it.skip : it;
const named = (name: string) => (analyze === null ? `skipped: systemd-analyze is not on the PATH: ${name}` : name);

describe("touchline.service", () => {
  tool(named("is understood by systemd, every line of it"), () => {
    const { status, stderr, stdout } = spawnSync(analyze ?? "", ["verify", UNIT], { encoding: "utf8" });
    // A box of a developer may lack /usr/bin/node; that alone is no fault of the unit.
    const complaints = `${stdout}${stderr}`.split("\n").filter((line) => line.includes("touchline.service:"));
    expect(complaints.filter((line) => !/Command \/usr\/bin\/node is not executable/.test(line))).toEqual([]);
    expect(status === 0 || complaints.length > 0).toBe(true);
  });

  tool(named("is exposed 1.6 or less by systemd's own measure"), () => {
    const args = ["security", "--offline=true", "--threshold=16", UNIT];
    const { status, stdout } = spawnSync(analyze ?? "", args, { encoding: "utf8" });
    expect([status, stdout.split("\n").find((line) => line.includes("Overall"))]).toEqual([0, expect.any(String)]);
  });

  it("leaves out what kills Node, and answers EPERM to what the filter does not hold", () => {
    expect(settingOf("MemoryDenyWriteExecute")).toBeUndefined();
    expect(settingOf("SystemCallErrorNumber")).toBe("EPERM");
  });

  it("hears the child that tells it", () => {
    expect([settingOf("Type"), settingOf("NotifyAccess")]).toEqual(["notify", "all"]);
    expect(Number(settingOf("WatchdogSec"))).toBeGreaterThan(0);
  });

  it("starts again for ever, but not on a wrong command line or configuration", () => {
    expect([settingOf("Restart"), settingOf("StartLimitIntervalSec")]).toEqual(["always", "0"]);
    expect(settingOf("RestartPreventExitStatus")).toBe("64 78");
  });

  it("starts without network, NATS or time server", () => {
    for (const key of ["Requires", "Requisite", "BindsTo", "Wants"]) expect(settingOf(key)).toBeUndefined();
    expect(settingOf("After")).not.toContain("network-online.target");
  });

  it("holds no comment behind a value: systemd would read it as part of it", () => {
    expect(LINES.filter((line) => /^[^#;].*\s[#;]/.test(line))).toEqual([]);
  });

  it("runs as the user that the sysusers file makes", () => {
    const users = readFileSync(join(PACKAGE_ROOT, "systemd", "touchline.sysusers"), "utf8");
    expect(users).toContain(`u ${settingOf("User")} `);
    expect(settingOf("DynamicUser")).toBeUndefined();
  });
});
