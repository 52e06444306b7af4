import { describe, expect, it } from "vitest";
import { HOUSE_UNITS, type MappingSpec, TelemetryMapping } from "../../../../daemon/inputs/telemetry/index.js";

const JSON_FEED: MappingSpec = { format: "json", fields: {}, columns: null, signal: null, units: HOUSE_UNITS };

function read(spec: Partial<MappingSpec>, payload: unknown, subject = "race.telemetry.07") {
  const text = typeof payload === "string" ? payload : JSON.stringify(payload);
  return new TelemetryMapping({ ...JSON_FEED, ...spec }).read(subject, text, 1_700_000_000);
}

describe("TelemetryMapping", () => {
  it("reads an object per sample under the published names", () => {
    const { samples, problems } = read({}, { car: "07", t: 12.5, speedMps: 80, rpm: 8000, throttle: 0.9, lap: 3 });
    expect(problems).toEqual([]);
    expect(samples).toMatchObject([{ car: "07", t: 12.5, speedMps: 80, rpm: 8000, throttle: 0.9, lap: 3 }]);
    expect(samples[0]?.gear).toBeNaN();
  });

  it("reads a list of samples, and tells of the entries that are none", () => {
    const { samples, problems } = read({}, [{ car: 5, t: 1 }, 7, { car: "6", t: 1 }]);
    expect(samples.map((sample) => sample.car)).toEqual(["5", "6"]);
    expect(problems).toHaveLength(1);
  });

  it("takes fields from paths in the payload and tokens of the subject", () => {
    const fields = { car: "$2", t: "meta.at", speed: "vehicle.v", throttle: "pedals.0" };
    const { samples } = read({ fields }, { meta: { at: 4 }, vehicle: { v: 50 }, pedals: { 0: 0.5 } });
    expect(samples).toMatchObject([{ car: "07", t: 4, speedMps: 50, throttle: 0.5 }]);
  });

  it("converts declared units and guesses none", () => {
    const units = { ...HOUSE_UNITS, time: "ms", speed: "kmh", throttle: "percent", air: "f" } as const;
    const [sample] = read({ units }, { car: "1", t: 2500, speed: 180, throttle: 40, air: 86 }).samples;
    expect(sample?.t).toBeCloseTo(2.5);
    expect(sample?.speedMps).toBeCloseTo(50);
    expect(sample?.throttle).toBeCloseTo(0.4);
    expect(sample?.airC).toBeCloseTo(30);
    expect(
      read({ units: { ...HOUSE_UNITS, speed: "mph" } }, { car: "1", t: 0, speed: 100 }).samples[0]?.speedMps,
    ).toBeCloseTo(44.704);
    expect(read({}, { car: "1", t: 0, throttle: 40 }).samples[0]?.throttle).toBe(40);
  });

  it("reads RFC 3339 times as seconds since 1970, and takes the arrival where no time is sent", () => {
    expect(read({}, { car: "1", t: "2026-05-16T18:30:00.250Z" }).samples[0]?.t).toBeCloseTo(
      Date.UTC(2026, 4, 16, 18, 30) / 1000 + 0.25,
      3,
    );
    expect(read({}, { car: "1", rpm: 1 }).samples[0]?.t).toBe(1_700_000_000);
  });

  it("reads CSV lines by their header, also when it comes in a message of its own and is sent again", () => {
    const mapping = new TelemetryMapping({ ...JSON_FEED, format: "csv" });
    expect(
      mapping.read("", "t,car,lap,lapPct,speed,rpm,thr,brk,gear,flag,pit\n0.2,9,-1,0.99,1.8,8690,0.96,0.0,1,0,0", 0)
        .samples,
    ).toMatchObject([
      { car: "9", t: 0.2, lap: -1, lapPct: 0.99, speedMps: 1.8, rpm: 8690, throttle: 0.96, flag: 0, pit: 0 },
    ]);
    const again = mapping.read(
      "",
      "t,car,lap,lapPct,speed,rpm,thr,brk,gear,flag,pit\r\n0.4,9,-1,0.99,2,8690,1,0,1,1,0\r\n1,2\r\n",
      0,
    );
    expect(again.samples).toMatchObject([{ t: 0.4, flag: 1 }]);
    expect(again.problems).toHaveLength(1);
  });

  it("reads CSV without a header by declared columns", () => {
    const { samples } = read({ format: "csv", columns: ["num", "time", "rpm"], fields: { car: "num" } }, "44,1.5,7000");
    expect(samples).toMatchObject([{ car: "44", t: 1.5, rpm: 7000 }]);
  });

  it("reads one signal per message, from the subject and a bare value or a field of the payload", () => {
    const fields = { car: "$2", t: "at" };
    const names = { rpm: "EngineRPM" };
    const bare = read(
      { format: "signal", fields, signal: { name: "$3", value: "", names } },
      "7100",
      "race.telemetry.44.EngineRPM",
    );
    expect(bare.samples).toMatchObject([{ car: "44", rpm: 7100 }]);
    expect(bare.samples[0]?.throttle).toBeNaN();
    const grouped = read(
      { format: "signal", fields, signal: { name: "$3", value: "v", names } },
      { at: 9, v: 0.3 },
      "race.telemetry.44.throttle",
    );
    expect(grouped.samples).toMatchObject([{ car: "44", t: 9, throttle: 0.3 }]);
    const other = read(
      { format: "signal", fields, signal: { name: "$3", value: "", names } },
      "3",
      "race.telemetry.44.TyrePressure",
    );
    expect(other).toEqual({ samples: [], problems: [] });
  });

  it("tells of payloads that cannot be read, and goes on", () => {
    for (const payload of ["{", "", "[1,2", '"text"', "null", "[[]]"]) {
      const { samples, problems } = read({}, payload);
      expect(samples).toEqual([]);
      expect(problems.length).toBeGreaterThan(0);
    }
  });
});
