import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import {
  formatOfFile,
  HOUSE_UNITS,
  readTelemetryFile,
  type SampleBatch,
  SampleGate,
  sampleOfMessage,
  TelemetryIntake,
  TelemetryMapping,
  type TelemetrySample,
} from "../../../../daemon/inputs/telemetry/index.js";

const sample = (car: string, t: number): TelemetrySample => sampleOfMessage({ car, t, rpm: 7000, throttle: 0.5 });

function rig(
  options: { maxWaiting?: number; maxBatch?: number; deliver?: (batch: SampleBatch) => Promise<void> } = {},
) {
  const batches: SampleBatch[] = [];
  const dropped: Record<string, number> = {};
  const problems: string[] = [];
  const intake = new TelemetryIntake({
    name: "cars",
    session: "race",
    gate: new SampleGate({ minHz: 5, maxHz: 20 }),
    deliver: options.deliver ?? (async (batch) => void batches.push(batch)),
    onProblem: ({ message }) => problems.push(message),
    onDropped: (reason, count) => {
      dropped[reason] = (dropped[reason] ?? 0) + count;
    },
    limits: { batchMs: 1, maxWaiting: options.maxWaiting ?? 1000, maxBatch: options.maxBatch ?? 100 },
  });
  return { intake, batches, dropped, problems };
}

describe("TelemetryIntake", () => {
  it("says that samples are durable only when their batch is stored", async () => {
    let store: () => void = () => undefined;
    const stored = new Promise<void>((resolve) => {
      store = resolve;
    });
    const { intake } = rig({ deliver: () => stored });
    let isTold = false;
    const done = intake.push([sample("1", 0)]).then((isDurable) => {
      isTold = true;
      return isDurable;
    });
    const flushed = intake.flush();
    await Promise.resolve();
    expect(isTold).toBe(false);
    expect(intake.waiting).toBe(1);
    store();
    expect(await done).toBe(true);
    await flushed;
    expect(intake.waiting).toBe(0);
  });

  it("puts the samples of all cars that come together into one row of the inbox", async () => {
    const { intake, batches } = rig();
    await Promise.all(["1", "2", "3"].map((car) => intake.push([sample(car, 0)])));
    expect(batches).toHaveLength(1);
    expect(batches[0]?.session).toBe("race");
    expect(batches[0]?.rows.map((row) => row[0])).toEqual(["1", "2", "3"]);
  });

  it("drops and counts what it has no room for, and says so to who waits", async () => {
    const { intake, dropped } = rig({ maxWaiting: 10, deliver: () => new Promise(() => undefined) });
    const cars = Array.from({ length: 25 }, (_, index) => sample(String(index), 0));
    expect(await intake.push(cars)).toBe(false);
    expect(dropped).toEqual({ backlog: 15 });
    expect(intake.waiting).toBe(10);
  });

  it("counts samples that the store refused, and says that they are not durable", async () => {
    const { intake, dropped, problems } = rig({ deliver: () => Promise.reject(new Error("disk full")) });
    expect(await intake.push([sample("1", 0)])).toBe(false);
    expect(dropped).toEqual({ store: 1 });
    expect(problems).toEqual(["disk full"]);
    expect(intake.waiting).toBe(0);
  });

  it("says how to mend a throttle in percent", async () => {
    const { intake, problems, batches } = rig();
    expect(await intake.push([sampleOfMessage({ car: "1", t: 0, throttle: 88 })])).toBe(true);
    await intake.flush();
    expect(problems[0]).toContain("units.throttle: percent");
    expect(batches).toEqual([]);
  });
});

describe("readTelemetryFile", () => {
  const folder = mkdtempSync(join(tmpdir(), "touchline-telemetry-"));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const mapping = (path: string) =>
    new TelemetryMapping({ format: formatOfFile(path), fields: {}, columns: null, signal: null, units: HOUSE_UNITS });

  it("puts a file that was written car after car into the order of time", async () => {
    const path = join(folder, "race.telemetry.csv.gz");
    writeFileSync(path, gzipSync("t,car,rpm\n0,1,10\n1,1,11\n2,1,12\n0,2,20\n1,2,21\nbroken\n2,2,22\n"));
    const { samples, problems } = await readTelemetryFile(path, mapping(path));
    expect(samples.map(({ t, car }) => `${t}/${car}`)).toEqual(["0/1", "0/2", "1/1", "1/2", "2/1", "2/2"]);
    expect(problems).toHaveLength(1);
  });

  it("reads JSON lines, and a broken line harms no other", async () => {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, "race.jsonl");
    writeFileSync(path, '{"car":"1","t":2}\n{"car":\n\n{"car":"2","t":1}\n');
    const { samples, problems } = await readTelemetryFile(path, mapping(path));
    expect(samples.map(({ car }) => car)).toEqual(["2", "1"]);
    expect(problems).toHaveLength(1);
  });

  it("fails in words when there is no such file", async () => {
    await expect(readTelemetryFile(join(folder, "none.csv.gz"), mapping("none.csv.gz"))).rejects.toThrow(/ENOENT/);
  });
});
