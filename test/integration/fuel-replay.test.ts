import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TelemetryRecording } from "../../daemon/recording/telemetry-recording.js";
import { validateRecord } from "../../daemon/records/index.js";
import { replayRecording } from "../../daemon/replay.js";
import { writeRace } from "../../daemon/simulate/race/index.js";
import type { UnixMicros } from "../../sync/index.js";

const START = (Date.UTC(2026, 4, 16, 18, 30) * 1000) as UnixMicros;

interface FuelLine {
  readonly type: string;
  readonly time: string;
  readonly data: { readonly car: string; readonly fuelKgTotal: number };
}

describe("a simulated race, replayed", () => {
  const folder = mkdtempSync(join(tmpdir(), "touchline-race-"));
  const output = join(folder, "output.jsonl");
  let lines: FuelLine[] = [];

  beforeAll(async () => {
    const options = { seed: 21, cars: 4, minutes: 8, hz: 5, capacityKg: 20, start: START };
    writeRace(
      options,
      folder,
      (dir) => new TelemetryRecording(dir),
      () => undefined,
    );
    await replayRecording(folder, output);
    lines = readFileSync(output, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as FuelLine);
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const fuel = () => lines.filter(({ type }) => type === "touchline.fuel.v1");

  it("makes fuel records that fit their schema, on the race's own clock", () => {
    expect(fuel().length).toBeGreaterThan(4 * 150);
    for (const line of fuel().slice(0, 50)) expect(validateRecord(line)).toEqual([]);
    const last = Math.max(...fuel().map(({ time }) => Date.parse(time)));
    expect(Math.abs(last - START / 1000 - 8 * 60_000)).toBeLessThan(5000);
  });

  it("tells what was burned, near to the truth of the simulation", () => {
    const truth = readFileSync(join(folder, "truth", "fuel.csv"), "utf8")
      .trim()
      .split("\n")
      .slice(1);
    for (const car of ["01", "02", "03", "04"]) {
      const told = fuel().findLast(({ data }) => data.car === car)?.data.fuelKgTotal ?? 0;
      const row = truth.findLast((line) => line.split(",")[1] === car) ?? "";
      expect(Math.abs(told / Number(row.split(",")[3]) - 1)).toBeLessThan(0.1);
    }
  });

  it("is the same to the byte each time", async () => {
    const again = join(folder, "again.jsonl");
    await replayRecording(folder, again);
    const hash = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
    expect(hash(again)).toBe(hash(output));
  }, 60_000);

  it("is read as far as it goes when the recording was cut off", async () => {
    const path = join(folder, "telemetry", "cars.csv.gz");
    const whole = readFileSync(path);
    expect(gunzipSync(whole).length).toBeGreaterThan(100_000);
    writeFileSync(path, whole.subarray(0, Math.floor(whole.length * 0.6)));
    const { skipped, records } = await replayRecording(folder, join(folder, "cut.jsonl"));
    expect(skipped).toHaveLength(1);
    expect(records).toBeGreaterThan(100);
    expect(records).toBeLessThan(lines.length);
  }, 60_000);
});
