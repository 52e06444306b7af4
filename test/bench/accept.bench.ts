import { join } from "node:path";
import Database from "better-sqlite3";
import { bench, describe } from "vitest";
import { SYSTEM_CLOCK } from "../../daemon/clock.js";
import type { InboxMessage, StoreClient } from "../../daemon/outbox/index.js";
import { openTestStore, range, START, tempFolder } from "../store-fixture.js";

// The rounds of all three take turns: a disk or a neighbour that is slow for a while is slow for all of them.
const ROUNDS = 60;
const WARM_UP = 8;
const BATCHES = 20;
const BATCH: readonly InboxMessage[] = range(1, 100).map(() => ({
  what: "log",
  from: "http",
  arrival: START,
  body: "x".repeat(400),
}));

/** What the store is held against: the same rows with the same settings, without a thread, checksums or anything of ours. */
function bareLoop(path: string): { insert: () => void; close: () => void } {
  const db = new Database(path);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.exec(
    "CREATE TABLE inbox (id INTEGER PRIMARY KEY, what TEXT, sender TEXT, arrival INTEGER, body TEXT, crc INTEGER)",
  );
  const statement = db.prepare("INSERT INTO inbox VALUES (NULL, ?, ?, ?, ?, 0)");
  const insert = db.transaction(() => {
    for (const { what, from, arrival, body } of BATCH) statement.run(what, from, arrival, body);
  }).immediate;
  return { insert, close: () => db.close() };
}

interface Cost {
  readonly wallMs: number[];
  readonly cpuMs: number[];
}

async function measure(cost: Cost | null, work: () => Promise<unknown>): Promise<void> {
  const cpu = process.cpuUsage();
  const began = performance.now();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  cost?.wallMs.push(performance.now() - began);
  cost?.cpuMs.push((user + system) / 1000);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

async function takeTurns(bare: ReturnType<typeof bareLoop>, store: StoreClient): Promise<void> {
  const works: readonly [string, () => Promise<unknown>][] = [
    ["bare better-sqlite3 loop, FULL", async () => insertAll(bare)],
    ["store, one batch after the other", () => oneByOne(store)],
    ["store, batches as they come", () => Promise.all(range(1, BATCHES).map(() => store.accept(BATCH)))],
  ];
  const costs: Cost[] = works.map(() => ({ wallMs: [], cpuMs: [] }));
  for (let round = -WARM_UP; round < ROUNDS; round++)
    for (const [i, [, work]] of works.entries()) await measure(round < 0 ? null : (costs[i] ?? null), work);
  const [reference] = costs;
  for (const [i, [name]] of works.entries()) {
    const wall = median(costs[i]?.wallMs ?? []);
    const cpu = median(costs[i]?.cpuMs ?? []);
    const ratio = (median(reference?.wallMs ?? []) / wall).toFixed(2);
    const ofCpu = (median(reference?.cpuMs ?? []) / cpu).toFixed(2);
    console.log(`${name}: median ${wall.toFixed(1)} ms, ratio ${ratio}; CPU ${cpu.toFixed(1)} ms, ratio ${ofCpu}`);
  }
}

function insertAll(bare: ReturnType<typeof bareLoop>): void {
  for (let i = 0; i < BATCHES; i++) bare.insert();
}

async function oneByOne(store: StoreClient): Promise<void> {
  for (let i = 0; i < BATCHES; i++) await store.accept(BATCH);
}

describe("durable accept: 2000 messages of 400 bytes in batches of 100", () => {
  bench(
    `${ROUNDS} rounds of each in turns; the medians are above`,
    async () => {
      const folder = tempFolder();
      const bare = bareLoop(join(folder.path, "bare.db"));
      const store = await openTestStore(join(folder.path, "store.db"), { clock: SYSTEM_CLOCK });
      await takeTurns(bare, store);
      await store.close();
      bare.close();
      folder.remove();
    },
    { iterations: 1, time: 0, warmupIterations: 0, warmupTime: 0 },
  );
});
