import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { PACKAGE_ROOT } from "../../../daemon/package-files.js";
import { findTool } from "./tools.js";

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook: string };
}
interface RuleTest {
  readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
}

const FOLDER = join(PACKAGE_ROOT, "systemd", "monitoring");
const read = <T>(name: string) => parse(readFileSync(join(FOLDER, name), "utf8")) as T;
const rules = read<{ groups: { rules: Rule[] }[] }>("alerts.yml").groups.flatMap((group) => group.rules);
const tests = read<{ tests: RuleTest[] }>("alerts.test.yml").tests.flatMap((entry) => entry.alert_rule_test);
const runbook = readFileSync(join(PACKAGE_ROOT, "docs", "runbook.md"), "utf8");

const promtool = findTool("promtool");
const tool = promtool === null ? it.skip : it;
const named = (name: string) => (promtool === null ? `skipped: promtool is not on the PATH: ${name}` : name);

function run(...args: string[]): [number | null, string] {
  const { status, stdout, stderr } = spawnSync(promtool ?? "", args, { cwd: FOLDER, encoding: "utf8" });
  return [status, status === 0 ? "" : `${stdout}${stderr}`];
}

describe("the alert rules", () => {
  tool(named("are rules Prometheus takes"), () => {
    expect(run("check", "rules", "alerts.yml")).toEqual([0, ""]);
  });

  tool(named("fire when they should and not when they should not"), () => {
    expect(run("test", "rules", "alerts.test.yml")).toEqual([0, ""]);
  });

  it.each(rules.map((rule) => [rule.alert, rule] as const))("%s is tested both ways", (alert) => {
    const own = tests.filter((test) => test.alertname === alert);
    expect(own.some((test) => test.exp_alerts.length > 0)).toBe(true);
    expect(own.some((test) => test.exp_alerts.length === 0)).toBe(true);
  });

  it.each(rules.map((rule) => [rule.alert, rule] as const))("%s tells a person what to do", (alert, rule) => {
    expect(["critical", "warning"]).toContain(rule.labels.severity);
    expect(rule.annotations.summary.length).toBeGreaterThan(0);
    expect(rule.annotations.runbook).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
    expect(runbook).toContain(`### ${alert}\n`);
  });

  it("has no entry in the runbook for an alert that is gone", () => {
    const entries = [...runbook.matchAll(/^### (Touchline\w+)$/gm)].map((match) => match[1]);
    expect(entries.sort()).toEqual(rules.map((rule) => rule.alert).sort());
  });
});
