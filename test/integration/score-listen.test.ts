import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { scoreCommand } from "../../daemon/commands/score.js";
import { TouchlineError } from "../../daemon/errors.js";
import { PACKAGE_ROOT } from "../../daemon/package-files.js";

const EXAMPLE = join(PACKAGE_ROOT, "config", "example", "whistles.wav");
const root = mkdtempSync(join(tmpdir(), "touchline-score-listen-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const WHISTLES = [
  { startSec: 1.5, endSec: 2.3 },
  { startSec: 4.9, endSec: 5.4 },
];

let made = 0;
/** A folder of recordings whose files are all the shipped example. */
function recordings(files: readonly object[] | string): string {
  const dir = join(root, String(++made));
  mkdirSync(dir);
  copyFileSync(EXAMPLE, join(dir, "a.wav"));
  writeFileSync(join(dir, "labels.json"), typeof files === "string" ? files : JSON.stringify({ files }));
  return dir;
}

const file = (more: object = {}) => ({ file: "a.wav", kind: "real", durationSec: 20, whistles: WHISTLES, ...more });

async function printed(...args: string[]): Promise<string> {
  const parts: string[] = [];
  const write = process.stdout.write;
  process.stdout.write = (text: string | Uint8Array) => parts.push(String(text)) > 0;
  try {
    await scoreCommand().parseAsync(["listen", ...args], { from: "user" });
  } finally {
    process.stdout.write = write;
  }
  return parts.join("");
}

async function rows(...args: string[]): Promise<Record<string, unknown>[]> {
  const text = await printed(...args, "--json");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return "none";
  } catch (error) {
    return error instanceof TouchlineError ? error.code : String(error);
  }
}

describe("touchline score listen", () => {
  it("scores each group and each file; whistles without a label are false alarms unless they are ignored", async () => {
    const dir = recordings([file(), file({ kind: "late", ignore: [[7, 20]] })]);
    const all = await rows(dir, "--files");
    expect(all.map(({ table, group }) => `${table} ${group}`)).toEqual([
      "files real",
      "files late",
      "groups late",
      "groups real",
      "groups all",
    ]);
    expect(all[0]).toMatchObject({ targets: 2, found: 2, recall: 1 });
    expect(all[0]?.falseAlarms).toBeGreaterThan(0);
    expect(all[1]).toMatchObject({ targets: 2, found: 2, falseAlarms: 0, precision: 1, f1: 1 });
    expect(all[4]).toMatchObject({ files: 2, targets: 4 });
  });

  it("a file without whistles has false alarms a minute but no F1", async () => {
    const [group] = await rows(recordings([file({ kind: "bed", whistles: [] })]));
    expect(group).toMatchObject({ targets: 0, found: 0, recall: null, f1: null });
    expect(group?.falseAlarmsPerMinute).toBeGreaterThan(0);
  });

  it("a label that nothing answers is missed, and lowers the recall only", async () => {
    const dir = recordings([file({ whistles: [...WHISTLES, { startSec: 14, endSec: 14.5 }], ignore: [[7, 20]] })]);
    const [group] = await rows(dir);
    expect(group).toMatchObject({ targets: 3, found: 2, precision: 1 });
    expect(group?.recall).toBeCloseTo(2 / 3, 5);
  });

  it("an empty list of files is no error", async () => {
    expect(await rows(recordings([]))).toMatchObject([{ group: "all", files: 0, targets: 0, f1: null }]);
  });

  it("names what is wrong with the labels or the files", async () => {
    expect(await codeOf(printed(recordings("{")))).toBe("REC_INVALID");
    expect(await codeOf(printed(recordings("{}")))).toBe("REC_INVALID");
    expect(await codeOf(printed(recordings([file({ durationSec: "20" })])))).toBe("REC_INVALID");
    expect(await codeOf(printed(recordings([file({ whistles: [{ startSec: 1 }] })])))).toBe("REC_INVALID");
    expect(await codeOf(printed(recordings([file({ file: "none.wav" })])))).toBe("FILE_UNREADABLE");
    expect(await codeOf(printed(join(root, "none")))).toBe("FILE_UNREADABLE");
  });

  it("--robustness: a line for each condition, the same each time, the undamaged recordings first", async () => {
    const dir = recordings([file({ ignore: [[7, 20]] })]);
    const args = [dir, "--robustness", "--conditions", "GAIN -12 db, mains hum"];
    const first = await rows(...args);
    expect(first.map(({ condition }) => condition)).toEqual(["as recorded", "gain -12 dB", "mains hum"]);
    expect(first[0]).toMatchObject({ table: "robustness", files: 1, targets: 2, f1: 1, f1Change: 0 });
    expect(first[1]).toMatchObject({ f1Change: 0, falseAlarmsPerMinute: 0 });
    expect(await rows(...args)).toEqual(first);
    expect(await printed(...args)).toMatch(/mains hum .* 1\.000 /);
  });

  it("--robustness refuses what does not go with it", async () => {
    const dir = recordings([file()]);
    for (const args of [["--mix", "0"], ["--files"], ["--conditions", "rain"]]) {
      expect(await codeOf(printed(dir, "--robustness", ...args))).toBe("USAGE");
    }
    expect(await codeOf(printed(dir, "--conditions", "wind"))).toBe("USAGE");
    expect(await codeOf(printed(dir, "--robustness", "--minutes", "0"))).toBe("SIM_BAD_OPTION");
  });
});
