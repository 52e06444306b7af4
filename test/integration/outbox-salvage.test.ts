import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { markDamaged } from "../../daemon/outbox/damage.js";
import { openDatabase } from "../../daemon/outbox/database.js";
import { batchOf, draft, EVERYTHING, openTestStore, range, START, tempFolder } from "../store-fixture.js";

const PAGE_BYTES = 4096;
const RECORDS = 300;
const DELIVERED = 100;
const MESSAGES = 20;
const GOALS = { output: "goals", kinds: ["event" as const], classes: ["goal"] };
const ROUTES = [EVERYTHING, GOALS];

let folder: ReturnType<typeof tempFolder>;
let path: string;
beforeEach(() => {
  folder = tempFolder();
  path = join(folder.path, "touchline.db");
});
afterEach(() => folder.remove());

const message = (n: number) => ({ what: "log" as const, from: "http", arrival: START, body: `{"id":"m${n}"}` });

/** 300 records, 100 of them delivered, a few too big for a page; 20 messages, 5 of them worked in. */
async function fill(): Promise<{ epoch: string }> {
  const store = await openTestStore(path, { routes: ROUTES });
  await store.accept(range(1, MESSAGES).map(message));
  for (let n = 1; n <= RECORDS; n += 50)
    await store.commit({
      records: range(n, n + 49).map((i) =>
        draft(i, {
          class: i % 2 === 0 ? "foul" : "goal",
          data: { n: i, pad: "x".repeat(i % 30 === 0 ? 9000 : 300) },
        }),
      ),
      snapshots: [{ core: "align", version: 2, body: '{"lag":1.5}' }],
      consumedInbox: 5,
    });
  await store.acknowledge("cloud", "live", DELIVERED);
  await store.acknowledge("goals", "live", DELIVERED / 2);
  await store.close();
  return { epoch: store.epoch };
}

function overwrite(at: number, bytes: Buffer): void {
  const file = readFileSync(path);
  bytes.copy(file, at);
  writeFileSync(path, file);
}

interface Found {
  readonly setAside: string | null;
  readonly epoch: string;
  readonly lost: number;
  readonly messages: number;
  /** `data.n` of what goes out, by output. */
  readonly unsent: Readonly<Record<string, readonly number[]>>;
  readonly ids: readonly string[];
  readonly check: unknown;
}

/** Opens it as the daemon does, in this thread. */
function reopen(): Found {
  const opened = openDatabase({ path, epoch: null, maxBytes: 1e9, routes: ROUTES, now: START });
  const unsent = opened.db.prepare<[string], { n: number; id: string; sequence: number }>(
    `SELECT json_extract(r.data, '$.n') AS n, json_extract(r.head, '$.id') AS id, d.sequence
       FROM tracks t JOIN deliveries d ON d.track = t.id AND d.sequence > t.acknowledged JOIN records r ON r.number = d.number
      WHERE t.output = ? AND t.lane = 'live' ORDER BY d.sequence`,
  );
  const cloud = unsent.all("cloud");
  const goals = unsent.all("goals");
  if (opened.setAside !== null)
    for (const rows of [cloud, goals]) expect(rows.map(({ sequence }) => sequence)).toEqual(range(1, rows.length));
  const found = {
    setAside: opened.setAside,
    epoch: opened.epoch,
    lost: opened.salvage?.lostRecords ?? 0,
    messages: opened.db
      .prepare("SELECT count(*) FROM inbox, counters WHERE id > consumed_inbox")
      .pluck()
      .get() as number,
    unsent: { cloud: cloud.map(({ n }) => n), goals: goals.map(({ n }) => n) },
    ids: cloud.map(({ id }) => id),
    check: opened.db.pragma("integrity_check", { simple: true }),
  };
  opened.close();
  return found;
}

const EXPECTED = range(DELIVERED + 1, RECORDS);
const EXPECTED_GOALS = EXPECTED.filter((n) => n % 2 === 1);

