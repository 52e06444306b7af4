import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FuelOutput, FuelRace, type RaceMark, type TelemetrySample } from "../../../models/index.js";
import { LAP_M, type MadeCar, makeCar, merge, TEST_PROFILE } from "./race-generator.js";

const OPTIONS = { lapLengthM: LAP_M };

function newRace(): FuelRace {
  return new FuelRace(TEST_PROFILE, OPTIONS);
}

/** Samples with the marks put in where they become known. */
function drive(race: FuelRace, samples: readonly TelemetrySample[], marks: readonly RaceMark[] = []): FuelOutput[] {
  const outputs: FuelOutput[] = [];
  let next = 0;
  for (const sample of samples) {
    for (let mark = marks[next]; mark !== undefined && mark.at <= sample.t; mark = marks[++next]) {
      outputs.push(...race.mark(mark));
    }
    outputs.push(...race.push(sample));
  }
  outputs.push(...race.advance(Number.POSITIVE_INFINITY));
  return outputs;
}

function only<K extends FuelOutput["kind"]>(outputs: readonly FuelOutput[], kind: K, car?: string) {
  return outputs.filter(
    (one): one is Extract<FuelOutput, { kind: K }> => one.kind === kind && (car === undefined || one.car === car),
  );
}

function stopMarks(car: string, tIn: number, tOut: number, kg: number | null, full: boolean | null = true): RaceMark[] {
  return [
    { kind: "pitIn", at: tIn, car },
    { kind: "pitOut", at: tOut, car },
    { kind: "fill", at: tOut, car, kg, how: "weighed", full },
  ];
}

function lastWindow(outputs: readonly FuelOutput[], car: string) {
  const window = only(outputs, "window", car).at(-1);
  if (window === undefined) throw new RangeError("no window");
  return window;
}

const ONE: MadeCar = makeCar({ car: "7", seconds: 600 });

describe("a race without any fill", () => {
  const outputs = drive(newRace(), ONE.samples);

  it("tells each completed lap with its burn at the line", () => {
    const laps = only(outputs, "lap");
    expect(laps.map(({ lap }) => lap)).toEqual(Array.from({ length: 13 }, (_, i) => i + 1));
    for (const [i, { t, fuelKg, regime }] of laps.entries()) {
      expect(t).toBeCloseTo(40 * (i + 2), 1);
      expect(regime).toBe("green");
      expect(fuelKg / (ONE.burnedKg(t) - ONE.burnedKg(t - 40))).toBeCloseTo(1, 2);
    }
  });

  it("tells a window every three seconds, with a total that agrees with the truth", () => {
    const windows = only(outputs, "window");
    expect(windows.length).toBe(201);
    const { windowEnd, fuelKgTotal, mpg, trend } = windows[180]!;
    expect(windowEnd).toBe(543);
    expect(fuelKgTotal.mean / ONE.burnedKg(543)).toBeCloseTo(1, 2);
    expect(fuelKgTotal.sd / fuelKgTotal.mean).toBeGreaterThan(0.015);
    expect(mpg?.mean).toBeGreaterThan(2);
    expect(trend.call).toBe("neutral");
  });

  it("counts the tank down in laps", () => {
    const { lapsLeft, fuelLeftKg, fuelKgTotal } = lastWindow(outputs, "7");
    expect((fuelLeftKg?.mean ?? 0) + fuelKgTotal.mean).toBeCloseTo(84, 6);
    const lapKg = ONE.burnedKg(400) - ONE.burnedKg(360);
    expect(lapsLeft?.currentPace.mean).toBeCloseTo((fuelLeftKg?.mean ?? 0) / lapKg, 0);
  });
});

