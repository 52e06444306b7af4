import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ERRORS, TouchlineError } from "../../../daemon/errors.js";
import { PACKAGE_ROOT } from "../../../daemon/package-files.js";

/** One row of the page per code, in the table's order. */
function expectedRows(): string[] {
  return Object.entries(ERRORS).map(
    ([code, { exit, text, hint }]) =>
      `| \`${code}\` | ${exit} | ${text.replaceAll("%s", "…")} | ${hint.replaceAll("|", "\\|")} |`,
  );
}

describe("errors", () => {
  it("stand on their page, all of them and no others", () => {
    const page = readFileSync(join(PACKAGE_ROOT, "docs", "errors.md"), "utf8");
    expect(page.split("\n").filter((line) => line.startsWith("| `"))).toEqual(expectedRows());
  });

  it("are used: no code is dead", () => {
    const sources = readdirSync(join(PACKAGE_ROOT, "daemon"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && name !== "errors.ts")
      .map((name) => readFileSync(join(PACKAGE_ROOT, "daemon", name), "utf8"))
      .join("\n");
    expect(Object.keys(ERRORS).filter((code) => !sources.includes(`"${code}"`))).toEqual([]);
  });

  it("say what happened, with the details in their places, and what to do next", () => {
    const error = new TouchlineError("FILE_UNREADABLE", ["a$1.wav", "no such file"]);
    expect(error.message).toBe("cannot read a$1.wav: no such file");
    expect(error).toMatchObject({ exitCode: 69, hint: "check the path and its permissions" });
  });
});
