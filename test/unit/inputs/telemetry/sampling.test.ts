import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  AdaptiveSampler,
  MAX_CARS,
  SampleGate,
  SampleGuard,
  SIGNALS,
  sampleOfMessage,
  samplesOfBody,
  type TelemetrySample,
  toBatch,
} from "../../../../daemon/inputs/telemetry/index.js";

const sample = (fields: Partial<TelemetrySample>): TelemetrySample => ({
  ...sampleOfMessage({ car: "1", t: 0 }),
  ...fields,
});
const RPM = SIGNALS.indexOf("rpm");

function keptTimes(
  hz: number,
  seconds: number,
  valueAt: (t: number) => number,
  sampling = { minHz: 5, maxHz: 20 },
): number[] {
  const sampler = new AdaptiveSampler(sampling, 10);
  const times: number[] = [];
  for (let i = 0; i < hz * seconds; i++) {
    if (sampler.push(sample({ t: i / hz, rpm: valueAt(i / hz) })) !== null) times.push(i / hz);
  }
  expect((sampler.kept[RPM] ?? 0) + (sampler.dropped[RPM] ?? 0)).toBe(hz * seconds);
  return times;
}

describe("AdaptiveSampler", () => {
  it("keeps a steady signal at 5 Hz, whatever the rate it is offered in", () => {
    for (const hz of [5, 7, 10, 13, 50, 60]) {
      const times = keptTimes(hz, 20, () => 7000);
      const gaps = times.slice(1).map((t, index) => t - (times[index] ?? 0));
      expect(Math.max(...gaps), `${hz} Hz`).toBeLessThanOrEqual(0.2 + 1e-6);
      expect(times.length, `${hz} Hz`).toBeLessThanOrEqual(Math.min(hz, 10) * 20);
    }
  });

  it("keeps everything of a feed that offers less than 5 Hz", () => {
    expect(keptTimes(2, 30, () => 7000)).toHaveLength(60);
  });

  it("keeps what changes, at no more than the cap", () => {
    const times = keptTimes(50, 20, (t) => 7000 + 500 * Math.sin(t * 8));
    expect(times.length).toBeGreaterThan(15 * 20);
    expect(times.length).toBeLessThanOrEqual(20 * 20 + 1);
  });

  it("does not hold back the change of a lap, a flag or a gear", () => {
    const sampler = new AdaptiveSampler({ minHz: 5, maxHz: 20 }, 10);
    sampler.push(sample({ t: 0, lap: 3, rpm: 7000 }));
    expect(sampler.push(sample({ t: 0.01, lap: 3, rpm: 7000 }))).toBeNull();
    expect(sampler.push(sample({ t: 0.02, lap: 4, rpm: 7000 }))).toMatchObject({ lap: 4 });
  });

  it("makes whole samples of single signals, and carries no place on the lap from another instant", () => {
    const sampler = new AdaptiveSampler({ minHz: 5, maxHz: 20 }, 10);
    sampler.push(sample({ t: 0, rpm: 7000 }));
    sampler.push(sample({ t: 0.01, throttle: 0.7 }));
    const whole = sampler.push(sample({ t: 0.05, lapPct: 0.4 }));
    expect(whole).toMatchObject({ rpm: 7000, throttle: 0.7, lapPct: 0.4 });
    expect(sampler.push(sample({ t: 0.2, speedMps: 60 }))?.lapPct).toBeNaN();
    expect(sampler.push(sample({ t: 3, speedMps: 60 }))?.throttle).toBeNaN();
  });

  it("keeps the integral of what it thins within half a percent", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), (seed) => {
        const throttleAt = (t: number) => 0.5 + 0.5 * Math.sin(t * 0.9 + seed) * Math.cos(t * 0.23);
        const sampler = new AdaptiveSampler({ minHz: 5, maxHz: 20 }, 10);
        let kept = 0;
        let sum = 0;
        let whole = 0;
        let last = { t: 0, value: throttleAt(0) };
        for (let i = 0; i <= 50 * 30; i++) {
          const t = i / 50;
          if (i > 0) sum += (throttleAt(t) + throttleAt((i - 1) / 50)) / 100;
          const taken = sampler.push(sample({ t, throttle: throttleAt(t) }));
          if (taken === null) continue;
          kept += ((taken.throttle + last.value) / 2) * (t - last.t);
          last = { t, value: taken.throttle };
          whole = sum;
        }
        expect(Math.abs(kept / whole - 1)).toBeLessThan(0.005);
      }),
      { numRuns: 20 },
    );
  });
});