describe("fills", () => {
  const stops = [
    [300, 330],
    [600, 630],
    [900, 930],
  ] as const;
  const heavy = makeCar({ car: "h", seconds: 1200, scale: 1.03, stops });
  const marks = stops.flatMap(([tIn, tOut], i) =>
    stopMarks("h", tIn, tOut, heavy.burnedKg(tIn) - heavy.burnedKg(stops[i - 1]?.[0] ?? 0)),
  );
  const outputs = drive(newRace(), heavy.samples, marks);
  const stints = only(outputs, "stint");
  const errorOf = (i: number): number => {
    const from = stops[i - 1]?.[1] ?? 0;
    return Math.abs((stints[i]?.fuelKg ?? 0) / (heavy.burnedKg(stops[i]![0]) - heavy.burnedKg(from)) - 1);
  };

  it("tells each stint before its own fill is used", () => {
    expect(stints.map(({ stint, t }) => [stint, t])).toEqual([
      [1, 300],
      [2, 600],
      [3, 900],
    ]);
    expect(errorOf(0)).toBeGreaterThan(0.02);
    for (const { car, t } of only(outputs, "rebased")) {
      const told = outputs.findIndex((one) => one.kind === "stint" && one.car === car && one.t < t && t - one.t < 40);
      expect(told).toBeGreaterThanOrEqual(0);
      expect(told).toBeLessThan(outputs.findIndex((one) => one.kind === "rebased" && one.t === t));
    }
  });

  it("learns the car's scale and moves earlier stints", () => {
    expect(errorOf(2)).toBeLessThan(errorOf(0) / 2);
    const rebased = only(outputs, "rebased").at(-1)!;
    const first = rebased.stints[0]!;
    expect(Math.abs(first.fuelKg / heavy.burnedKg(300) - 1)).toBeLessThan(errorOf(0) / 2);
    expect(rebased.scale.after.sd).toBeLessThan(rebased.scale.before.sd);
  });

  it("teaches the other cars of the same maker a little", () => {
    const race = newRace();
    for (const car of ["h", "o"]) race.mark({ kind: "roster", at: 0, car, maker: "Ford" });
    const other = makeCar({ car: "o", seconds: 1200, offsetSec: 7 });
    const told = drive(race, merge([heavy, other]), marks);
    const scale = lastWindow(told, "o").basis.scale.mean;
    expect(scale).toBeGreaterThan(1.003);
    expect(scale).toBeLessThan(lastWindow(told, "h").basis.scale.mean);
  });

  it("leaves a fill that cannot be outside the gate, counted", () => {
    const race = newRace();
    const wrong = stopMarks("h", 300, 330, 2 * heavy.burnedKg(300));
    const told = drive(race, heavy.samples.slice(0, 5000), wrong);
    expect(race.counters.gated).toBe(1);
    expect(lastWindow(told, "h").basis.scale.mean).toBe(1);
  });

  it("finds out by itself whether a tank was filled when nobody says", () => {
    const burned = heavy.burnedKg(300);
    const scaleAfter = (kg: number) =>
      lastWindow(drive(newRace(), heavy.samples.slice(0, 5000), stopMarks("h", 300, 330, kg, null)), "h").basis.scale;
    expect(scaleAfter(burned).mean).toBeGreaterThan(1.002);
    // Half a fill teaches nothing of the engine.
    expect(scaleAfter(burned / 2).mean).toBe(1);
  });

  it("learns from a tank that ran dry", () => {
    const race = newRace();
    race.mark({ kind: "capacity", at: 0, car: null, kg: heavy.burnedKg(290), sdKg: 0.1 });
    const told = drive(race, heavy.samples.slice(0, 3000), [{ kind: "runOut", at: 290, car: "h" }]);
    expect(lastWindow(told, "h").basis.scale.mean).toBeGreaterThan(1.02);
  });

  it("knows the tank to be full without knowing the amount", () => {
    const told = drive(newRace(), heavy.samples.slice(0, 3400), stopMarks("h", 300, 330, null));
    expect(lastWindow(told, "h").fuelLeftKg?.mean).toBeGreaterThan(82);
    expect(only(told, "rebased")).toEqual([]);
  });
});

describe("the same race another way", () => {
  const cars = ["1", "2", "3"].map((car, i) =>
    makeCar({
      car,
      seconds: 240,
      hz: 5,
      offsetSec: 11 * i,
      scale: 1 + 0.01 * i,
      cautions: [[90, 150]],
      stops: i === 1 ? [[100, 120]] : [],
    }),
  );
  const marks = stopMarks("2", 100, 120, 3.6);
  const samples = merge(cars);
  const plain = drive(newRace(), samples, marks);
  const ofCar = (outputs: readonly FuelOutput[], car: string) => outputs.filter((one) => one.car === car);

  it("says the same whatever the order across cars within a second", () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(1000)), (noise) => {
        const keyed = samples.map((sample) => ({ sample, second: Math.floor(sample.t), key: noise.next().value ?? 0 }));
        const order = new Map(cars.map(({ samples: own }) => [own[0]?.car ?? "", 0]));
        // Cars are shuffled against each other; each keeps its own order.
        const shuffled = keyed
          .map((one, i) => ({ ...one, i }))
          .sort((a, b) => a.second - b.second || a.key - b.key)
          .map(({ sample }) => sample.car)
          .map((car) => {
            const at = order.get(car) ?? 0;
            order.set(car, at + 1);
            return ofCarSamples(samples, car)[at]!;
          });
        const told = drive(newRace(), shuffled, marks);
        for (const car of ["1", "2", "3"]) expect(ofCar(told, car)).toEqual(ofCar(plain, car));
      }),
      { numRuns: 5 },
    );
  });

  it("goes on after a restart as if nothing had happened", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: samples.length - 1 }), (cut) => {
        const first = newRace();
        const told = driveOn(first, samples.slice(0, cut), marks, 0);
        const second = newRace();
        expect(second.restore(JSON.parse(JSON.stringify(first.snapshot())))).toBe(true);
        told.outputs.push(...driveOn(second, samples.slice(cut), marks, told.next).outputs);
        told.outputs.push(...second.advance(Number.POSITIVE_INFINITY));
        expect(told.outputs).toEqual(plain);
        expect(second.counters.samples).toBe(samples.length);
      }),
      { numRuns: 8 },
    );
  });

  it("refuses a snapshot it does not understand and stays as it is", () => {
    const race = newRace();
    race.push(samples[0]!);
    const { version, state } = race.snapshot();
    expect(race.restore({ version, state: { cars: 3 } })).toBe(false);
    expect(race.restore({ version, state: null })).toBe(false);
    expect(race.restore({ version: version - 1, state })).toBe(false);
    const cut = JSON.stringify(state).replace(/"numbers":"[^"]{40}/g, '"numbers":"');
    expect(race.restore({ version, state: JSON.parse(cut) })).toBe(false);
    expect(race.carCount).toBe(1);
    expect(race.restore({ version, state })).toBe(true);
  });
});

function ofCarSamples(samples: readonly TelemetrySample[], car: string): TelemetrySample[] {
  return samples.filter((one) => one.car === car);
}

function driveOn(race: FuelRace, samples: readonly TelemetrySample[], marks: readonly RaceMark[], from: number) {
  const outputs: FuelOutput[] = [];
  let next = from;
  for (const sample of samples) {
    for (let mark = marks[next]; mark !== undefined && mark.at <= sample.t; mark = marks[++next]) {
      outputs.push(...race.mark(mark));
    }
    outputs.push(...race.push(sample));
  }
  return { outputs, next };
}
