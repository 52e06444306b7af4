import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "../../daemon/outbox/database.js";
import { batchOf, draft, EVERYTHING, ManualClock, openTestStore, range, START, tempFolder } from "../store-fixture.js";

const MESSAGE = { what: "log" as const, from: "http", arrival: START, body: '{"id":"1"}' };

let folder: ReturnType<typeof tempFolder>;
let path: string;

beforeEach(() => {
  folder = tempFolder();
  path = join(folder.path, "touchline.db");
});
afterEach(() => folder.remove());

/** The settings of a connection to a file that exists, as the daemon makes it. */
function settingsOnOpen(): { synchronous: unknown; journal: unknown; vacuum: unknown } {
  const opened = openDatabase({ path, epoch: null, maxBytes: 1e9, routes: [], now: START });
  const read = (name: string): unknown => opened.db.pragma(name, { simple: true });
  const settings = { synchronous: read("synchronous"), journal: read("journal_mode"), vacuum: read("auto_vacuum") };
  opened.close();
  return settings;
}

describe("durability", () => {
  it("runs with synchronous=FULL on a reopened database, where the library itself would not", async () => {
    await (await openTestStore(path)).close();
    const bare = new Database(path);
    bare.pragma("journal_mode = WAL");
    expect(bare.pragma("synchronous", { simple: true })).toBe(1);
    bare.close();
    expect(settingsOnOpen()).toEqual({ synchronous: 2, journal: "wal", vacuum: 2 });
  });

  it("keeps what it acknowledged and its numbering over a restart", async () => {
    const first = await openTestStore(path);
    await first.accept([MESSAGE, MESSAGE]);
    await first.commit({
      records: [draft(1), draft(2)],
      snapshots: [{ core: "align", version: 3, body: "{}" }],
      consumedInbox: 1,
    });
    await first.acknowledge("cloud", "live", 1);
    await first.setBase("cloud", "live", 40);
    await first.close();

    const second = await openTestStore(path);
    expect(second.epoch).toBe(first.epoch);
    expect(second.setAside).toBeNull();
    expect(await second.snapshots()).toEqual([{ core: "align", version: 3, body: "{}" }]);
    expect(await second.pending(0, 10)).toEqual([{ ...MESSAGE, inboxId: 2 }]);
    expect((await second.accept([MESSAGE]))[0]?.inboxId).toBe(3);
    expect(await second.commit(batchOf([draft(3)]))).toEqual({ firstNumber: 3, count: 1 });
    expect((await second.cursors("cloud"))[0]).toEqual({ lane: "live", last: 3, acknowledged: 1, oldest: 1, base: 40 });
    await second.close();
  });

  it("takes the epoch it is given for a fresh database only", async () => {
    const first = await openTestStore(path, { epoch: "replay" });
    expect(first.epoch).toBe("replay");
    await first.close();
    const second = await openTestStore(path, { epoch: "other" });
    expect(second.epoch).toBe("replay");
    await second.close();
  });
});

describe("transactions", () => {
  it("leaves nothing of a batch that fails, and its neighbours whole", async () => {
    const store = await openTestStore(path);
    const results = await Promise.allSettled([
      store.commit(batchOf([draft(1)])),
      // the mark is ahead of the inbox: the whole batch is refused
      store.commit({
        records: [draft(2), draft(3)],
        snapshots: [{ core: "x", version: 1, body: "" }],
        consumedInbox: 7,
      }),
      store.commit(batchOf([draft(4)])),
      store.accept([MESSAGE]),
    ]);
    expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
    const kept = await store.read("cloud", "live", 0, 10);
    expect(kept.map((delivery) => [delivery.sequence, delivery.number, delivery.event.data.n])).toEqual([
      [1, 1, 1],
      [2, 2, 4],
    ]);
    expect(await store.snapshots()).toEqual([]);
    expect((results[3] as PromiseFulfilledResult<{ inboxId: number }[]>).value[0]?.inboxId).toBe(1);
    await store.close();
  });

  it("shares a transaction between calls that arrive together", async () => {
    const registry = new Registry();
    const store = await openTestStore(path, { registry });
    await Promise.all(range(1, 200).map((n) => store.commit(batchOf([draft(n)]))));
    const text = await registry.getSingleMetricAsString("touchline_store_commits_total");
    expect(Number(/^touchline_store_commits_total (\d+)$/m.exec(text)?.[1])).toBeLessThan(20);
    expect((await store.stats()).records).toBe(200);
    await store.close();
  });

  it("tells listeners after a commit with records, and not otherwise", async () => {
    const store = await openTestStore(path);
    let told = 0;
    const stop = store.onCommitted(() => told++);
    await store.commit({ records: [], snapshots: [], consumedInbox: null });
    expect(told).toBe(0);
    await store.commit(batchOf([draft(1)]));
    expect(told).toBe(1);
    stop();
    await store.commit(batchOf([draft(2)]));
    expect(told).toBe(1);
    await store.close();
  });
});

