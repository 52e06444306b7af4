import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect, type NatsConnection } from "nats";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type RaceMessage, SimulatedRace } from "../../daemon/simulate/race/index.js";
import { HAS_NATS_SERVER, natsMissing, startNatsServer, type TestServer } from "../nats-server.js";
import { tempFolder } from "../store-fixture.js";
import { readStream, type StreamedRecord } from "../stream-reader.js";
import { eventually, type RunningDaemon, startTouchline } from "../touchline-process.js";

// Real servers and processes on a machine that may be busy: the limits are for what hangs, not for what is slow.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

const CARS = 8;
const MINUTES = 4;
const WINDOW_S = 3;
const PATIENCE_MS = 120_000;
const MAPPINGS = `mappings: { "race.telemetry.*": "race.part.{{partition(2,1)}}.{{wildcard(1)}}" }`;
const title = HAS_NATS_SERVER
  ? "a race split over two daemons"
  : "skipped: nats-server is not installed: a race split over two daemons";

/** One message per car and step, as `[car, sample]`; and what race control and the pits say. */
function raceFeed() {
  const race = new SimulatedRace({ seed: 6, cars: CARS, minutes: MINUTES, hz: 5, capacityKg: 25 });
  const steps: [string, string][][] = [];
  const messages: RaceMessage[] = race.opening();
  for (let step = race.next(); step !== null; step = race.next()) {
    steps.push(step.samples.map((sample) => [sample.car, JSON.stringify(sample)]));
    messages.push(...step.messages);
  }
  return { steps, messages };
}

