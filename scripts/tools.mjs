// The servers and programs that the tests run for real: from the PATH, else from the system's packages where this user may install them.
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Program on the PATH, and the Debian package that brings it. */
const TOOLS = [
  { program: "nats-server", package: "nats-server" },
  { program: "ffmpeg", package: "ffmpeg" },
  { program: "chromium", package: "chromium" },
  { program: "promtool", package: "prometheus" },
  { program: "systemd-analyze", package: "systemd" },
  { program: "curl", package: "curl" },
  { program: "sox", package: "sox" },
];

export function ensureTools() {
  const missing = TOOLS.filter(({ program }) => !isOnPath(program));
  if (missing.length > 0 && process.getuid?.() === 0 && isOnPath("apt-get"))
    installPackages(missing.map((tool) => tool.package));
  for (const { program, package: name } of missing.filter((tool) => !isOnPath(tool.program))) {
    console.error(
      `${program} is missing (package ${name}): the tests that need it ${process.env.CI ? "fail" : "are skipped"}.`,
    );
  }
}

function installPackages(packages) {
  console.error(`Installing for the tests: ${packages.join(", ")} ...`);
  // A policy that forbids starting services: the tests start their own servers.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  const quiet = { stdio: ["ignore", "ignore", "inherit"], env };
  spawnSync("apt-get", ["update", "-qq"], quiet);
  spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], quiet);
}

function isOnPath(program) {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
