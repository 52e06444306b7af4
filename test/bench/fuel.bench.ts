import { afterAll, bench, describe } from "vitest";
import { loadCarProfile } from "../../config/index.js";
import { SYSTEM_CLOCK } from "../../daemon/clock.js";
import { Engine } from "../../daemon/engine.js";
import { FEATURES, loadResidual } from "../../daemon/fuel-residual/index.js";
import { fuelLanesOf } from "../../daemon/fuel-wiring.js";
import {
  DEFAULT_SAMPLING,
  HOUSE_UNITS,
  SampleGate,
  TelemetryMapping,
  type TelemetrySample,
} from "../../daemon/inputs/index.js";
import { Pipeline } from "../../daemon/pipeline.js";
import { SimulatedRace } from "../../daemon/simulate/race/index.js";
import { profileOf } from "../../daemon/sport-profiles.js";
import { FuelRace, type TelemetrySample as RaceSample } from "../../models/index.js";
import type { UnixMicros } from "../../sync/index.js";
import { openTestStore, tempFolder } from "../store-fixture.js";

/** Forty cars, ten seconds at 50 Hz: 20,000 samples. A round of at most 100 ms is 100 times real time. */
const CARS = 40;
const HZ = 50;
const SECONDS = 10;
const ROUNDS = { iterations: 12, time: 0, warmupIterations: 2, warmupTime: 0 };

const folder = tempFolder();
const endings: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const end of endings) await end();
  folder.remove();
});

/** Samples per second of CPU time (all threads, the collector too), the median of the rounds: the wall clock belongs to others as well. */
const cpu = {
  rates: new Map<string, number[]>(),
  add(name: string, rate: number): void {
    this.rates.set(name, [...(this.rates.get(name) ?? []), rate]);
  },
};
afterAll(() => {
  for (const [name, rates] of cpu.rates) {
    const median = [...rates].sort((a, b) => a - b)[Math.floor(rates.length / 2)] ?? 0;
    process.stdout.write(`${name}: ${(median / 1e6).toFixed(2)} million samples/s of CPU time\n`);
  }
});

function madeSteps(): TelemetrySample[][] {
  const race = new SimulatedRace({ seed: 1, cars: CARS, minutes: SECONDS / 60, hz: HZ, capacityKg: 54 });
  const steps: TelemetrySample[][] = [];
  for (let step = race.next(); step !== null; step = race.next()) steps.push([...step.samples]);
  return steps;
}

const steps = madeSteps();
const texts = steps.map((step) => JSON.stringify(step));
const raceSamples: RaceSample[] = steps.flat().map(({ airC: _, ...sample }) => sample);

describe("40 cars x 50 Hz for 10 s (20,000 samples): 100 ms are 100 times real time", () => {
  bench(
    "JSON.parse alone",
    () => {
      for (const text of texts) JSON.parse(text);
    },
    ROUNDS,
  );
  bench(
    "windows and physics (500,000 samples/s are 40 ms)",
    () => {
      const race = new FuelRace(loadCarProfile("nascar-v8"), {});
      for (const sample of raceSamples) race.push(sample);
      race.advance(Number.POSITIVE_INFINITY);
    },
    ROUNDS,
  );
  bench(
    "JSON, mapping, checks, thinning",
    () => {
      const mapping = mappingOf();
      const gate = new SampleGate(DEFAULT_SAMPLING);
      for (const text of texts) gate.pushAll(mapping.read("race", text, 0).samples, () => undefined);
    },
    ROUNDS,
  );
  bench(
    "the whole way to insights: JSON, mapping, checks, thinning, windows, physics, records",
    () => {
      const mapping = mappingOf();
      const gate = new SampleGate(DEFAULT_SAMPLING);
      const pipeline = pipelineOf();
      let now = 1_780_000_000_000_000 as UnixMicros;
      for (const text of texts) {
        const samples = gate.pushAll(mapping.read("race", text, 0).samples, () => undefined);
        now = (now + 1e6 / HZ) as UnixMicros;
        pipeline.push({ type: "telemetry", session: null, samples, arrival: now }, now);
      }
      pipeline.push({ type: "endAll" }, now);
    },
    ROUNDS,
  );
});

