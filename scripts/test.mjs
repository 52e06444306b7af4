// `npm test`: installs what the tests need, checks the sources, runs every test, and ends with the line `N passed, N failed, N skipped`.
// Arguments are handed to vitest: `npm test -- test/unit/dsp`.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureTools } from "./tools.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const filters = process.argv.slice(2);

if (run(process.execPath, ["scripts/setup.mjs"]) !== 0) process.exit(1);
ensureTools();

const checks = filters.length === 0 ? runChecks() : { passed: 0, failed: 0 };
const tests = runTests();
const passed = checks.passed + tests.passed;
const failed = checks.failed + tests.failed;
console.log(`${passed} passed, ${failed} failed, ${tests.skipped} skipped`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

function runChecks() {
  const status = run("npm", ["run", "--silent", "check"]);
  if (status !== 0) console.error("Failed: npm run check (format, lint, types, generated files)");
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1 };
}

function runTests() {
  const folder = mkdtempSync(join(tmpdir(), "touchline-test-"));
  const report = join(folder, "report.json");
  run(process.execPath, [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...filters,
  ]);
  const counts = existsSync(report)
    ? countsOf(JSON.parse(readFileSync(report, "utf8")))
    : { passed: 0, failed: 1, skipped: 0 };
  rmSync(folder, { recursive: true });
  return counts;
}

/** A file that fails to load runs no test of its own, yet is a failure. */
function countsOf(report) {
  const brokenFiles = report.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

function run(command, args) {
  return spawnSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] }).status ?? 1;
}
