import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type NatsConnection } from "nats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RaceMessage, SimulatedRace } from "../../daemon/simulate/race/index.js";
import { natsMissing, startNatsServer, type TestServer } from "../nats-server.js";
import { readStream, type StreamedRecord } from "../stream-reader.js";
import { eventually, type RunningDaemon, startTouchline } from "../touchline-process.js";

const CARS = 6;
const MINUTES = 9;

/** All that a race sends: per step the samples of all cars, and what race control and the pits say. */
function raceFeed() {
  const race = new SimulatedRace({ seed: 5, cars: CARS, minutes: MINUTES, hz: 5, capacityKg: 25 });
  const samples: string[] = [];
  const messages: RaceMessage[] = race.opening();
  for (let step = race.next(); step !== null; step = race.next()) {
    samples.push(JSON.stringify(step.samples));
    messages.push(...step.messages);
  }
  return { samples, messages };
}

describe.skipIf(natsMissing())("fuel over JetStream", () => {
  const folder = mkdtempSync(join(tmpdir(), "touchline-fuel-"));
  const feed = raceFeed();
  let server: TestServer;
  let nats: NatsConnection;

  beforeAll(async () => {
    server = await startNatsServer();
    nats = await connect({ servers: server.url });
    const manager = await nats.jetstreamManager();
    await manager.streams.add({ name: "TELEMETRY", subjects: ["race.telemetry"] });
  });
  afterAll(async () => {
    await nats.close();
    await server.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it("says the same of a race whether or not it was killed in the middle of it", async () => {
    const whole = await startRun("whole");
    const killed = await startRun("killed");
    for (const daemon of [whole, killed]) await tellRace(daemon, feed.messages);
    await publish(feed.samples.slice(0, feed.samples.length / 2));
    await eventually("the first half is worked in", () => hasWindowAt(server.url, "killed", MINUTES * 30 - 20), 90_000);
    // In mid-race: telemetry goes on while the process dies and while it is away.
    const rest = publish(feed.samples.slice(feed.samples.length / 2), 3);
    killed.signal("SIGKILL");
    await killed.exited;
    const again = await startRun("killed");
    await rest;
    const end = MINUTES * 60 - 10;
    for (const name of ["whole", "killed"]) {
      await eventually(`${name} has worked in the race`, () => hasWindowAt(server.url, name, end), 90_000);
    }
    const [expected, actual] = [await fuelOf(server.url, "whole"), await fuelOf(server.url, "killed")];
    for (const daemon of [whole, again]) daemon.signal("SIGTERM");
    expect([await whole.exited, await again.exited]).toEqual([0, 0]);

    for (const records of [expected, actual]) expectGapless(records);
    const compared = compareTotals(expected, actual);
    expect(compared.windows).toBeGreaterThan((CARS * MINUTES * 60) / 3 - CARS * 8);
    expect(compared.worstKg).toBeLessThan(1e-6);
    // Nothing is told twice as the same revision: the state and the insights it made were one transaction.
    const keys = actual.map(({ data }) => `${data.car}/${windowOf(data)}/${data.revision}`);
    expect(new Set(keys).size).toBe(keys.length);
    console.log(
      `killed in mid-race: ${compared.windows} windows of ${CARS} cars, totals differ by ${compared.worstKg} kg`,
    );
  }, 240_000);

  async function startRun(name: string): Promise<RunningDaemon> {
    const config = join(folder, `${name}.yaml`);
    writeFileSync(config, configFor(name, server.url));
    return startTouchline(config);
  }

  async function publish(payloads: readonly string[], pauseMs = 0): Promise<void> {
    const stream = nats.jetstream();
    for (const payload of payloads) {
      await stream.publish("race.telemetry", payload);
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
});

function configFor(name: string, url: string): string {
  return [
    "venue: oval",
    `box: ${name}`,
    "http: { listen: 127.0.0.1:0 }",
    `store: { path: ${name}.db }`,
    `nats: { servers: [${url}] }`,
    `inputs: { telemetry: [ { name: cars, type: jetstream, stream: TELEMETRY, durable: touchline-${name} } ] }`,
    "outputs: [ { name: cloud, type: jetstream } ]",
    "sessions: [ { session: race, sport: motorsport, scheduledStart: 2026-05-16T18:30:00Z } ]",
    "log: { format: json }",
  ].join("\n");
}

async function tellRace({ url }: RunningDaemon, messages: readonly RaceMessage[]): Promise<void> {
  const response = await fetch(`${url}/v1/in/race`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(messages),
  });
  expect(response.status).toBe(202);
}

async function fuelOf(url: string, box: string): Promise<StreamedRecord[]> {
  const records = await readStream(url, `TOUCHLINE_oval_${box}_analysis`);
  return records.filter(({ headers }) => headers["ce-type"] === "touchline.fuel.v1");
}

/** Windows are told in Unix time, whose zero on the telemetry clock is the first sample's arrival: the first window's begin. */
async function hasWindowAt(url: string, box: string, sec: number): Promise<true | null> {
  const records = await fuelOf(url, box);
  const begin = beginOf(records);
  const reached = new Set(
    records.filter(({ data }) => (endOf(data) - begin) / 1000 >= sec).map(({ data }) => String(data.car)),
  );
  return reached.size === CARS ? true : null;
}

function compareTotals(expected: readonly StreamedRecord[], actual: readonly StreamedRecord[]) {
  const [one, other] = [totalsOf(expected), totalsOf(actual)];
  let worstKg = 0;
  let windows = 0;
  for (const [key, total] of one) {
    const same = other.get(key);
    if (same === undefined) continue;
    windows += 1;
    worstKg = Math.max(worstKg, Math.abs(total - same));
  }
  return { worstKg, windows };
}

/** The last word on each window of each car. */
function totalsOf(records: readonly StreamedRecord[]): Map<string, number> {
  const begin = beginOf(records);
  return new Map(
    records.map(({ data }) => [`${data.car}@${Math.round((endOf(data) - begin) / 1000)}`, Number(data.fuelKgTotal)]),
  );
}

function beginOf(records: readonly StreamedRecord[]): number {
  return Math.min(...records.map(({ data }) => Date.parse((data.window as { from: string }).from)));
}

function endOf(data: Record<string, unknown>): number {
  return Date.parse((data.window as { to: string }).to);
}

function windowOf(data: Record<string, unknown>): string {
  return (data.window as { to: string }).to;
}

function expectGapless(records: readonly StreamedRecord[]): void {
  const ids = records.map(({ headers }) => headers["Nats-Msg-Id"]);
  expect(new Set(ids).size).toBe(ids.length);
}