describe("outputs", () => {
  const routes = [EVERYTHING, { output: "goals", kinds: ["event" as const], classes: ["goal"] }];

  it("numbers each output and lane without a gap, whatever its route leaves out", async () => {
    const store = await openTestStore(path, { routes });
    const records = range(1, 60).map((n) =>
      draft(n, n % 3 === 0 ? { kind: "cue", class: "whistle" } : n % 2 === 0 ? { class: "foul" } : {}),
    );
    for (const record of records) await store.commit(batchOf([record]));
    const sequences = async (output: string, lane: "live" | "analysis"): Promise<number[]> =>
      (await store.read(output, lane, 0, 100)).map((delivery) => delivery.sequence);
    expect(await sequences("cloud", "live")).toEqual(range(1, 40));
    expect(await sequences("cloud", "analysis")).toEqual(range(1, 20));
    expect(await sequences("goals", "live")).toEqual(range(1, 20));
    expect(await sequences("goals", "analysis")).toEqual([]);
    const goals = await store.read("goals", "live", 0, 100);
    expect(new Set(goals.map((delivery) => delivery.natsSubject))).toEqual(
      new Set(["touchline.out.arena.a.final.event.goal.home"]),
    );
    expect(goals[0]?.event).toMatchObject({ id: `a.${store.epoch}.1`, sequence: "000000000001", lane: "live" });
    await store.close();
  });

  it("gives a new output the records from now on, and goes on where a returning one stood", async () => {
    const first = await openTestStore(path, { routes: [EVERYTHING] });
    await first.commit(batchOf([draft(1)]));
    await first.close();
    const second = await openTestStore(path, { routes });
    await second.commit(batchOf([draft(2)]));
    expect((await second.read("goals", "live", 0, 10)).map((delivery) => delivery.number)).toEqual([2]);
    await second.close();
    const third = await openTestStore(path, { routes: [EVERYTHING] });
    await third.commit(batchOf([draft(3)]));
    await expect(third.cursors("goals")).resolves.toBeDefined();
    await third.close();
    const fourth = await openTestStore(path, { routes });
    await fourth.commit(batchOf([draft(4)]));
    expect((await fourth.read("goals", "live", 0, 10)).map(({ sequence, number }) => [sequence, number])).toEqual([
      [1, 2],
      [2, 4],
    ]);
    await fourth.close();
  });

  it("refuses an acknowledgement of what was never given", async () => {
    const store = await openTestStore(path);
    await expect(store.acknowledge("cloud", "live", 1)).rejects.toMatchObject({ code: "DB_REFUSED" });
    await expect(store.read("nobody", "live", 0, 1)).rejects.toMatchObject({ code: "DB_REFUSED" });
    await store.close();
  });

  it("answers with the latest revision of each subject, newest first", async () => {
    const store = await openTestStore(path);
    for (const [subject, n] of [
      ["e1", 1],
      ["e2", 2],
      ["e1", 3],
    ] as const)
      await store.commit(batchOf([draft(n, { subject })]));
    await store.commit(batchOf([draft(4, { subject: "e9", session: "other" })]));
    const of = async (session: string | null): Promise<unknown[]> =>
      (await store.latest("event", session, 10)).map((event) => [event.subject, event.data.n]);
    expect(await of("final")).toEqual([
      ["e1", 3],
      ["e2", 2],
    ]);
    expect(await of(null)).toEqual([
      ["e9", 4],
      ["e1", 3],
      ["e2", 2],
    ]);
    await store.close();
  });
});

