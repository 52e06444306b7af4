import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { generatedConfigFiles } from "../../../config/generate.js";
import { environmentOptions, formatProblem, loadVenueConfig } from "../../../config/index.js";
import { groupsOf } from "../../../config/options.js";
import { VENUE_SCHEMA } from "../../../config/schema.js";
import { PACKAGE_ROOT } from "../../../daemon/package-files.js";

const read = (path: string) => readFileSync(join(PACKAGE_ROOT, path), "utf8");

/** As an editor or another program would check a file: nothing of ours but the published schema. */
function stockValidator(path: string) {
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
  ajv.addFormat("date-time", (text: string) => Number.isFinite(Date.parse(text)));
  return ajv.compile(JSON.parse(read(path)) as object);
}

describe("the generated files", () => {
  it.each([...generatedConfigFiles().keys()])(
    "%s is what the declaration says now (else: npm run generate)",
    (path) => {
      expect(read(path)).toBe(generatedConfigFiles().get(path));
    },
  );
});

describe("the example file", () => {
  it("is good", () => {
    const result = loadVenueConfig(join(PACKAGE_ROOT, "config/venue.example.yaml"), {});
    expect(result.ok ? [] : result.problems.map(formatProblem)).toEqual([]);
    expect(result.ok ? result.warnings : []).toEqual([]);
  });

  it("names every option, set or as a comment", () => {
    const text = read("config/venue.example.yaml");
    for (const { segments } of groupsOf(VENUE_SCHEMA).flatMap((group) => group.options)) {
      expect(text).toMatch(new RegExp(`^ *(# |- )?${segments.at(-1)}:`, "m"));
    }
  });

  it("stays good when every comment that shows an option of a single group is taken in", () => {
    const text = read("config/venue.example.yaml").replaceAll(
      /^( {0,4})# (maxBodyBytes|log|level|format|scheduledEnd|maxLag):/gm,
      "$1$2:",
    );
    expect(parse(text)).toMatchObject({
      http: { maxBodyBytes: "1MB" },
      sessions: [{ scheduledEnd: expect.any(String) }],
    });
  });
});

describe("the published schema", () => {
  it("accepts what the loader accepts, in a validator that knows nothing of us", () => {
    const validate = stockValidator("config/schema/venue.schema.json");
    expect(validate(parse(read("config/venue.example.yaml")))).toBe(true);
    expect(validate({ venue: "arena" })).toBe(true);
  });

  it("refuses what the loader refuses", () => {
    const validate = stockValidator("config/schema/venue.schema.json");
    const wrong = [
      {},
      { venue: "a b" },
      { venue: "a", store: { maxBytes: "20 gb" } },
      { venue: "a", http: { listen: 1 } },
    ];
    expect(wrong.map((data) => validate(data))).toEqual([false, false, false, false]);
  });

  it("accepts the sport profiles that are shipped", () => {
    const validate = stockValidator("config/schema/sport.schema.json");
    for (const sport of ["football", "motorsport"])
      expect(validate(parse(read(`config/sports/${sport}.yaml`)))).toBe(true);
  });
});

describe("the reference page", () => {
  it("tells every option and every variable", () => {
    const page = read("docs/configuration.md");
    for (const { segments } of groupsOf(VENUE_SCHEMA).flatMap((group) => group.options)) {
      expect(page).toContain(`| \`${segments.at(-1)}\` |`);
    }
    for (const { variable } of environmentOptions(VENUE_SCHEMA)) expect(page).toContain(`\`${variable}\``);
  });
});