describe("five minutes of 40 cars, windows and physics alone", () => {
  for (const hz of [5, 20, 50]) {
    const samples = racing(hz, 5);
    // At 5 Hz each window has an insight for 15 samples: those are what costs there.
    const name = `${hz} Hz: ${samples.length} samples; 500,000/s are ${Math.round(samples.length / 500)} ms, 100 times real time 3000 ms`;
    bench(
      name,
      () => {
        const started = process.cpuUsage();
        const race = new FuelRace(loadCarProfile("nascar-v8"), {});
        for (const sample of samples) race.push(sample);
        race.advance(Number.POSITIVE_INFINITY);
        const { user, system } = process.cpuUsage(started);
        cpu.add(name, samples.length / ((user + system) / 1e6));
      },
      { iterations: 6, time: 0, warmupIterations: 2, warmupTime: 0 },
    );
  }
});

describe("the state that is written with each batch of insights, 40 cars x 20 Hz after five minutes", () => {
  const race = new FuelRace(loadCarProfile("nascar-v8"), {});
  for (const sample of racing(20, 5)) race.push(sample);
  const text = JSON.stringify(race.snapshot());
  bench(
    `written (${text.length} characters)`,
    () => {
      JSON.stringify(race.snapshot());
    },
    { iterations: 60, time: 0, warmupIterations: 5, warmupTime: 0 },
  );
  bench(
    "read",
    () => {
      new FuelRace(race.profile, {}).restore(JSON.parse(text));
    },
    { iterations: 60, time: 0, warmupIterations: 5, warmupTime: 0 },
  );
});

describe("a window's close to its 40 insights committed (50 ms at p99 are asked for)", () => {
  const openOnce = once(async () => {
    const store = await openTestStore(`${folder.path}/fuel.db`, { clock: SYSTEM_CLOCK });
    endings.push(() => store.close());
    const pipeline = pipelineOf();
    const engine = new Engine({
      store,
      pipeline,
      clock: SYSTEM_CLOCK,
      readMessage: () => null,
      observer: { committed: () => undefined, failed: () => undefined, dropped: () => undefined },
    });
    await engine.start();
    return { engine, race: new SimulatedRace({ seed: 2, cars: CARS, minutes: 30, hz: 10, capacityKg: 54 }) };
  });
  bench(
    "the sample that closes it, physics, records, state, SQLite",
    async () => {
      const { engine, race } = await openOnce();
      // Three seconds of a race; the batch in which the window closes is the last.
      for (let i = 0; i < 30; i++) {
        const step = race.next();
        const arrival = SYSTEM_CLOCK.wall();
        if (step !== null) engine.input({ type: "telemetry", session: null, samples: step.samples, arrival });
      }
      await engine.settle();
    },
    { iterations: 60, time: 0, warmupIterations: 5, warmupTime: 0 },
  );
});

describe("the learned residual, a batch of 40 windows (1 ms at p99 is asked for)", () => {
  const loadOnce = once(() => loadResidual());
  const windows = Array.from({ length: CARS }, () => Float32Array.from(FEATURES, () => 0.5));
  bench(
    "onnxruntime-node",
    async () => {
      const loaded = await loadOnce();
      if (loaded.ok) await loaded.model.predict(windows);
    },
    { iterations: 2000, time: 0, warmupIterations: 100, warmupTime: 0 },
  );
});

/** As the models take them: what a feed did not send is left out. */
function racing(hz: number, minutes: number): RaceSample[] {
  const race = new SimulatedRace({ seed: 1, cars: CARS, minutes, hz, capacityKg: 54 });
  const samples: RaceSample[] = [];
  for (let step = race.next(); step !== null; step = race.next()) {
    for (const { car, t, speedMps, rpm, throttle, lap, lapPct, flag, pit } of step.samples) {
      if (Number.isNaN(rpm) || Number.isNaN(throttle)) continue;
      samples.push({ car, t, speedMps, rpm, throttle, lap, lapPct, flag, pit });
    }
  }
  return samples;
}

function mappingOf(): TelemetryMapping {
  return new TelemetryMapping({ format: "json", fields: {}, columns: null, signal: null, units: HOUSE_UNITS });
}

function pipelineOf(): Pipeline {
  const spec = {
    session: "race",
    sport: "motorsport",
    name: null,
    scheduledStart: null,
    scheduledEnd: null,
    channels: null,
  };
  return new Pipeline({
    sessions: [spec],
    defaultSession: spec,
    profileOf,
    utcUncertaintySec: 0.02,
    maxSessions: 1,
    createFuelLane: fuelLanesOf(() => undefined),
  });
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
