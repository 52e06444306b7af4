import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type NatsConnection } from "nats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SimulatedRace } from "../../daemon/simulate/race/index.js";
import { natsMissing, startNatsServer, type TestServer } from "../nats-server.js";
import { eventually, type RunningDaemon, startTouchline } from "../touchline-process.js";

const SESSION = "sessions: [ { session: race, sport: motorsport, scheduledStart: 2026-05-16T18:30:00Z } ]";

describe.skipIf(natsMissing())("telemetry over NATS", () => {
  const folder = mkdtempSync(join(tmpdir(), "touchline-telemetry-"));
  let server: TestServer;
  let nats: NatsConnection;
  const running: RunningDaemon[] = [];

  beforeAll(async () => {
    server = await startNatsServer();
    nats = await connect({ servers: server.url });
  });
  afterAll(async () => {
    await nats.close();
    for (const daemon of running) daemon.signal("SIGTERM");
    await Promise.all(running.map(({ exited }) => exited));
    await server.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it("shares a subject in a queue group: every sample reaches exactly one member", async () => {
    const inputs = "inputs: { telemetry: [ { name: cars, type: nats, subject: race.cars, queue: boxes } ] }";
    const daemons = [await start("one", inputs), await start("two", inputs)];
    const samples = Array.from({ length: 200 }, (_, i) => ({
      car: String(i % 10),
      t: Math.floor(i / 10),
      speedMps: 60,
      rpm: 7000,
      throttle: 0.5,
    }));
    await Promise.all(samples.map((sample) => ask("race.cars", JSON.stringify(sample))));
    const shares = await Promise.all(daemons.map((daemon) => metric(daemon, 'samples_total{input="cars"}')));
    expect(shares[0]! + shares[1]!).toBe(200);
    expect(Math.min(...shares)).toBeGreaterThan(0);
  });

  it("puts samples together from single signals, in declared units, and tells the fuel of the cars", async () => {
    const daemon = await start(
      "signals",
      "inputs: { telemetry: [ { name: cars, type: nats, subject: timing.*.*, format: signal," +
        " fields: { car: $1, signal: $2, t: at, value: v }, signals: { rpm: EngineRPM }," +
        " units: { throttle: percent, speed: kmh, time: ms } } ] }",
    );
    const race = new SimulatedRace({ seed: 9, cars: 2, minutes: 1, hz: 5, capacityKg: 54 });
    for (let step = race.next(); step !== null; step = race.next()) {
      for (const { car, t, speedMps, rpm, throttle, lap, lapPct } of step.samples) {
        const signals = { EngineRPM: rpm, throttle: throttle * 100, speed: speedMps * 3.6, lap, lapPct, TyreTemp: 90 };
        for (const [name, v] of Object.entries(signals)) {
          nats.publish(`timing.${car}.${name}`, JSON.stringify({ at: t * 1000, v }));
        }
      }
      if (Math.round(step.t * 5) % 25 === 0) await nats.flush();
    }
    await nats.flush();
    const cars = await eventually("both cars have fuel after most of the minute", async () => {
      const view = (await (await fetch(`${daemon.url}/v1/fuel`)).json()) as { cars: Record<string, number>[] };
      return view.cars.length === 2 && view.cars.every(({ fuelKgTotal = 0 }) => fuelKgTotal > 0.5) ? view.cars : null;
    });
    expect(cars.map(({ car }) => String(car)).sort()).toEqual(["01", "02"]);
    for (const { fuelKgTotal = 0 } of cars) expect(fuelKgTotal).toBeLessThan(5);
    expect(await metric(daemon, 'refused_total{input="cars",reason="throttlePercent"}')).toBe(0);
  });

  it("lives through anything a feed may send, and counts each of it", async () => {
    const daemon = await start("bad", "inputs: { telemetry: [ { name: cars, type: nats, subject: race.bad } ] }");
    const sample = { car: "1", t: 1, speedMps: 60, rpm: 7000, throttle: 0.5 };
    const payloads = [
      "{",
      "[1]",
      JSON.stringify({ ...sample, car: "" }),
      JSON.stringify({ ...sample, t: "soon" }),
      JSON.stringify({ ...sample, speedMps: 9e9 }),
      JSON.stringify(Array.from({ length: 300 }, (_, i) => ({ car: `made-up-${i}`, t: 100, rpm: 1 }))),
      // Last: after it the feed's throttle is not believed for a while.
      JSON.stringify({ ...sample, throttle: 57 }),
    ];
    for (const payload of payloads) await ask("race.bad", payload);
    const refused = (reason: string) => metric(daemon, `refused_total{input="cars",reason="${reason}"}`);
    expect(await refused("unreadable")).toBe(2);
    for (const reason of ["throttlePercent", "noCar", "noTime", "range"]) expect(await refused(reason)).toBe(1);
    expect(await refused("tooManyCars")).toBeGreaterThanOrEqual(300 - 128);
    expect((await fetch(`${daemon.url}/livez`)).status).toBe(200);
    const warned = daemon.log.find(({ reason }) => reason === "throttlePercent");
    expect(String(warned?.problem)).toContain("units.throttle: percent");
  });

  async function start(name: string, inputs: string): Promise<RunningDaemon> {
    const config = join(folder, `${name}.yaml`);
    const http = "http: { listen: 127.0.0.1:0 }";
    const lines = [
      "venue: oval",
      `box: ${name}`,
      http,
      `store: { path: ${name}.db }`,
      `nats: { servers: [${server.url}] }`,
    ];
    writeFileSync(config, [...lines, inputs, SESSION, "log: { format: json }"].join("\n"));
    const daemon = await startTouchline(config);
    running.push(daemon);
    await eventually("the daemon is connected", async () =>
      daemon.log.some(({ state, part }) => part === "nats" && state === "up") ? true : null,
    );
    return daemon;
  }

  /** Answered when it is durable; asked again while nobody listens yet. */
  async function ask(subject: string, payload: string): Promise<void> {
    await eventually(`an answer on ${subject}`, async () =>
      nats.request(subject, payload, { timeout: 10_000 }).catch(() => null),
    );
  }
});

async function metric(daemon: RunningDaemon, name: string): Promise<number> {
  const text = await (await fetch(`${daemon.url}/metrics`)).text();
  const line = text.split("\n").find((one) => one.startsWith(`touchline_telemetry_${name} `));
  return Number(line?.split(" ").at(-1));
}