describe("SampleGuard", () => {
  const guard = () => new SampleGuard({ maxCars: 3, forgetSec: 60 });

  it("refuses a throttle in percent, and then also the values that would pass for a share", () => {
    const one = guard();
    expect(one.check(sample({ t: 0, throttle: 1 }))).toBeNull();
    expect(one.check(sample({ t: 1, throttle: 57 }))).toBe("throttlePercent");
    expect(one.check(sample({ t: 2, throttle: 0 }))).toBe("throttlePercent");
    expect(one.check(sample({ t: 100, throttle: 0.4 }))).toBeNull();
  });

  it("takes the overshoot of a full throttle and refuses what is neither share nor percent", () => {
    expect(guard().check(sample({ throttle: 1.03 }))).toBeNull();
    expect(guard().check(sample({ throttle: 1.5 }))).toBe("throttleRange");
    expect(guard().check(sample({ throttle: -0.5 }))).toBe("throttleRange");
  });

  it("refuses what names no car or no time, and what no car does", () => {
    expect(guard().check(sample({ car: "" }))).toBe("noCar");
    expect(guard().check(sample({ t: Number.NaN }))).toBe("noTime");
    expect(guard().check(sample({ speedMps: 900 }))).toBe("range");
    expect(guard().check(sample({ rpm: Number.POSITIVE_INFINITY }))).toBe("range");
  });

  it("bounds a flood of unknown cars, and makes room where one has gone quiet", () => {
    const one = guard();
    for (const car of ["1", "2", "3"]) expect(one.check(sample({ car, t: 0 }))).toBeNull();
    expect(one.check(sample({ car: "4", t: 1 }))).toBe("tooManyCars");
    expect(one.check(sample({ car: "1", t: 100 }))).toBeNull();
    expect(one.check(sample({ car: "4", t: 100 }))).toBeNull();
    expect(one.cars).toBe(3);
  });
});

describe("SampleGate", () => {
  it("counts every sample it refuses and every value it thins, and stays bounded under a flood", () => {
    const gate = new SampleGate({ minHz: 5, maxHz: 20 });
    const refused: string[] = [];
    for (let i = 0; i < 10_000; i++)
      gate.pushAll([sample({ car: `c${i}`, t: 1, rpm: 1 })], (reason) => refused.push(reason));
    const counts = gate.counts();
    expect(counts.offered).toBe(10_000);
    expect(counts.cars).toBe(MAX_CARS);
    expect(counts.refused.tooManyCars).toBe(10_000 - MAX_CARS);
    expect(refused).toHaveLength(10_000 - MAX_CARS);
    expect(counts.values.rpm).toEqual({ kept: MAX_CARS, dropped: 0 });
  });
});

describe("a batch of samples", () => {
  it("is the same after it went through the inbox as text", () => {
    const samples = [sample({ car: "07", t: 1.25, speedMps: 80.5, pit: 1 }), sample({ car: "7", t: 1.3, throttle: 0 })];
    const back = samplesOfBody(JSON.parse(JSON.stringify(toBatch(samples, "race"))));
    expect(back).toEqual({ session: "race", samples });
  });

  it("reads single messages and lists too, and anything else as nothing", () => {
    expect(samplesOfBody({ car: "1", t: 2, rpm: 3 }).samples).toMatchObject([{ car: "1", t: 2, rpm: 3 }]);
    expect(
      samplesOfBody([
        { car: "1", t: 2 },
        { car: "2", t: 2 },
      ]).samples,
    ).toHaveLength(2);
    for (const body of [null, 7, "x", { rows: [7, null, []] }]) expect(() => samplesOfBody(body)).not.toThrow();
  });
});