describe("retention", () => {
  const retention = { afterDeliveryMs: 300_000, keepMs: 0 };

  it("forgets what all outputs acknowledged, five minutes later and not before", async () => {
    const clock = new ManualClock();
    const store = await openTestStore(path, {
      clock,
      retention,
      routes: [EVERYTHING, { ...EVERYTHING, output: "slow" }],
    });
    await store.accept([MESSAGE, MESSAGE]);
    await store.commit({ records: range(1, 10).map((n) => draft(n)), snapshots: [], consumedInbox: 1 });
    await store.acknowledge("cloud", "live", 10);
    await store.acknowledge("slow", "live", 4);
    clock.advanceMs(1000);
    expect(await store.maintain()).toMatchObject({ prunedRecords: 0, prunedInbox: 1 });
    clock.advanceMs(299_000);
    expect(await store.maintain()).toMatchObject({ prunedRecords: 0 });
    clock.advanceMs(2000);
    expect(await store.maintain()).toMatchObject({ prunedRecords: 4, more: false });
    expect((await store.cursors("slow"))[0]).toMatchObject({ oldest: 5, acknowledged: 4, last: 10 });
    expect((await store.cursors("cloud"))[0]).toMatchObject({ oldest: 5, last: 10 });
    expect((await store.read("slow", "live", 4, 10)).map((delivery) => delivery.sequence)).toEqual(range(5, 10));
    expect((await store.stats()).records).toBe(6);
    await store.close();
  });

  it("keeps delivered records for the configured age, and numbers on after all are gone", async () => {
    const clock = new ManualClock();
    const store = await openTestStore(path, { clock, retention: { afterDeliveryMs: 300_000, keepMs: 3_600_000 } });
    await store.commit(batchOf([draft(1)]));
    await store.acknowledge("cloud", "live", 1);
    await store.maintain();
    clock.advanceMs(1_800_000);
    expect((await store.maintain()).prunedRecords).toBe(0);
    clock.advanceMs(1_900_000);
    expect((await store.maintain()).prunedRecords).toBe(1);
    expect((await store.cursors("cloud"))[0]).toMatchObject({ oldest: 2, last: 1 });
    expect(await store.latest("event", null, 10)).toEqual([]);
    await store.close();
    const again = await openTestStore(path, { clock });
    await again.commit(batchOf([draft(2)]));
    expect((await again.read("cloud", "live", 0, 1))[0]).toMatchObject({ sequence: 2, number: 2 });
    await again.close();
  });

  it("never forgets what an output has not acknowledged, and nothing for an output that is gone", async () => {
    const clock = new ManualClock();
    const slow = { ...EVERYTHING, output: "slow" };
    const first = await openTestStore(path, { clock, retention, routes: [EVERYTHING, slow] });
    await first.commit(batchOf(range(1, 5).map((n) => draft(n))));
    await first.acknowledge("cloud", "live", 5);
    await first.maintain();
    clock.advanceMs(10 * 3_600_000);
    expect((await first.maintain()).prunedRecords).toBe(0);
    await first.close();
    const second = await openTestStore(path, { clock, retention, routes: [EVERYTHING] });
    await second.maintain();
    clock.advanceMs(301_000);
    expect((await second.maintain()).prunedRecords).toBe(5);
    await second.close();
  });

  it("holds rows again for an output whose mark moved back", async () => {
    const clock = new ManualClock();
    const store = await openTestStore(path, { clock, retention });
    await store.commit(batchOf(range(1, 5).map((n) => draft(n))));
    await store.acknowledge("cloud", "live", 5);
    await store.maintain();
    await store.acknowledge("cloud", "live", 2);
    clock.advanceMs(400_000);
    expect((await store.maintain()).prunedRecords).toBe(2);
    await store.close();
  });
});

