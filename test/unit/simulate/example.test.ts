import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { PACKAGE_ROOT } from "../../../daemon/package-files.js";
import { writeExample } from "../../../daemon/simulate/index.js";

const dir = mkdtempSync(join(tmpdir(), "touchline-example-"));
const shipped = join(PACKAGE_ROOT, "config", "example");

afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe("config/example", () => {
  it("is, byte for byte, what the simulator makes", async () => {
    await writeExample(dir);
    const made = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(made.length).toBe(6);
    for (const entry of made) {
      const path = join(entry.parentPath, entry.name);
      const inside = path.slice(dir.length);
      expect(readFileSync(path).equals(readFileSync(join(shipped, inside))), inside).toBe(true);
    }
  });

  it("is small enough to ship", () => {
    expect(readFileSync(join(shipped, "whistles.wav")).length).toBeLessThan(700_000);
  });
});
