// Makes the checkout runnable: installs when the lockfile or Node's ABI changed, builds when a source is newer than the last build.
// Quick when there is nothing to do, because `npm start` goes through it every time.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const MINIMUM_NODE = [20, 19];
const INSTALL_STAMP = join(root, "node_modules", ".touchline-setup.json");
const BUILD_STAMP = join(root, "dist", ".built");
const SOURCES = ["daemon", "dsp", "sync", "models", "config", "tsconfig.json", "tsconfig.build.json"];

requireNode();
if (installedFor() !== wantedInstall()) install();
if (newestChange(SOURCES) > builtAt()) build();

function requireNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1])) return;
  fail(`Node ${process.versions.node} is too old: Touchline needs ${MINIMUM_NODE.join(".")} or newer.`);
}

function wantedInstall() {
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  return JSON.stringify({ lock, abi: process.versions.modules, platform: process.platform, arch: process.arch });
}

function installedFor() {
  return existsSync(INSTALL_STAMP) ? readFileSync(INSTALL_STAMP, "utf8") : null;
}

function install() {
  console.error("Installing the packages (about a minute: SQLite is compiled on this machine) ...");
  run(
    "npm",
    ["ci", "--no-audit", "--no-fund", "--loglevel=error"],
    "npm ci failed: the lines above say why. A C++ toolchain is needed (apt-get install build-essential python3).",
  );
  requireSqlite();
  writeFileSync(INSTALL_STAMP, wantedInstall());
}

/** A compiler that is set to the headers of another Node builds a SQLite that this one cannot load: told here, not when the store opens. */
function requireSqlite() {
  const load =
    "try { new (require('better-sqlite3'))(':memory:').close() } catch (error) { console.error(error.message); process.exit(1) }";
  const { status, stderr } = spawnSync(process.execPath, ["-e", load], { cwd: root, encoding: "utf8" });
  if (status === 0) return;
  fail(
    `SQLite was built but does not load in Node ${process.versions.node}: ${stderr.trim()}\n` +
      "Try: unset npm's `nodedir` (npm config get nodedir) or point it at this Node's headers, then npm rebuild better-sqlite3",
  );
}

function build() {
  console.error("Building ...");
  run(process.execPath, [join(root, "scripts", "build.mjs")], "the build failed: the lines above say where.");
  mkdirSync(dirname(BUILD_STAMP), { recursive: true });
  writeFileSync(BUILD_STAMP, "");
}

function builtAt() {
  return existsSync(BUILD_STAMP) ? statSync(BUILD_STAMP).mtimeMs : Number.NEGATIVE_INFINITY;
}

function newestChange(names) {
  let newest = 0;
  for (const name of names) {
    const path = join(root, name);
    if (!existsSync(path)) continue;
    const stat = statSync(path);
    const inside = stat.isDirectory() ? newestChange(readdirSync(path).map((entry) => join(name, entry))) : 0;
    newest = Math.max(newest, stat.mtimeMs, inside);
  }
  return newest;
}

function run(command, args, failure) {
  // npm's words go to stderr: stdout belongs to the program that is started afterwards.
  const { status } = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (status !== 0) fail(failure);
}

function fail(message) {
  console.error(`Error: ${message}`);
  process.exit(1);
}