describe("what cannot be opened", () => {
  it("says what to do when the folder is missing or the path is a folder", async () => {
    const missing = join(folder.path, "no", "touchline.db");
    await expect(openTestStore(missing)).rejects.toMatchObject({ code: "DB_OPEN_FAILED", exitCode: 69 });
    mkdirSync(path);
    await expect(openTestStore(path)).rejects.toThrow(/not a file/);
  });

  it("refuses a second user of the file, and opens after the first is gone", async () => {
    const first = await openTestStore(path);
    await expect(openTestStore(path)).rejects.toThrow(/another touchline process/);
    await first.close();
    const second = await openTestStore(path);
    await second.close();
  });

  it("refuses a store of a newer version and leaves it as it is", async () => {
    await (await openTestStore(path)).close();
    const db = new Database(path);
    db.pragma("user_version = 99");
    db.close();
    const before = readFileSync(path);
    await expect(openTestStore(path)).rejects.toMatchObject({ code: "DB_NEWER" });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("rejects every call after it was closed", async () => {
    const store = await openTestStore(path);
    await store.close();
    await store.close();
    await expect(store.accept([MESSAGE])).rejects.toMatchObject({ code: "DB_FAILED" });
  });
});

describe("damage", () => {
  async function filledStore(): Promise<string> {
    const store = await openTestStore(path);
    await store.accept([MESSAGE]);
    await store.commit(batchOf(range(1, 300).map((n) => draft(n))));
    await store.close();
    return store.epoch;
  }

  function flip(at: number, length = 64): void {
    const bytes = readFileSync(path);
    bytes.fill(0xa5, at, at + length);
    writeFileSync(path, bytes);
  }

  async function expectSetAside(oldEpoch: string): Promise<void> {
    const damaged = readFileSync(path);
    const registry = new Registry();
    const store = await openTestStore(path, { registry });
    expect(store.setAside).toMatch(/touchline\.db\.damaged-\d{8}T\d{6}Z/);
    expect(readFileSync(store.setAside ?? "").equals(damaged)).toBe(true);
    expect(store.epoch).not.toBe(oldEpoch);
    expect(await registry.getSingleMetricAsString("touchline_store_set_aside_total")).toMatch(/_total 1$/m);
    expect((await store.commit(batchOf([draft(1)]))).count).toBe(1);
    await store.close();
  }

  it.each([
    ["the header", 0],
    ["the schema", 110],
    ["a page in the middle", 4096 * 5],
  ])("sets a database aside when %s is damaged", async (_, at) => {
    const epoch = await filledStore();
    flip(at);
    await expectSetAside(epoch);
  });

  it("sees a flipped byte in an unsent payload, which SQLite's own check does not", async () => {
    const epoch = await filledStore();
    const at = readFileSync(path).indexOf('{"n":150}');
    expect(at).toBeGreaterThan(0);
    flip(at + 5, 1);
    const db = new Database(path, { readonly: true });
    expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
    db.close();
    await expectSetAside(epoch);
  });

  it("sets aside files that are not ours", async () => {
    writeFileSync(path, "holiday pictures");
    await expectSetAside("");
  });

  it("sets aside a database of somebody else", async () => {
    const db = new Database(path);
    db.exec("CREATE TABLE theirs (x)");
    db.close();
    await expectSetAside("");
  });

  it("never overwrites what was set aside before", async () => {
    const clock = new ManualClock();
    for (let round = 0; round < 3; round++) {
      writeFileSync(path, `damaged ${round}`);
      await (await openTestStore(path, { clock })).close();
    }
    const aside = readdirSync(folder.path).filter((name) => name.includes("damaged") && !/-(wal|shm)$/.test(name));
    expect(aside.map((name) => readFileSync(join(folder.path, name), "utf8")).sort()).toEqual([
      "damaged 0",
      "damaged 1",
      "damaged 2",
    ]);
  });

  it("keeps a write-ahead log whose database is gone", async () => {
    writeFileSync(`${path}-wal`, "orphan");
    const store = await openTestStore(path);
    expect(readFileSync(`${store.setAside}-wal`, "utf8")).toBe("orphan");
    await store.close();
    expect(existsSync(path)).toBe(true);
  });

  it("sends a tombstone for a delivered record that was damaged later, and counts it", async () => {
    const store = await openTestStore(path);
    await store.commit(batchOf(range(1, 3).map((n) => draft(n))));
    await store.acknowledge("cloud", "live", 3);
    await store.close();
    const db = new Database(path);
    db.prepare("UPDATE records SET data = '{\"n\":9}' WHERE number = 2").run();
    db.close();
    const registry = new Registry();
    const again = await openTestStore(path, { registry });
    const read = await again.read("cloud", "live", 0, 10);
    expect(read.map((delivery) => delivery.sequence)).toEqual([1, 2, 3]);
    expect(read[1]?.event.data).toEqual({ tombstone: true, reason: "damaged" });
    expect(read[1]?.event.id).toBe(`a.${again.epoch}.2`);
    expect(await registry.getSingleMetricAsString("touchline_store_damaged_rows_total")).toMatch(/_total 1$/m);
    await again.close();
  });
});

describe("room", () => {
  it("refuses with DB_FULL when its limit is reached, goes on reading, and works again after records are delivered", async () => {
    const clock = new ManualClock();
    const store = await openTestStore(path, {
      clock,
      retention: { maxBytes: 4_096_000, keepMs: 3_600_000_000, afterDeliveryMs: 300_000 },
    });
    const big = (n: number): ReturnType<typeof draft> => draft(n, { data: { pad: "x".repeat(100_000) } });
    let stored = 0;
    const failure = await (async () => {
      for (let n = 1; n < 100; n++, stored++) await store.commit(batchOf([big(n)]));
      return null;
    })().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "DB_FULL" });
    expect(stored).toBeGreaterThan(30);
    expect((await store.cursors("cloud"))[0]?.last).toBe(stored);
    await store.acknowledge("cloud", "live", stored);
    await store.maintain();
    clock.advanceMs(301_000);
    expect((await store.maintain()).prunedRecords).toBe(stored);
    expect((await store.commit(batchOf([big(1)]))).firstNumber).toBe(stored + 1);
    await store.close();
  });
});
