import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { natsMissing, startNatsServer, type TestServer } from "../nats-server.js";
import { readStream, type StreamedRecord } from "../stream-reader.js";
import { eventually, type RunningDaemon, startTouchline } from "../touchline-process.js";

const SEED = Number(process.env.TEST_SEED ?? Date.now() % 100_000);
const KILLS = 6;

describe.skipIf(natsMissing())("kill -9 at random moments of run", () => {
  const folder = mkdtempSync(join(tmpdir(), "touchline-kill-"));
  let server: TestServer;

  beforeAll(async () => {
    server = await startNatsServer();
  });
  afterAll(async () => {
    await server.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it(`brings every acknowledged event to the stream, each revision exactly once (seed ${SEED})`, async () => {
    const config = join(folder, "venue.yaml");
    writeFileSync(config, configFor(server.url));
    const random = mulberry(SEED);
    const acknowledged = new Set<string>();
    let next = 0;
    for (let round = 0; round < KILLS; round++) {
      const daemon = await startTouchline(config);
      const lifeMs = 100 + random() * 900;
      const dead = daemon.exited;
      setTimeout(() => daemon.signal("SIGKILL"), lifeMs);
      next = await logUntilDead(daemon, dead, next, acknowledged);
    }
    expect(acknowledged.size).toBeGreaterThan(KILLS * 5);

    const daemon = await startTouchline(config);
    const records = await eventually("every acknowledged event is in the stream", async () => {
      const events = (await readStream(server.url, "TOUCHLINE_kill_a_live")).filter(isEvent);
      const seen = new Set(events.map((event) => event.headers["ce-subject"]));
      return [...acknowledged].every((id) => seen.has(id)) ? events : null;
    });
    daemon.signal("SIGTERM");
    expect(await daemon.exited).toBe(0);
    const stream = await readStream(server.url, "TOUCHLINE_kill_a_live");
    expectGapless(stream);
    expectRevisionsOnce(stream.filter(isEvent));
    console.log(
      `seed ${SEED}: ${KILLS} kills, ${acknowledged.size} acknowledged, ${records.length} event records: LOST 0 DUPLICATES 0 OUT-OF-ORDER 0`,
    );
  }, 120_000);
});

function configFor(url: string): string {
  return [
    "venue: kill",
    "http: { listen: 127.0.0.1:0 }",
    "store: { path: kill.db }",
    `nats: { servers: [${url}] }`,
    "outputs: [ { name: cloud, type: jetstream } ]",
    "sessions: [ { session: cup, sport: football, scheduledStart: 2026-05-16T18:30:00Z } ]",
    "log: { format: json }",
  ].join("\n");
}

async function logUntilDead(
  daemon: RunningDaemon,
  dead: Promise<unknown>,
  from: number,
  acknowledged: Set<string>,
): Promise<number> {
  let next = from;
  let isDead = false;
  void dead.then(() => {
    isDead = true;
  });
  while (!isDead) {
    const messages = Array.from({ length: 3 }, () => ({
      id: `e${next++}`,
      logger: "scout",
      class: "foul",
      stamp: new Date().toISOString(),
    }));
    const answer = await fetch(`${daemon.url}/v1/in/log`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(messages),
    }).catch(() => null); // killed in the middle: not acknowledged
    if (answer?.status === 202) for (const { id } of messages) acknowledged.add(`scout/${id}`);
  }
  return next;
}

function isEvent(record: StreamedRecord): boolean {
  return record.headers["ce-type"] === "touchline.event.v1";
}

function expectGapless(stream: readonly StreamedRecord[]): void {
  expect(stream.map((record) => Number(record.headers["ce-sequence"]))).toEqual(stream.map((_, index) => index + 1));
  expect(new Set(stream.map((record) => record.headers["ce-id"])).size).toBe(stream.length);
  expect(new Set(stream.map((record) => record.headers["ce-epoch"])).size).toBe(1);
}

function expectRevisionsOnce(events: readonly StreamedRecord[]): void {
  const revisions = new Map<string, number[]>();
  for (const { headers, data } of events) {
    const id = headers["ce-subject"] ?? "";
    revisions.set(id, [...(revisions.get(id) ?? []), Number(data.revision)]);
  }
  for (const [id, list] of revisions) expect({ id, list }).toEqual({ id, list: list.map((_, index) => index + 1) });
}

/** mulberry32: a seeded generator small enough to read. */
function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
