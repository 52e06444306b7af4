import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PACKAGE_ROOT } from "../../../daemon/package-files.js";
import { API_ERRORS } from "../../../daemon/web/api-error.js";

const doc = (name: string) => readFileSync(join(PACKAGE_ROOT, "docs", name), "utf8");

/** Every metric the sources name; those of the outputs are put together from a prefix and a name. */
function metricsInSources(): Set<string> {
  const folder = join(PACKAGE_ROOT, "daemon");
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(folder, name), "utf8"));
  const whole = sources.flatMap((text) => [...text.matchAll(/"(touchline_[a-z_]*[a-z])"/g)].map((match) => match[1]!));
  const built = sources
    .filter((text) => text.includes("`touchline_output_$"))
    .flatMap((text) =>
      [...text.matchAll(/(?:counter|gauge)\("([a-z_]+)"/g)].map((match) => `touchline_output_${match[1]}`),
    );
  return new Set([...whole, ...built]);
}

describe("docs/metrics.md", () => {
  const documented = new Set([...doc("metrics.md").matchAll(/`(touchline_[a-z_]+)`/g)].map((match) => match[1]!));

  it("lists every metric and none that is gone", () => {
    const inSources = metricsInSources();
    expect(inSources.size).toBeGreaterThan(40);
    expect([...documented].sort()).toEqual([...inSources].sort());
  });

  it("holds every metric the alerts rely on", () => {
    const rules = readFileSync(join(PACKAGE_ROOT, "systemd", "monitoring", "alerts.yml"), "utf8");
    const used = [...rules.matchAll(/touchline_[a-z_]+/g)].map(([name]) => name.replace(/_bucket$/, ""));
    expect(used.filter((name) => !documented.has(name))).toEqual([]);
  });
});

describe("docs/http.md", () => {
  it("lists every error of the API with its status and none that is gone", () => {
    const rows = [...doc("http.md").matchAll(/^\| `([A-Z_]+)` \| (\d+) \|/gm)].map(
      (match) => `${match[1]} ${match[2]}`,
    );
    const errors = Object.entries(API_ERRORS).map(([code, { status }]) => `${code} ${status}`);
    expect(rows.sort()).toEqual(errors.sort());
  });
});