describe.skipIf(natsMissing())(title, () => {
  const folder = tempFolder();
  const feed = raceFeed();
  const running = new Set<RunningDaemon>();
  let server: TestServer;
  let nats: NatsConnection;

  beforeAll(async () => {
    server = await startNatsServer({ config: MAPPINGS });
    nats = await connect({ servers: server.url });
    const manager = await nats.jetstreamManager();
    await manager.streams.add({ name: "RACE", subjects: ["race.part.>"] });
  });
  afterAll(async () => {
    for (const daemon of running) daemon.signal("SIGKILL");
    await Promise.all([...running].map(({ exited }) => exited));
    await nats.close();
    await server.dispose();
    folder.remove();
  });

  it("goes on at the other when one is killed, and loses and tells twice nothing of either part", async () => {
    const half = Math.floor(feed.steps.length / 2);
    const first = await startBox("first", 0);
    const second = await startBox("second", 1);
    const witness = await startBox("witness", 0); // the first one's part, undisturbed
    for (const daemon of [first, second, witness]) await tellRace(daemon, feed.messages);
    await publish(feed.steps.slice(0, half));
    const parts = await carsOfParts();
    expect(parts.map((cars) => cars.length).reduce((sum, n) => sum + n)).toBe(CARS);
    expect(Math.min(...parts.map((cars) => cars.length))).toBeGreaterThan(0);
    await eventually(
      "the first has worked in its half",
      () => hasCome("first", parts[0], MINUTES * 30 - 20),
      PATIENCE_MS,
    );

    await publish(feed.steps.slice(half, half + 50));
    first.signal("SIGKILL"); // in the middle of what has just come
    await first.exited;
    await publish(feed.steps.slice(half + 50));
    const end = MINUTES * 60 - 10;
    await eventually("the second has gone on", () => hasCome("second", parts[1], end), PATIENCE_MS);
    expect(await hasCome("first", parts[0], end)).toBeNull();

    await startBox("first", 0);
    for (const [name, part] of [
      ["first", 0],
      ["witness", 0],
      ["second", 1],
    ] as const) {
      const windows = ((parts[part]?.length ?? 0) * MINUTES * 60) / WINDOW_S;
      await eventually(`${name} has told every window`, () => hasTold(name, windows), PATIENCE_MS);
    }
    const [told, other, undisturbed] = await Promise.all([fuelOf("first"), fuelOf("second"), fuelOf("witness")]);
    expect([carsOf(told), carsOf(other)]).toEqual(parts);
    expect(compareTotals(undisturbed, told)).toEqual({ missing: 0, worstKg: expect.closeTo(0, 6) });
    for (const records of [told, other]) {
      const keys = records.map(({ data }) => `${data.car}/${(data.window as { to: string }).to}/${data.revision}`);
      expect(new Set(keys).size).toBe(keys.length);
      expect(new Set(records.map(({ headers }) => headers["ce-id"])).size).toBe(records.length);
    }
    for (const box of ["first", "second"]) await eventually(`${box} has acknowledged all`, () => hasTakenAll(box));
  });

  async function startBox(name: string, part: number): Promise<RunningDaemon> {
    const config = join(folder.path, `${name}.yaml`);
    const input = `{ name: part-${part}, type: jetstream, stream: RACE, subject: "race.part.${part}.>", durable: ${name} }`;
    const lines = [
      "venue: oval",
      `box: ${name}`,
      "http: { listen: 127.0.0.1:0 }",
      `store: { path: ${name}.db }`,
      `nats: { servers: ["${server.url}"] }`,
      `inputs: { telemetry: [ ${input} ] }`,
      "outputs: [ { name: cloud, type: jetstream } ]",
      "sessions: [ { session: race, sport: motorsport, scheduledStart: 2026-05-16T18:30:00Z } ]",
      "log: { format: json }",
    ];
    writeFileSync(config, lines.join("\n"));
    const daemon = await startTouchline(config);
    running.add(daemon);
    return daemon;
  }

  async function publish(steps: readonly [string, string][][]): Promise<void> {
    const stream = nats.jetstream();
    for (const samples of steps)
      await Promise.all(samples.map(([car, sample]) => stream.publish(`race.telemetry.${car}`, sample)));
  }

  /** As the server has split them. */
  async function carsOfParts(): Promise<string[][]> {
    const manager = await nats.jetstreamManager();
    const { state } = await manager.streams.info("RACE", { subjects_filter: ">" });
    const subjects = Object.keys(state.subjects ?? {}).map((subject) => subject.split("."));
    return ["0", "1"].map((part) =>
      subjects
        .filter((tokens) => tokens[2] === part)
        .map((tokens) => tokens[3] ?? "")
        .sort(),
    );
  }

  async function hasTold(box: string, windows: number): Promise<true | null> {
    return totalsOf(await fuelOf(box)).size === windows ? true : null;
  }

  async function hasTakenAll(durable: string): Promise<true | null> {
    const info = await (await nats.jetstreamManager()).consumers.info("RACE", durable);
    return info.num_pending === 0 && info.num_ack_pending === 0 ? true : null;
  }

  async function fuelOf(box: string): Promise<StreamedRecord[]> {
    const records = await readStream(server.url, `TOUCHLINE_oval_${box}_analysis`);
    return records.filter(({ headers }) => headers["ce-type"] === "touchline.fuel.v1");
  }

  /** All its cars have a window that ends so late in the race. */
  async function hasCome(box: string, cars: readonly string[] = [], sec: number): Promise<true | null> {
    const records = await fuelOf(box);
    const begin = beginOf(records);
    const reached = new Set(
      records.filter(({ data }) => (endOf(data) - begin) / 1000 >= sec).map(({ data }) => String(data.car)),
    );
    return cars.every((car) => reached.has(car)) ? true : null;
  }
});

async function tellRace({ url }: RunningDaemon, messages: readonly RaceMessage[]): Promise<void> {
  const response = await fetch(`${url}/v1/in/race`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(messages),
  });
  expect(response.status).toBe(202);
}

function carsOf(records: readonly StreamedRecord[]): string[] {
  return [...new Set(records.map(({ data }) => String(data.car)))].sort();
}

/** Over all windows that were told without the kill: those that were not told with it, and the largest difference of the others. */
function compareTotals(expected: readonly StreamedRecord[], actual: readonly StreamedRecord[]) {
  const [one, other] = [totalsOf(expected), totalsOf(actual)];
  let worstKg = 0;
  let missing = 0;
  for (const [key, total] of one) {
    const same = other.get(key);
    if (same === undefined) missing += 1;
    else worstKg = Math.max(worstKg, Math.abs(total - same));
  }
  return { missing, worstKg };
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