describe("a damaged database", () => {
  it("hands over everything but the record whose byte was flipped, under a new epoch, with the ids as they were", async () => {
    const { epoch } = await fill();
    const at = readFileSync(path).indexOf('{"n":155,');
    overwrite(at + 20, Buffer.from("y"));
    const found = reopen();
    expect(found.setAside).toMatch(/damaged-/);
    expect(found.epoch).not.toBe(epoch);
    expect(found.unsent.cloud).toEqual(EXPECTED.filter((n) => n !== 155));
    expect(found.unsent.goals).toEqual(EXPECTED_GOALS.filter((n) => n !== 155));
    expect(found.lost).toBe(1);
    expect(found.ids).toContain(`a.${epoch}.156`);
    expect(found.messages).toBe(MESSAGES - 5);
  });

  it.each([
    ["its header", 0, 100],
    ["its schema", 100, PAGE_BYTES - 100],
  ])("hands over every record when %s is gone", async (_, at, length) => {
    await fill();
    overwrite(at, Buffer.alloc(length, 0xa5));
    const found = reopen();
    expect(found.unsent).toEqual({ cloud: EXPECTED, goals: EXPECTED_GOALS });
    expect(found.messages).toBe(MESSAGES - 5);
    expect(found.lost).toBe(0);
    expect(found.check).toBe("ok");
  });

  it("loses no more than what lay on it, whichever page is destroyed", async () => {
    await fill();
    const whole = readFileSync(path);
    const losses: number[] = [];
    for (let page = 0; page < whole.length / PAGE_BYTES; page++) {
      writeFileSync(path, whole);
      overwrite(page * PAGE_BYTES, Buffer.alloc(PAGE_BYTES, page % 2 === 0 ? 0 : 0xff));
      const found = reopen();
      expect(found.check).toBe("ok");
      if (found.setAside === null) expect(found.unsent.cloud).toEqual(EXPECTED); // a page that held nothing that is needed
      const missing = EXPECTED.filter((n) => !found.unsent.cloud?.includes(n));
      losses.push(missing.length);
      expect(found.lost, `page ${page + 1}: ${missing.join(" ")}`).toBeGreaterThanOrEqual(missing.length > 0 ? 1 : 0);
      // nobody gets what its route does not let it have
      expect(found.unsent.goals?.every((n) => n % 2 === 1)).toBe(true);
    }
    // an overflow page costs its one record, a leaf the ten on it
    expect(Math.max(...losses)).toBeLessThanOrEqual(12);
    expect(losses.filter((loss) => loss > 0).length).toBeGreaterThan(10);
  });

  it("hands over what only its write-ahead log held", async () => {
    const store = await openTestStore(path, { routes: ROUTES });
    await store.commit(batchOf(range(1, 50).map((n) => draft(n))));
    for (const suffix of ["", "-wal"]) copyFileSync(path + suffix, `${path}.copy${suffix}`); // as a kill leaves it
    await store.close();
    for (const suffix of ["", "-wal"]) renameSync(`${path}.copy${suffix}`, path + suffix);
    overwrite(0, Buffer.alloc(PAGE_BYTES, 0xa5));
    expect(reopen().unsent.cloud).toEqual(range(1, 50));
  });

  it("that was marked while it ran is set aside at the next start", async () => {
    await fill();
    markDamaged(path, "SQLITE_CORRUPT");
    const found = reopen();
    expect(found.setAside).not.toBeNull();
    expect(found.unsent.cloud).toEqual(EXPECTED);
    expect(reopen().setAside).toBeNull();
  });

  it("is replaced by an empty one when nothing can be carried over, and says why", async () => {
    writeFileSync(path, "holiday pictures");
    const opened = openDatabase({ path, epoch: null, maxBytes: 1e9, routes: ROUTES, now: START });
    expect(opened.salvage).toMatchObject({ records: 0, lostRecords: 0, epoch: null });
    opened.close();
  });
});

describe("a start that was cut off while it replaced a damaged database", () => {
  it("goes on with the new one when that was whole, and keeps the old log from it", async () => {
    await fill();
    overwrite(0, Buffer.alloc(100, 0xa5));
    const damaged = readFileSync(path);
    const first = reopen();
    // as if cut off between the two renames
    renameSync(path, `${path}.new`);
    writeFileSync(`${path}-wal`, damaged.subarray(0, 5000));
    const second = reopen();
    expect(second.epoch).toBe(first.epoch);
    expect(second.unsent.cloud).toEqual(EXPECTED);
    expect(existsSync(`${path}.new`)).toBe(false);
  });

  it("begins anew when it was not", async () => {
    const { epoch } = await fill();
    writeFileSync(`${path}.new`, "half");
    const found = reopen();
    expect(found).toMatchObject({ epoch, setAside: null });
    expect(existsSync(`${path}.new`)).toBe(false);
  });
});

describe("the store after damage", () => {
  it("sends what was carried over first, restores the cores, and counts it", async () => {
    const { epoch } = await fill();
    overwrite(readFileSync(path).indexOf('{"n":155,') + 20, Buffer.from("y"));
    const registry = new Registry();
    const store = await openTestStore(path, { routes: ROUTES, registry });
    expect(store.opened.salvage).toMatchObject({ records: 199, lostRecords: 1, messages: 15, lostMessages: 0, epoch });
    await store.commit(batchOf([draft(301)]));
    const last = (await store.read("cloud", "live", 198, 10)).map(({ sequence, event }) => [
      sequence,
      event.data.n,
      event.id,
      event.epoch,
    ]);
    const number = last.at(-1)?.[2];
    expect(last).toEqual([
      [199, 300, `a.${epoch}.300`, store.epoch],
      [200, 301, number, store.epoch],
    ]);
    expect(number).toMatch(new RegExp(`^a\\.${store.epoch}\\.`));
    expect(await store.snapshots()).toEqual([{ core: "align", version: 2, body: '{"lag":1.5}' }]);
    const text = await registry.getSingleMetricAsString("touchline_store_salvaged_total");
    expect(text).toMatch(/result="carried"} 214$/m);
    expect(text).toMatch(/result="lost"} 1$/m);
    await store.close();
  });

  it("leaves a snapshot out whose checksum is wrong: that core starts afresh", async () => {
    await fill();
    const db = new Database(path);
    db.prepare("UPDATE snapshots SET body = '{\"lag\":7.5}'").run();
    db.close();
    const store = await openTestStore(path, { routes: ROUTES });
    expect(await store.snapshots()).toEqual([]);
    await store.close();
  });
});
