import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fuelCommand } from "../../../daemon/commands/fuel.js";
import type { TelemetrySample } from "../../../models/index.js";
import { LAP_M, makeCar } from "../models/race-generator.js";

let folder = "";
let output = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "touchline-fuel-"));
  output = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    output += String(text);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation(() => true);
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const STOP = [200, 220] as const;
const CARS = ["07", "7"].map((car, i) => makeCar({ car, seconds: 400, hz: 5, offsetSec: 9 * i, stops: [STOP] }));

/** Car after car, as recorded files are. */
function telemetryText(percent = false): string {
  const rows = CARS.flatMap(({ samples }) => samples).map((sample: TelemetrySample) => {
    const { t, car, lap, lapPct, speedMps, rpm, throttle = 0, flag, pit } = sample;
    return [t, car, lap, lapPct, speedMps, rpm, percent ? 100 * throttle : throttle, 0, 4, flag, pit].join(",");
  });
  return ["t,car,lap,lapPct,speed,rpm,thr,brk,gear,flag,pit", ...rows, ""].join("\n");
}

function write(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function files(): string[] {
  const pits = CARS.map(({ burnedKg }, i) => {
    const kg = burnedKg(STOP[0]).toFixed(3);
    return `r,${["07", "7"][i]},${STOP[0]},${STOP[1]},5,True,${kg},${kg}`;
  });
  return [
    write("race.telemetry.csv.gz", gzipSync(telemetryText())),
    "--pits",
    write("race.pits.csv", ["race,car,t_in,t_out,lap,full,fill_kg_obs,fill_kg_time_obs", ...pits].join("\n")),
    "--cars",
    write("race.cars.csv", "race,car,name,maker\nr,07,a,Ford\nr,7,b,Ford\n"),
    "--weather",
    write("race.weather.csv", "t,air_c\n0,26.85\n300,26.85\n"),
    "--race",
    write("race.json", JSON.stringify({ track_len_m: LAP_M, tank_kg: 84, density: 0.75, cautions: [] })),
  ];
}

interface Line {
  readonly kind: string;
  readonly car: string;
  readonly t: number;
  readonly [field: string]: unknown;
}

async function fuel(...args: readonly string[]): Promise<Line[]> {
  await fuelCommand()
    .exitOverride()
    .parseAsync([...args], { from: "user" });
  return output
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Line);
}

describe("touchline fuel", () => {
  it("tells laps, stints and windows of cars whose numbers differ by a zero", async () => {
    const lines = await fuel(...files(), "--json");
    expect(new Set(lines.map(({ car }) => car))).toEqual(new Set(["07", "7"]));
    const stints = lines.filter(({ kind }) => kind === "stint");
    expect(stints.map(({ car, stint, t }) => [car, stint, t])).toEqual([
      ["07", 1, 200],
      ["7", 1, 200],
    ]);
    expect(lines.filter(({ kind, car }) => kind === "lap" && car === "7").length).toBe(8);
    const window = lines.filter(({ kind }) => kind === "window").at(-1)!;
    expect(Object.keys(window)).toEqual(
      expect.arrayContaining(["t", "fuelKgTotal", "fuelKgTotalSd", "lapsLeft", "lapsLeftSd", "mpg", "trend"]),
    );
    expect(window).not.toHaveProperty("insight");
  });

  it("is causal: what is told before the stop does not depend on how fills are known", async () => {
    const untilStop = async (fills: string): Promise<Line[]> => {
      output = "";
      return (await fuel(...files(), "--json", "--fills", fills)).filter(({ t }) => t <= STOP[0]);
    };
    const weighed = await untilStop("weighed");
    expect(weighed.length).toBeGreaterThan(100);
    expect(await untilStop("none")).toEqual(weighed);
  });

  it("gives every number of a window with --detail", async () => {
    const lines = await fuel(...files(), "--json", "--detail");
    const insight = lines.filter(({ kind }) => kind === "window").at(-1)?.insight;
    expect(insight).toMatchObject({ basis: { gallon: "US", densityKgPerL: 0.75, model: expect.any(String) } });
  });

  it("shows people a table", async () => {
    await fuel(...files());
    expect(output).toContain("mpg");
    expect(output).toContain("Stints");
  });

  it("refuses a throttle in per cent and says what to do", async () => {
    const path = write("percent.csv", telemetryText(true));
    await expect(fuel(path, "--json")).rejects.toMatchObject({ code: "FUEL_PERCENT", exitCode: 1 });
  });

  it("refuses a file without revolutions or throttle, and one whose cars are too many", async () => {
    const without = write("no-rpm.csv", telemetryText(false).replace(",rpm,", ",other,"));
    await expect(fuel(without, "--json")).rejects.toThrow(/no value in a column 'rpm'/);
    const rows = Array.from({ length: 1001 }, (_, n) => `0,c${n},50,6000,1`);
    const flood = write("flood.csv", `t,car,speed,rpm,thr\n${rows.join("\n")}\n`);
    await expect(fuel(flood, "--json")).rejects.toThrow(/more than 1000 cars/);
  });

  it("says which file is wrong and why", async () => {
    await expect(fuel(write("empty.csv", ""), "--json")).rejects.toMatchObject({ code: "FUEL_BAD_FILE" });
    await expect(fuel(write("other.csv", "a,b\n1,2\n"))).rejects.toMatchObject({ code: "FUEL_BAD_FILE" });
    await expect(fuel(join(folder, "none.csv"))).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
    await expect(fuel(files()[0]!, "--car", "no-such-car")).rejects.toMatchObject({ code: "FUEL_NO_PROFILE" });
    const broken = write("broken.csv.gz", Buffer.from("not gzip"));
    await expect(fuel(broken)).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
  });
});
